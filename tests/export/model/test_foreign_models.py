"""Models as other people make and save them: exported and verified, or stopped by the gate for the stated reason."""

import keras
import numpy as np
import onnx
import pytest
from keras import layers

from edgedigits import load_bundle
from edgedigits_bench import verify
from edgedigits_data import load_mnist
from edgedigits_export import ExportOptions, export_bundle
from edgedigits_export.formats import flatbuffer

pytestmark = pytest.mark.slow
FORMATS = ("float32", "int8")
# Nets of a few seconds' training lose more than finished ones: a digit that is nearly two digits tips over.
TOLERANCE_PP = 1.0

SUBCLASSED = """
import keras


class Subclassed(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.convolution = keras.layers.Conv2D(8, 3, strides=2, activation="relu")
        self.flatten = keras.layers.Flatten()
        self.dense = keras.layers.Dense(10)

    def call(self, image, training=False):
        return keras.ops.softmax(self.dense(self.flatten(self.convolution(image / 255.0))))
"""


@pytest.fixture(scope="module")
def train():
    return load_mnist("train").balanced(3000)


@pytest.fixture(autouse=True)
def _same_weights_every_time():
    keras.utils.set_random_seed(0)


def fit(model, images, labels, epochs=3, from_logits=False):
    keras.utils.set_random_seed(0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    model.compile(keras.optimizers.Adam(0.002), loss)
    model.fit(images, labels, epochs=epochs, batch_size=64, verbose=0)
    return model


def reference(train, folder):
    """The reference project's network, fed with x / 255, saved as its notebook saves it."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(28, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    fit(model, train.images[..., None] / 255, train.labels, epochs=2).save(folder / "mnist_cnn.h5")
    return folder / "mnist_cnn.h5"


def lenet(train, folder):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    fit(model, train.images[..., None], train.labels).save(folder / "lenet5.keras")
    return folder / "lenet5.keras"


def mlp(train, folder):
    """Flat images in -1..1, batch normalization before and behind an activation, logits.

    Ten epochs: after three, its running statistics are those of the start, the float model itself is right on 80 %, and
    the integer one differs by up to half a point on what is nearly two digits at once.
    """
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(64),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.2),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(10),
        ]
    )
    images = train.images.reshape(-1, 784) / 127.5 - 1
    fit(model, images, train.labels, epochs=10, from_logits=True).save(folder / "mlp.keras")
    return folder / "mlp.keras"


def depthwise(train, folder):
    """Augmentation layers, depthwise and separable convolutions, ReLU6 and LeakyReLU."""
    image = keras.Input((28, 28, 1))
    x = layers.RandomTranslation(0.05, 0.05)(layers.RandomRotation(0.02)(image))
    x = layers.Conv2D(16, 3, strides=2, padding="same")(layers.Rescaling(1 / 255)(x))
    x = layers.ReLU(6)(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.LeakyReLU()(x)
    x = layers.SeparableConv2D(24, 3, strides=2, activation="relu")(x)
    model = keras.Model(image, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))
    fit(model, train.images[..., None], train.labels, epochs=4).save(folder / "depthwise.keras")
    return folder / "depthwise.keras"


def saved_model(train, folder):
    """A SavedModel that takes 28x28 and ends in logits."""
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 5, strides=3, activation="gelu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    fit(model, train.images, train.labels, from_logits=True).export(folder / "served", verbose=False)
    return folder / "served"


def subclassed(train, folder):
    scope = {"__name__": "subclassed"}
    exec(SUBCLASSED, scope)
    model = scope["Subclassed"](name="subclassed")
    fit(model, train.images[..., None].astype("float32"), train.labels).save(folder / "subclassed.keras")
    (folder / "subclassed.py").write_text(SUBCLASSED)
    return folder / "subclassed.keras"


def eleven(train, folder):
    """A class for what is no digit, which is never seen here."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(11, activation="softmax"),
        ]
    )
    return fit(model, train.images[..., None], train.labels)


