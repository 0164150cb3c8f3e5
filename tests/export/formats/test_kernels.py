"""What a microcontroller computes, operator by operator: TensorFlow Lite Micro's kernels beside LiteRT's own reference.

Every operator gets the same integers on both sides, namely those that came out of the operators before it on the
microcontroller's side. All but one of them answer bit for bit alike.
"""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras import layers
from tflite_micro.python.tflite_micro import runtime

from edgedigits import load_bundle
from edgedigits.engines.base import DIGIT_FORM
from edgedigits_data import load_mnist
from edgedigits_export.formats import flatbuffer
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.micro import MODEL
from edgedigits_export.formats.model_card import Card
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions

IMAGES = (load_mnist("validation").images[:100, None, ..., None] ^ np.uint8(128)).view(np.int8)


def mixed():
    """Every kind of kernel that the small networks have not; its weights are random, as rounding does not mind."""
    keras.utils.set_random_seed(5)
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="tanh")(layers.Rescaling(1 / 255)(image))
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.LeakyReLU()(x)
    x = layers.Add()([x, layers.Conv2D(8, 1, activation="relu6")(x)])
    x = layers.AveragePooling2D(2)(layers.MaxPooling2D(2)(x))
    x = layers.Concatenate()([layers.Flatten()(x), layers.GlobalAveragePooling2D()(x)])
    x = layers.Dense(16, activation="sigmoid", bias_initializer="normal")(x)
    x = layers.Dense(10, activation="softmax", bias_initializer="normal")(x)
    return keras.Model(image, x)


def converted(network):
    calibration = load_mnist("train").images[:50, ..., None]
    converter = Converter(Network(network, DIGIT_FORM), calibration, Card("kernels", "1", "MIT"), ExportOptions())
    return converter.convert(MODEL, converter.ways("int8.tflite")[0])


@pytest.fixture(scope="module", params=["tiny", "nano", "mixed"])
def model(request, tiny_model):
    """A microcontroller's model, parsed."""
    if request.param == "nano":
        return flatbuffer.parse(load_bundle("nano").read(MODEL))
    network = mixed() if request.param == "mixed" else keras.models.load_model(tiny_model, compile=False)
    return flatbuffer.parse(converted(network))


def pack(model, operators, inputs, outputs):
    """The model reduced to some of its operators."""
    graph = model.subgraphs[0]
    kept = graph.operators, graph.inputs, graph.outputs
    graph.operators, graph.inputs, graph.outputs = operators, inputs, outputs
    packed = flatbuffer.pack(model)
    graph.operators, graph.inputs, graph.outputs = kept
    return packed


def on_micro(packed, feeds):
    """What the outputs are for each list of inputs, as rows of integers."""
    interpreter = runtime.Interpreter.from_bytes(packed, arena_size=4_000_000)
    outputs = len(flatbuffer.parse(packed).subgraphs[0].outputs)
    answers = []
    for feed in feeds:
        for place, values in enumerate(feed):
            interpreter.set_input(values, place)
        interpreter.invoke()
        answers.append([np.array(interpreter.get_output(i)) for i in range(outputs)])
    return answers


