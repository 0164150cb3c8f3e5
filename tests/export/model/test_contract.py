"""What fits the pixel contract, what is made to fit, and what is refused with what was found. No training here."""

import keras
import numpy as np
import pytest
from keras import layers

from edgedigits.errors import EdgeDigitsError, UsageError
from edgedigits_data import load_mnist
from edgedigits_export import ExportError, ExportOptions
from edgedigits_export.model.contract import RANGES, SHAPES, fit_contract
from edgedigits_export.model.loading import Source, open_source


@pytest.fixture(scope="module")
def digits():
    return load_mnist("validation").balanced(300)


def centroids(shape=(28, 28, 1), scale=1 / 255, offset=0.0, ending="softmax", classes=10):
    """A model that needs no training: the nearest class mean, written as one Dense layer.

    ||x - m||^2 is smallest where 2 x.m - ||m||^2 is largest; x is the grey level times `scale` plus `offset`.
    """
    train = load_mnist("train").balanced(3000)
    flat = train.images.reshape(len(train), -1) * scale + offset
    means = np.stack([flat[train.labels == digit].mean(axis=0) for digit in range(10)])
    sharpness = 5 / np.linalg.norm(flat - flat.mean(axis=0), axis=1).mean() ** 2
    kernel = np.zeros((784, classes), np.float32)
    bias = np.full(classes, -1e3, np.float32)
    kernel[:, :10], bias[:10] = 2 * sharpness * means.T, -sharpness * (means**2).sum(axis=1)
    head = layers.Dense(classes, activation=None if ending == "logits" else ending)
    body = [layers.Flatten()] if shape != (784,) else []
    model = keras.Sequential([keras.Input(shape), *body, head], name="centroids")
    head.set_weights([kernel, bias])
    return model


def right(network, digits):
    return np.mean(network.probabilities(digits.images).argmax(axis=1) == digits.labels)


@pytest.mark.parametrize("name", RANGES)
def test_the_range_it_was_fed_in_training_is_measured(digits, name):
    scale, offset = RANGES[name]
    network = fit_contract(Source("m", centroids(scale=scale, offset=offset)), digits)
    assert right(network, digits) > 0.7
    assert any(name in note for note in network.notes) == (name != "0..255")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ending", ["softmax", "logits"])
def test_flat_images_and_logits_are_wrapped(digits, shape, ending):
    network = fit_contract(Source("m", centroids(shape, ending=ending)), digits)
    assert right(network, digits) > 0.7
    np.testing.assert_allclose(network.probabilities(digits.images).sum(axis=1), 1, atol=1e-5)
    assert any("softmax" in note for note in network.notes) == (ending == "logits")


def test_what_fits_is_left_alone(digits):
    model = centroids(scale=1.0)
    assert fit_contract(Source("m", model), digits).model is model


def test_extra_classes_end_in_a_low_confidence(digits):
    model = centroids(scale=1.0, classes=11)
    with pytest.raises(ExportError, match=r"11 outputs.*--extra-classes"):
        fit_contract(Source("m", model), digits)
    network = fit_contract(Source("m", model), digits, extra_classes=True)
    assert right(network, digits) > 0.7
    kernel, bias = model.layers[-1].get_weights()
    bias[10] = 1e6  # everything is "no digit" now
    model.layers[-1].set_weights([kernel, bias])
    np.testing.assert_allclose(network.probabilities(digits.images), 0.1, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: keras.Sequential([keras.Input((28, 28, 3)), layers.Flatten(), layers.Dense(10)]), "28x28x3"),
        (lambda: keras.Sequential([keras.Input((32, 32, 1)), layers.Flatten(), layers.Dense(10)]), "32x32x1"),
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5)]), "5 outputs"),
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(10, 3)]), "26x26x10 outputs"),
        (
            lambda: keras.Sequential(
                [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="sigmoid")]
            ),
            "do not sum to 1",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_found(digits, make, found):
    with pytest.raises(ExportError, match="expected") as error:
        fit_contract(Source("model", make()), digits)
    assert found in str(error.value)
    assert "\n" not in str(error.value)


def test_two_inputs_or_outputs_are_refused(digits):
    image = keras.Input((28, 28, 1))
    flat = layers.Flatten()(image)
    twins = keras.Model(image, [layers.Dense(10)(flat), layers.Dense(10)(flat)], name="twins")
    with pytest.raises(ExportError, match="2 outputs"):
        fit_contract(Source("twins", twins), digits)
    pair = keras.Model([image, keras.Input((28, 28, 1))], layers.Dense(10)(flat), name="pair")
    with pytest.raises(ExportError, match="28x28x1 and 28x28x1"):
        fit_contract(Source("pair", pair), digits)


def test_an_untrained_model_is_taken_as_it_is_and_said_to_be(digits):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")])
    (note,) = fit_contract(Source("m", model), digits).notes
    assert "0..255 was assumed" in note


def test_mixed_precision_is_computed_in_float32(digits):
    model = centroids(scale=1.0)
    for layer in model.layers:
        layer.dtype_policy = "mixed_float16"
    network = fit_contract(Source("m", model), digits)
    assert {layer.compute_dtype for layer in network.model._flatten_layers()} == {"float32"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("none.keras", None, "does not exist"),
        ("empty.keras", b"", "not a model"),
        ("noise.h5", b"\0" * 100, "not a model"),
        ("model.pkl", b"", "pickle"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(tmp_path, name, content, reason):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EdgeDigitsError, match=reason) as error:
        open_source(path)
    assert "\n" not in str(error.value)
    assert name in str(error.value)


def test_a_custom_layer_must_be_given(tmp_path):
    code = "import keras\nclass Halve(keras.layers.Layer):\n    def call(self, image):\n        return image / 2\n"
    (tmp_path / "halve.py").write_text(code)
    scope = {}
    exec(code, scope)
    model = keras.Sequential([keras.Input((28, 28, 1)), scope["Halve"](), layers.Flatten(), layers.Dense(10)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ExportError, match=r"class 'Halve'.*--custom"):
        open_source(tmp_path / "model.keras")
    assert open_source(tmp_path / "model.keras", tmp_path / "halve.py").name == "model"


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"neither model\.keras nor saved_model\.pb"):
        open_source(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"input_dtype": "int4"},
        {"output_dtype": "bool"},
        {"batch": "two"},
        {"opset": 5},
        {"calibration_images": 0},
        {"seed": -1},
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(wrong):
    with pytest.raises(UsageError):
        ExportOptions(**wrong)
