"""Any image classifier on its user's own data: exported, verified and run; none that calibrates judges."""

import cv2
import keras
import numpy as np
import pytest
from keras import layers

from edgedigits import BundleError, DigitClassifier, ImageClassifier, load_bundle
from edgedigits.errors import UsageError
from edgedigits_bench import verify
from edgedigits_bench.accuracy.own_data import judging_images
from edgedigits_data import load_mnist
from edgedigits_data.user_sets.splitting import fingerprints
from edgedigits_export import FORMATS, ExportOptions, export_bundle

CLASSES = (*"0123456789", "none")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Meter wheels, 32x20 in colour: digits, and an eleventh class of blurred halves; and a model of them."""
    random = np.random.default_rng(0)
    part = load_mnist("train").balanced(3000)
    images = np.empty((3300, 32, 20, 3), np.uint8)
    labels = np.concatenate([part.labels, np.full(300, 10)])
    for i in range(len(images)):
        paper, ink = random.integers(140, 255, 3), random.integers(0, 90, 3)
        shape = cv2.resize(part.images[i % 3000], (20, 28))[..., None] / 255
        if labels[i] == 10:
            shape = np.roll(shape, 14, axis=0)
        images[i] = paper
        images[i, 2:30] = paper * (1 - shape) + ink * shape
    order = random.permutation(len(images))
    path = tmp_path_factory.mktemp("wheels") / "wheels.npz"
    np.savez(path, x=images[order], y=labels[order])
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((32, 20, 3)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(11, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    model.fit(images[order] / 255.0, labels[order], epochs=8, batch_size=64, verbose=0)
    return path, model, images[order], labels[order]


@pytest.mark.slow
def test_a_colour_model_of_eleven_classes_is_itself_in_all_formats(wheels, tmp_path):
    path, model, images, _ = wheels
    bundle = export_bundle(model, tmp_path / "bundle", options=ExportOptions(data=path, labels=CLASSES))
    assert tuple(bundle.artifacts) == FORMATS
    own = model.predict(images / 255.0, verbose=0)
    classifier = ImageClassifier(bundle, "float32.tflite")
    assert classifier.labels == CLASSES
    np.testing.assert_allclose(classifier.probabilities(images), own, atol=1e-3)
    judged = judging_images(bundle, path)
    assert not set(fingerprints(judged)) & set(bundle.manifest["data"]["calibration_fingerprints"])
    assert len(judged) == bundle.manifest["data"]["gate_images"] == bundle.manifest["float"]["images"]
    result = verify(load_bundle(bundle.path), split=judged)
    assert result.passed, result.to_json()
    assert result.source["input_range"] == "0..1"
    assert result.float_accuracy == bundle.manifest["source"]["accuracy"]
    with pytest.raises(UsageError, match=r"measured on wheels\.npz; give labelled images with --data"):
        judging_images(bundle)
    with pytest.raises(BundleError, match="ImageClassifier"):
        DigitClassifier(bundle)


def test_classes_that_the_model_does_not_have_are_refused(wheels, tmp_path):
    path, model, _, _ = wheels
    with pytest.raises(UsageError, match=r"2 classes.*11 outputs"):
        export_bundle(model, tmp_path / "bundle", options=ExportOptions(data=path, labels=("a", "b")))
    with pytest.raises(UsageError, match=r"32x20x3 and 11 classes.*--data"):
        export_bundle(model, tmp_path / "bundle")
