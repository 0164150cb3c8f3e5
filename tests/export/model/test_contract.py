"""What fits the pixel contract, what is made to fit, and what is refused with what was found. No training here."""

import keras
import numpy as np
import pytest
from keras import layers

from edgedigits.errors import EdgeDigitsError, ExportError, UsageError
from edgedigits_data import load_mnist
from edgedigits_export import ExportOptions, export_bundle
from edgedigits_export.model.contract import fit_contract
from edgedigits_export.model.input_range import MNIST_STATISTICS, candidates
from edgedigits_export.model.loading import open_source
from edgedigits_export.model.reference import examine

WAYS = candidates(MNIST_STATISTICS[:1], MNIST_STATISTICS[1:])
SHAPES = ((28, 28, 1), (28, 28), (784,), (1, 28, 28))


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
    return np.mean(network.probabilities(digits.pixels).argmax(axis=1) == digits.labels)


def fitted(model, name="0..255", **options):
    return fit_contract(examine("m", model), WAYS[name], **options)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_the_same_in_numpy_and_in_layers(digits, name):
    network = fitted(centroids(), name)
    edges = np.concatenate([digits.pixels, np.zeros((1, 28, 28, 1), np.uint8), np.full((1, 28, 28, 1), 255, np.uint8)])
    own = examine("m", centroids()).probabilities(edges, WAYS[name])
    np.testing.assert_allclose(network.probabilities(edges), own, atol=1e-5)
    assert any(name in note for note in network.notes) == (name != "0..255")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ending", ["softmax", "logits"])
def test_flat_images_and_logits_are_wrapped(digits, shape, ending):
    network = fitted(centroids(shape, scale=1.0, ending=ending))
    assert right(network, digits) > 0.7
    np.testing.assert_allclose(network.probabilities(digits.pixels).sum(axis=1), 1, atol=1e-5)
    assert any("softmax" in note for note in network.notes) == (ending == "logits")


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_output_is_the_second_of_two_classes(digits, activation):
    head = layers.Dense(1, activation=activation)
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), layers.Flatten(), head])
    reference = examine("m", model)
    assert reference.form.classes == 2
    probabilities = fitted(model).probabilities(digits.pixels)
    own = np.asarray(model(digits.pixels.astype(np.float32)))[:, 0]
    expected = own if activation else 1 / (1 + np.exp(-own))
    np.testing.assert_allclose(probabilities, np.stack([1 - expected, expected], axis=1), atol=1e-6)


def test_sigmoids_are_divided_by_their_sum(digits):
    model = centroids(scale=1.0, ending="sigmoid")
    network = fitted(model)
    own = np.asarray(model(digits.pixels.astype(np.float32)))
    np.testing.assert_allclose(network.probabilities(digits.pixels), own / own.sum(axis=1, keepdims=True), atol=1e-6)


def test_what_fits_is_left_alone():
    model = centroids(scale=1.0)
    assert fitted(model).model is model


def test_extra_classes_end_in_a_low_confidence(digits):
    model = centroids(scale=1.0, classes=11)
    network = fitted(model, digits_only=True)
    assert right(network, digits) > 0.7
    kernel, bias = model.layers[-1].get_weights()
    bias[10] = 1e6  # everything is "no digit" now
    model.layers[-1].set_weights([kernel, bias])
    np.testing.assert_allclose(network.probabilities(digits.pixels), 0.1, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: keras.Sequential([keras.Input((28, 28, 2)), layers.Flatten(), layers.Dense(10)]), "28x28x2"),
        (lambda: keras.Sequential([keras.Input((32,)), layers.Dense(10)]), "takes 32"),
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(10, 3)]), "26x26x10 outputs"),
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1001)]), "1001 outputs"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_found(make, found):
    with pytest.raises(ExportError, match="expected") as error:
        examine("model", make())
    assert found in str(error.value)
    assert "\n" not in str(error.value)


def test_two_inputs_or_outputs_are_refused():
    image = keras.Input((28, 28, 1))
    flat = layers.Flatten()(image)
    twins = keras.Model(image, [layers.Dense(10)(flat), layers.Dense(10)(flat)], name="twins")
    with pytest.raises(ExportError, match="2 outputs"):
        examine("twins", twins)
    pair = keras.Model([image, keras.Input((28, 28, 1))], layers.Dense(10)(flat), name="pair")
    with pytest.raises(ExportError, match="28x28x1 and 28x28x1"):
        examine("pair", pair)


@pytest.mark.parametrize(
    ("shape", "form"),
    [((28, 28, 1), (28, 28, 1)), ((784,), (28, 28, 1)), ((3072,), (32, 32, 3)), ((None, None, 3), (28, 28, 3))],
)
def test_the_form_of_the_images_follows_from_the_input(shape, form):
    model = keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten() if None not in shape else layers.GlobalAveragePooling2D(),
            layers.Dense(7),
        ]
    )
    assert examine("m", model).form == (form, 7)


@pytest.mark.parametrize("name", ["mnist model (1)", "epoch=05-acc=0.98", "chiffres_modèle", "_best", "数字"])
def test_any_file_name_will_do(name):
    network = fit_contract(examine(name, centroids()), WAYS["0..1"])
    assert network.keras_file()


def test_a_model_with_other_classes_asks_for_its_data(tmp_path):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5)])
    with pytest.raises(UsageError, match=r"28x28x1 and 5 classes.*--data"):
        export_bundle(model, tmp_path / "bundle")
    with pytest.raises(UsageError, match=r"11 outputs.*--extra-classes"):
        export_bundle(centroids(classes=11), tmp_path / "bundle")


def test_an_untrained_model_is_refused_with_what_to_check(tmp_path):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(10)])
    with pytest.raises(UsageError, match=r"where guessing gives 11\.\d%.*--input-range.*EMNIST.*--no-data"):
        export_bundle(model, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_without_data_float_files_are_proved_on_hard_images(tmp_path):
    model = keras.Sequential([keras.Input((20, 12, 3)), layers.Flatten(), layers.Dense(4, activation="softmax")])
    lines: list[str] = []
    options = ExportOptions(no_data=True, input_range="-1..1", labels=tuple("abcd"))
    bundle = export_bundle(model, tmp_path / "bundle", options=options, report=lines.append)
    assert bundle.artifacts == ["float32.tflite", "float16.tflite", "float32.onnx"]
    assert bundle.manifest["proof"]["float32.tflite"]["max_difference"] <= 1e-5
    assert "source" not in bundle.manifest
    assert any("accuracy was not measured" in line for line in lines)
    with pytest.raises(UsageError, match="say it yourself"):
        export_bundle(model, tmp_path / "other", options=ExportOptions(no_data=True))
    with pytest.raises(UsageError, match="int8 cannot be made without images"):
        export_bundle(model, tmp_path / "other", ["int8"], options=options)


def test_mixed_precision_is_computed_in_float32():
    model = centroids(scale=1.0)
    for layer in model.layers:
        layer.dtype_policy = "mixed_float16"
    network = fit_contract(examine("m", model), WAYS["0..255"])
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
