"""A whole export: contracts, proofs and the manifest, on real engines."""

import numpy as np
import pytest

from edgedigits import DigitClassifier, load_bundle
from edgedigits.errors import UsageError
from edgedigits_data import load_mnist
from edgedigits_export import FORMATS
from edgedigits_export.formats.names import choose
from edgedigits_export.model.loading import open_source


@pytest.fixture(scope="session")
def bundle(tiny_bundle):
    return load_bundle(tiny_bundle)


def test_all_formats_are_written_and_proved(bundle):
    assert tuple(bundle.artifacts) == FORMATS
    proof = bundle.manifest["proof"]
    assert set(proof) == set(FORMATS)
    assert max(proof["float32.tflite"]["max_difference"], proof["float32.onnx"]["max_difference"]) <= 1e-5
    assert proof["float16.tflite"]["max_difference"] <= 1e-2
    assert min(record["agreement"] for record in proof.values()) > 0.98


def test_the_manifest_tells_the_contract(bundle):
    for name, record in bundle.files.items():
        if name not in FORMATS:
            continue
        (source,), (result,) = record["inputs"], record["outputs"]
        batch = "N" if name.endswith(".onnx") else 1
        assert (source["name"], source["shape"]) == ("image", [batch, 28, 28, 1])
        assert (result["name"], result["shape"], result["dtype"]) == ("probabilities", [batch, 10], "float32")
        quantized = ("uint8", 1.0, 0) if name.startswith("int8") else ("float32", None, None)
        assert (source["dtype"], source["scale"], source["zero_point"]) == quantized


def test_a_bundle_can_be_exported_again_and_keeps_its_history():
    shipped = load_bundle("pages")
    source = open_source(shipped.path)
    assert source.name == "pages"
    assert dict(source.training) == shipped.manifest["training"]
    assert source.model.count_params() == shipped.manifest["architecture"]["parameters"]


@pytest.mark.parametrize("artifact", FORMATS)
def test_every_artifact_reads_digits(bundle, artifact):
    test = load_mnist("test")
    classifier = DigitClassifier(bundle, artifact)
    probabilities = classifier.probabilities(test.images[:1000])
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    predictions = bundle.manifest["float"]["predictions"]
    expected = np.array([int(digit) for digit in predictions[:1000]])
    assert np.mean(probabilities.argmax(axis=1) == expected) > 0.98
    assert np.mean(expected == test.labels[:1000]) > 0.9


def test_the_reject_threshold_lets_99_percent_of_the_validation_digits_through(bundle):
    probabilities = DigitClassifier(bundle, "int8.tflite").probabilities(load_mnist("validation").images)
    assert 0.985 < np.mean(probabilities.max(axis=1) >= bundle.reject_below) <= 1


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["all"], FORMATS),
        (["int8"], ("int8.tflite", "int8.onnx")),
        (["onnx", "float32"], ("float32.tflite", "float32.onnx", "int8.onnx")),
        (["int8.onnx", "dynamic.tflite"], ("dynamic.tflite", "int8.onnx")),
    ],
)
def test_formats_go_by_names_people_know(names, files):
    assert choose(names) == files


@pytest.mark.parametrize("names", [["int4"], [], ["float32.h5"]])
def test_an_unknown_format_is_refused_with_the_known_ones(names):
    with pytest.raises(UsageError, match=r"int8\.onnx"):
        choose(names)


def test_a_format_that_is_nearly_a_known_one_gets_a_suggestion():
    with pytest.raises(UsageError, match=r"no format 'int4', did you mean int8\?"):
        choose(["int4"])
    with pytest.raises(UsageError, match=r"did you mean tflite\?"):
        choose(["tf-lite"])
