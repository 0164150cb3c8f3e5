"""--explain: every layer is compared, and a layer that is spoiled is the one that stands out."""

import keras
import numpy as np
import pytest

from edgedigits import load_bundle
from edgedigits.engines.base import DIGIT_FORM
from edgedigits_data import load_mnist
from edgedigits_export import ExportError
from edgedigits_export.checks.layer_noise import explain
from edgedigits_export.formats import flatbuffer
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.model_card import Card
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions


@pytest.fixture(scope="module")
def converter(tiny_bundle):
    model = keras.models.load_model(load_bundle(tiny_bundle).path / "model.keras", compile=False)
    calibration = load_mnist("train").balanced(100).images[..., None]
    return Converter(Network(model, DIGIT_FORM), calibration, Card("tiny", "1", "MIT"), ExportOptions())


@pytest.fixture(scope="module")
def exact(converter):
    return converter.exact(converter.ways("int8.tflite")[0])


@pytest.fixture(scope="module")
def rounded(converter):
    return converter.convert("int8.tflite", converter.ways("int8.tflite")[0])


@pytest.fixture(scope="module")
def images():
    return load_mnist("validation").images[:50, ..., None]


def test_every_layer_has_a_row_and_little_noise(exact, rounded, images):
    rows = explain(exact, rounded, images)
    assert [row.layer for row in rows] == ["conv_2d_1", "conv_2d_2", "reshape_1", "fully_connected_1", "softmax_1"]
    assert all(15 < row.output_db < 200 for row in rows)
    assert [row.weights_db is not None for row in rows] == [True, True, False, True, False]


def test_a_float_model_beside_itself_has_no_noise(exact, images):
    assert all(row.output_db >= 199 for row in explain(exact, exact, images))


def test_a_spoiled_layer_is_the_one_that_stands_out(exact, rounded, images):
    parsed = flatbuffer.parse(rounded)
    (spoiled,) = [tensor for tensor in parsed.subgraphs[0].tensors if tensor.name == b"conv_2d_2/weights"]
    buffer = parsed.buffers[spoiled.buffer]
    buffer.data = np.asarray(buffer.data) & np.uint8(0xE0)  # three of eight bits are left
    rows = explain(exact, flatbuffer.pack(parsed), images)
    assert max(rows, key=lambda row: row.lost_db).layer == "conv_2d_2"
    assert min((row for row in rows if row.weights_db), key=lambda row: row.weights_db).layer == "conv_2d_2"


def test_models_that_cannot_be_lined_up_are_refused(exact, rounded, images):
    other = flatbuffer.parse(rounded)
    graph = other.subgraphs[0]
    graph.outputs, graph.operators = [graph.operators[-3].outputs[0]], graph.operators[:-2]
    with pytest.raises(ExportError, match="line them up"):
        explain(exact, flatbuffer.pack(other), images)