@pytest.mark.parametrize(
    ("make", "noted"),
    [
        (reference, "0..1"),
        (lenet, None),
        (mlp, "-1..1"),
        (depthwise, None),
        (saved_model, "softmax"),
        (subclassed, None),
        (eleven, "spread"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_foreign_model_is_exported_and_verified(train, tmp_path, make, noted):
    source = make(train, tmp_path)
    custom = tmp_path / "subclassed.py" if make is subclassed else None
    options = ExportOptions(custom=custom, extra_classes=make is eleven)
    bundle = export_bundle(source, tmp_path / "bundle", FORMATS, options=options)
    assert bundle.manifest["float"]["accuracy"] > 0.8
    notes = " ".join(bundle.manifest["adapted"])
    assert noted in notes if noted else not notes
    assert ("model.keras" in bundle.files) == (make is not saved_model)
    result = verify(load_bundle(bundle.path), TOLERANCE_PP)
    assert [entry.error for entry in result.artifacts] == [None] * 4
    assert result.passed, result.to_json()
    # whatever the model brought along: no shape arithmetic, no layout change, no scaling and no normalization is left
    for name in ("float32.tflite", "int8.tflite"):
        found = set(flatbuffer.operators(bundle.read(name)))
        assert not {"SHAPE", "STRIDED_SLICE", "PACK", "TRANSPOSE", "READ_VARIABLE", "MUL", "ADD", "SUB", "DIV"} & found
    kinds = {node.op_type for node in onnx.load_from_string(bundle.read("float32.onnx")).graph.node}
    gelu = {"Mul", "Sub"} if make is saved_model else set()  # has no operator of its own in ONNX
    assert not {"Shape", "Transpose", "Mul", "Add", "Sub", "Div", "BatchNormalization"} & kinds - gelu


def uneven(model: keras.Model) -> keras.Model:
    """One channel is 2,000 times as strong as the others, and the next layer as much weaker there: the float model
    is the same function, but one step of the shared 8-bit scale is more than the other channels have."""
    normalization = next(layer for layer in model.layers if isinstance(layer, layers.BatchNormalization))
    following = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)][1]
    gamma, beta, mean, variance = normalization.get_weights()
    kernel, bias = following.get_weights()
    gamma[0], beta[0], kernel[:, :, 0] = gamma[0] * 2000, beta[0] * 2000, kernel[:, :, 0] / 2000
    normalization.set_weights([gamma, beta, mean, variance])
    following.set_weights([kernel, bias])
    return model


def forked(model: keras.Model) -> keras.Model:
    """The same function, but two layers take what the first one gives: its channels cannot be equalized."""
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    x = image = keras.Input(model.input_shape[1:])
    for layer in model.layers:
        if layer is convolutions[1]:
            twin = layers.Conv2D.from_config(layer.get_config() | {"name": "twin"})
            other = twin(x)
            twin.set_weights(layer.get_weights())
            x = layers.Average()([layer(x), other])
        elif not isinstance(layer, layers.InputLayer):
            x = layer(x)
    return keras.Model(image, x)


def test_a_channel_that_is_far_stronger_than_the_others_costs_nothing(tiny_model, tmp_path):
    model = uneven(keras.models.load_model(tiny_model, compile=False))
    result = verify(export_bundle(model, tmp_path / "bundle", FORMATS, options=ExportOptions(name="uneven")))
    assert result.passed, result.to_json()


def test_a_model_that_int8_does_not_survive_is_stopped_by_the_gate_and_explained(tiny_model, tmp_path):
    model = forked(uneven(keras.models.load_model(tiny_model, compile=False)))
    bundle = export_bundle(model, tmp_path / "bundle", FORMATS, options=ExportOptions(name="fragile", explain=True))
    result = verify(bundle)
    passed = {entry.file: entry.passed for entry in result.artifacts}
    assert passed["float32.tflite"]
    assert passed["float32.onnx"]
    assert not passed["int8.tflite"]
    assert not result.passed
    worst = max(bundle.manifest["explain"], key=lambda row: row["lost_db"])
    assert worst["layer"] in ("conv_2d_2", "conv_2d_3")
    assert np.isfinite(worst["output_db"])
