"""What is done to weights before they become integers: channels of like ranges, and errors that cancel out."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from keras import layers
from onnx import numpy_helper

from edgedigits import load_bundle
from edgedigits.engines.base import DIGIT_FORM
from edgedigits.engines.open import open_engine
from edgedigits_data import load_mnist
from edgedigits_export.formats import artifacts, tflite
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.model_card import Card
from edgedigits_export.formats.onnx import quantize, to_onnx
from edgedigits_export.model.wrapping import INPUT_SHAPE, Network
from edgedigits_export.options import ExportOptions
from edgedigits_export.quantize.equalization import equalize
from edgedigits_export.quantize.folding import fold, product_of
from edgedigits_export.quantize.frozen_graph import FrozenGraph
from edgedigits_export.quantize.gptq import Moments, grid, round_weights, rounded_to_grid

TRAINING = load_mnist("train").balanced(1100)
CALIBRATION, OTHERS = TRAINING.images[:100, ..., None], TRAINING.images[100:, ..., None]


def network(*body):
    return keras.Sequential([keras.Input(INPUT_SHAPE[1:]), layers.Rescaling(1 / 255), *body])


def conv(filters=6, **options):
    return layers.Conv2D(filters, 3, bias_initializer="normal", **options)


def head():
    return [layers.Flatten(), layers.Dense(10, bias_initializer="normal", activation="softmax")]


def frozen(model):
    return fold(tflite.freeze(lambda image: model(image, training=False), INPUT_SHAPE))


def answers(function, images):
    return np.concatenate([function(tf.constant(image[None].astype(np.float32)))[0] for image in images])


def products(function):
    graph = FrozenGraph(function)
    return graph, [found for name in graph.nodes if (found := product_of(graph, name)) is not None]


LINKED = {
    "convolutions": (lambda: [conv(activation="relu"), conv(activation="relu", padding="same"), *head()], 2),
    "pooling": (lambda: [conv(activation="relu"), layers.MaxPooling2D(2), conv(8, activation="relu"), *head()], 2),
    "average": (lambda: [conv(activation="relu"), layers.GlobalAveragePooling2D(), *head()[1:]], 1),
    "no bias": (lambda: [conv(use_bias=False), layers.ReLU(), *head()], 1),
    "depthwise": (
        lambda: [conv(activation="relu"), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.ReLU(), *head()],
        2,
    ),
    "leaky": (lambda: [conv(), layers.LeakyReLU(negative_slope=0.1), *head()], 1),
    "dense": (lambda: [layers.Flatten(), layers.Dense(16, activation="relu"), *head()[1:]], 1),
    # Nothing may be moved through these.
    "tanh": (lambda: [conv(activation="tanh"), *head()], 0),
    "clipped": (lambda: [conv(), layers.ReLU(max_value=6), *head()], 0),
    "groups": (lambda: [conv(activation="relu"), conv(groups=2), *head()], 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", LINKED)
def test_an_equalized_network_is_the_same_function_with_other_weights(case: str) -> None:
    keras.utils.set_random_seed(1)
    body, links = LINKED[case]
    before = frozen(network(*body()))
    after = equalize(before, CALIBRATION[:20])
    np.testing.assert_allclose(answers(after, OTHERS[:20]), answers(before, OTHERS[:20]), atol=1e-5)
    (_, old), (_, new) = products(before), products(after)
    moved = [not np.allclose(a.weights, b.weights, rtol=1e-4) for a, b in zip(old, new, strict=True)]
    assert sum(moved) == (links + 1 if links else 0)


@pytest.mark.slow
def test_how_strong_channels_were_makes_no_difference() -> None:
    """One channel 100 times as strong and the next layer's weights for it as much weaker: the same network."""
    keras.utils.set_random_seed(1)
    plain = network(conv(activation="relu"), conv(activation="relu"), *head())
    skewed = keras.models.clone_model(plain)
    weights = plain.get_weights()
    for i, factor in ((0, 100), (1, 100)):
        weights[i] = weights[i] * np.where(np.arange(6) == 2, factor, 1)
    weights[2] = weights[2] / np.where(np.arange(6) == 2, 100, 1)[:, None]
    skewed.set_weights(weights)
    for a, b in zip(*(products(equalize(frozen(each), CALIBRATION[:20]))[1] for each in (plain, skewed)), strict=True):
        np.testing.assert_allclose(a.weights, b.weights, rtol=1e-3, atol=1e-6)