def on_litert(packed, feeds, kernels=OpResolverType.BUILTIN_REF):
    """Likewise with LiteRT's reference kernels, or others."""
    interpreter = Interpreter(model_content=packed, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    answers = []
    for feed in feeds:
        for details, values in zip(interpreter.get_input_details(), feed, strict=True):
            interpreter.set_tensor(details["index"], values)
        interpreter.invoke()
        answers.append([interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()])
    return answers


def fully_connected(model, operator, inputs):
    """A matrix product in whole numbers after the published specification, brought to the output's scale in two ways.

    The scale is a 32-bit fraction and a shift. LiteRT's reference rounds once, after both; TensorFlow Lite Micro rounds
    after the fraction and after the shift, as gemmlowp did.
    """
    source, weights, bias, result = (model.subgraphs[0].tensors[i] for i in [*operator.inputs, *operator.outputs])
    kernel = model.buffers[weights.buffer].data.view(np.int8).reshape(weights.shape).astype(np.int64)
    offset = model.buffers[bias.buffer].data.view(np.int32).astype(np.int64)
    product = (np.concatenate(inputs).astype(np.int64) - int(source.quantization.zeroPoint[0])) @ kernel.T + offset
    scales = np.float64(source.quantization.scale[0]) * weights.quantization.scale / result.quantization.scale[0]
    fractions, exponents = np.frexp(scales)
    fractions, shifts = np.rint(np.ldexp(fractions, 31)).astype(np.int64), -exponents.astype(np.int64)
    assert (shifts > 0).all()
    scaled = product * fractions
    once = (scaled + (1 << (30 + shifts))) >> (31 + shifts)
    high = (scaled + (1 << 30)) >> 31
    rest, half = high & ((1 << shifts) - 1), 1 << (shifts - 1)
    twice = (high >> shifts) + np.where(high < 0, rest > half, rest >= half)  # a half goes away from zero
    zero_point = int(result.quantization.zeroPoint[0])
    lowest = zero_point if operator.builtinOptions.fusedActivationFunction else -128
    return [np.clip(rounded + zero_point, lowest, 127)[:, None] for rounded in (once, twice)]


def test_every_kernel_is_the_reference_kernel_bit_for_bit(model):
    """But for the rounding in FULLY_CONNECTED, where both sides are held to what they are."""
    graph = model.subgraphs[0]
    made = [int(operator.outputs[0]) for operator in graph.operators]
    seen = on_micro(pack(model, graph.operators, graph.inputs, made), [[image] for image in IMAGES])
    indices = [int(graph.inputs[0]), *made]
    values = [dict(zip(indices, [image, *answer], strict=True)) for image, answer in zip(IMAGES, seen, strict=True)]
    for operator in graph.operators:
        takes = [int(i) for i in operator.inputs if int(i) in indices]
        feeds = [[row[i] for i in takes] for row in values]
        packed = pack(model, [operator], takes, operator.outputs)
        found, wanted = np.array(on_micro(packed, feeds))[:, 0], np.array(on_litert(packed, feeds))[:, 0]
        kind = flatbuffer.operator_name(model, operator)
        np.testing.assert_array_equal(found, [row[int(operator.outputs[0])] for row in values], kind)
        if kind == "fully_connected":
            once, twice = fully_connected(model, operator, [feed[0] for feed in feeds])
            np.testing.assert_array_equal(wanted, once)
            np.testing.assert_array_equal(found, twice)
        else:
            np.testing.assert_array_equal(found, wanted, kind)


def test_xnnpack_which_rounds_in_float_stays_within_what_a_step_of_the_logits_is_worth(model):
    """int8.tflite runs on XNNPACK by default, which multiplies a sum by its scale in float32 and rounds that.

    So it is a step beside the reference now and then, in each layer, and the later layers add up what the earlier ones
    differ. If no logit moves by more than d, a logit less the logarithm of the others' sum moves by 2 d at most and a
    probability by tanh(d / 2); both sides then round it to steps of 1/256.
    """
    *body, softmax = model.subgraphs[0].operators
    feeds = [[image] for image in IMAGES]
    logits = pack(model, body, model.subgraphs[0].inputs, softmax.inputs)
    found, wanted = on_micro(logits, feeds), on_litert(logits, feeds, OpResolverType.AUTO)
    steps = np.abs(np.array(found, int) - np.array(wanted, int)).max()
    assert steps <= 2
    worth = np.tanh(steps * model.subgraphs[0].tensors[softmax.inputs[0]].quantization.scale[0] / 2)
    whole = flatbuffer.pack(model)
    found, wanted = on_micro(whole, feeds), on_litert(whole, feeds, OpResolverType.AUTO)
    difference = np.abs(np.array(found, int) - np.array(wanted, int)) / 256
    assert difference.max() <= worth + 1 / 256
