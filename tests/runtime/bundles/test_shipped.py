"""The bundles that ship: scored again, every file on all 10,000 test images, and held to what the manifest says."""

import numpy as np
import pytest

from edgedigits import DigitClassifier, load_bundle
from edgedigits_bench import verify
from edgedigits_data import load_mnist
from edgedigits_data.synthetic.negatives import nondigits

TEST = load_mnist("test")
# The integer model, its most bytes, and a floor just below what these files reach: a worse bundle cannot slip in.
# What a microcontroller gets is the model without the metadata that int8.tflite carries.
LIMITS = {
    "edge": ("int8.tflite", 64 * 1024, 0.9964),
    "nano": ("micro/model.tflite", 16 * 1024, 0.9958),
    "pages": ("int8.tflite", 64 * 1024, 0.9949),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LIMITS)
def test_every_file_scores_as_its_float_model_does(name: str) -> None:
    bundle = load_bundle(name)
    floor = LIMITS[name][2]
    said = np.array(list(bundle.manifest["float"]["predictions"]), np.uint8)
    assert np.mean(said == TEST.labels) == pytest.approx(bundle.manifest["float"]["accuracy"])
    for artifact in bundle.artifacts:
        if artifact.startswith("micro/"):
            continue
        found = DigitClassifier(bundle, artifact).probabilities(TEST.images).argmax(axis=1)
        accuracy = float(np.mean(found == TEST.labels))
        assert accuracy >= floor, artifact
        assert bundle.manifest["float"]["accuracy"] - accuracy <= 0.0003 + 1e-9, artifact
        assert np.mean(found == said) > 0.998, artifact


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("detector", 0.55), ("surroundings", 0.8)])
def test_the_page_readers_parts_answer_as_their_float_models_do(name: str, least: float) -> None:
    bundle = load_bundle(name)
    gate = verify(bundle)
    assert gate.passed, gate
    assert gate.to_json()["float"]["accuracy"] == bundle.manifest["gate"]["float"]["accuracy"] > least


def test_the_page_readers_networks_are_small() -> None:
    sizes = [load_bundle(name).files["int8.tflite"]["size_bytes"] for name in ("detector", "pages", "surroundings")]
    assert sum(sizes) <= 300 * 1024


@pytest.mark.parametrize("name", LIMITS)
def test_they_are_small_and_say_how_they_were_made(name: str) -> None:
    bundle = load_bundle(name)
    assert bundle.name == name
    integer, most, _ = LIMITS[name]
    assert bundle.files[integer]["size_bytes"] <= most
    training = bundle.manifest["training"]
    assert training["command"].startswith("edgedigits train --model ")
    assert len(training["commit"]) == 40
    assert training["settings"]["seed"] == training["seed"]
    assert bundle.files["model.keras"]["size_bytes"] < 600_000


@pytest.mark.slow
@pytest.mark.parametrize("name", LIMITS)
def test_they_refuse_what_is_no_digit_and_are_as_sure_as_they_are_right(name: str) -> None:
    classifier = DigitClassifier(name)
    digits = classifier.predict(TEST.images[:2000])
    others = classifier.predict(nondigits(500, TEST, seed=12345))
    assert np.mean([each.digit is not None for each in digits]) > 0.97
    assert np.mean([each.digit is None for each in others]) > 0.85
    right = np.array([each.top[0][0] == label for each, label in zip(digits, TEST.labels, strict=False)])
    accepted = np.array([each.digit is not None for each in digits])
    assert right[accepted].mean() > 0.997
    assert np.mean([each.confidence for each in digits]) == pytest.approx(right.mean(), abs=0.01)