def _second(inputs, block: int) -> list:
    moments = Moments(inputs.shape[1], block)
    for rows in np.array_split(inputs, 7):
        moments.add(rows)
    np.testing.assert_allclose(moments.mean(), inputs.mean(axis=0))
    return moments.second()


@pytest.mark.parametrize(("block", "per_channel"), [(40, True), (40, False), (16, True)])
def test_weights_are_rounded_to_the_grid_with_less_error_than_each_to_the_nearest(
    block: int, per_channel: bool
) -> None:
    random = np.random.default_rng(0)
    # Inputs that go together, as neighbouring pixels do.
    inputs = random.normal(size=(2000, 12)) @ random.normal(size=(12, 40)) + random.normal(size=(2000, 40)) / 4
    weights = random.normal(size=(5, 40)) * random.uniform(0.1, 3, (5, 1))
    step = grid(weights, per_channel)
    rounded = rounded_to_grid(weights, _second(inputs, block), step)
    np.testing.assert_allclose(rounded / step, np.round(rounded / step), atol=1e-9)
    np.testing.assert_allclose(grid(rounded, per_channel), step)
    nearest = np.round(weights / step) * step
    lost, usual = (((weights - each) @ inputs.T).std(axis=1) for each in (rounded, nearest))
    assert (lost < usual).all()
    assert lost.sum() < (0.6 if block == 40 else 0.8) * usual.sum()


def test_a_channel_without_weights_and_an_input_without_ink_stay_zero() -> None:
    weights = np.array([[0.0, 0.0], [1.0, 0.3]])
    second = np.array([[0.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(rounded_to_grid(weights, [second], grid(weights)), [[0, 0], [1, 38 / 127]])


@pytest.mark.slow
@pytest.mark.parametrize("per_channel", [True, False])
def test_the_converters_find_the_weights_where_they_were_put(per_channel: bool) -> None:
    keras.utils.set_random_seed(2)
    model = network(conv(activation="relu", use_bias=False, strides=2), conv(8, activation="relu"), *head())
    function = round_weights(frozen(model), CALIBRATION, per_channel)
    wanted = [product.weights.reshape(-1, product.gives).T for product in products(function)[1]]

    lite = Interpreter(model_content=tflite.to_tflite(function, "int8", CALIBRATION, per_channel=per_channel))
    lite.allocate_tensors()
    stored = [
        lite.get_tensor(each["index"]).astype(float).reshape(each["shape"][0], -1)
        * each["quantization_parameters"]["scales"][:, None]
        for each in lite.get_tensor_details()
        if each["dtype"] == np.int8 and len(each["shape"]) in (2, 4) and each["shape"][0] in (6, 8, 10)
    ]
    for weights in wanted:
        match = [each for each in stored if each.shape == weights.shape]
        assert any(np.allclose(each, weights, atol=1e-6 * np.abs(weights).max()) for each in match)

    graph = quantize(to_onnx(lambda image: function(image)[0], INPUT_SHAPE), CALIBRATION, per_channel).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for kind, weights in zip(("conv_1", "conv_2", "gemm_1"), wanted, strict=True):
        steps = constants[f"{kind}.weight_quantized"].astype(float) - 128
        steps = steps.transpose(2, 3, 1, 0) if steps.ndim == 4 else steps
        found = steps.reshape(-1, steps.shape[-1]).T * constants[f"{kind}.weight_scale"].reshape(-1, 1)
        np.testing.assert_allclose(
            np.sort(found, axis=1), np.sort(weights, axis=1), atol=1e-6 * float(np.abs(weights).max())
        )


@pytest.mark.slow
@pytest.mark.parametrize("file", ["int8.tflite", "int8.onnx"])
def test_integers_lose_less_than_half_of_what_they_lose_without_it(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`nano` as it ships: the divergence from the float model, over digits that nothing was calibrated on."""
    model = keras.models.load_model(load_bundle("nano").path / "model.keras", compile=False)
    expected = model.predict(OTHERS.astype(np.float32), verbose=0).astype(float)

    def lost() -> float:
        converter = Converter(Network(model, DIGIT_FORM), CALIBRATION, Card("nano", "1", "MIT"), ExportOptions())
        found = open_engine(file, converter.convert(file, converter.ways(file)[0])).run(OTHERS).astype(float)
        return float(np.mean(np.sum(expected * (np.log(expected + 1e-12) - np.log(found + 1e-12)), axis=1)))

    with_it = lost()
    monkeypatch.setattr(artifacts, "equalize", lambda function, _: function)
    monkeypatch.setattr(artifacts, "round_weights", lambda function, *_, **__: function)
    assert with_it < lost() / 2
