"""What is in the files: operators as in a hand-made graph, names, labels and licence, for readers other than ours."""

import io
import json
import zipfile

import flatbuffers
import numpy as np
import onnx
import pytest

from edgedigits import load_bundle
from edgedigits_data import load_mnist
from edgedigits_export.formats import flatbuffer
from edgedigits_export.formats.metadata import ENTRY

LAYERS = ["CONV_2D", "CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
FLOAT_ONNX = ["Reshape", "Conv", "Relu", "Conv", "Relu", "Reshape", "Gemm", "Softmax"]


@pytest.fixture(scope="module")
def bundle(tiny_bundle):
    return load_bundle(tiny_bundle)


@pytest.mark.parametrize("precision", ["float32", "dynamic"])
def test_float_tflite_has_nothing_but_the_layers(bundle, precision):
    assert flatbuffer.operators(bundle.read(f"{precision}.tflite")) == LAYERS


def test_integer_tflite_adds_only_what_its_input_and_output_need(bundle):
    wanted = ["QUANTIZE", *LAYERS[:-1], "DEQUANTIZE", "SOFTMAX"]
    assert flatbuffer.operators(bundle.read("int8.tflite")) == wanted


def test_float16_tflite_widens_its_weights_and_nothing_else(bundle):
    found = flatbuffer.operators(bundle.read("float16.tflite"))
    assert [kind for kind in found if kind != "DEQUANTIZE"] == LAYERS
    assert found[: found.count("DEQUANTIZE")] == ["DEQUANTIZE"] * found.count("DEQUANTIZE")


def test_onnx_has_nothing_but_the_layers(bundle):
    model = onnx.load_from_string(bundle.read("float32.onnx"))
    assert [node.op_type for node in model.graph.node] == FLOAT_ONNX
    assert [entry.domain for entry in model.opset_import] == [""]
    onnx.checker.check_model(model, full_check=True)


def test_integer_onnx_quantizes_every_layer_and_takes_uint8(bundle):
    graph = onnx.load_from_string(bundle.read("int8.onnx")).graph
    found = [node.op_type for node in graph.node]
    plain = [kind for kind in found if kind not in ("QuantizeLinear", "DequantizeLinear")]
    # ReLU has become the lower end of the quantized range
    assert plain == [kind for kind in FLOAT_ONNX if kind != "Relu"]
    stored = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert {stored[name] for name in stored if ".weight" in name or "weight_quantized" in name} <= {
        onnx.TensorProto.UINT8,
        onnx.TensorProto.FLOAT,
    }
    assert not any(
        node.op_type in ("Conv", "Gemm") and source in stored and "quantized" not in source
        for node in graph.node
        for source in node.input
    )


def test_names_say_what_a_tensor_is(bundle):
    graph = flatbuffer.parse(bundle.read("float32.tflite")).subgraphs[0]
    names = {tensor.name.decode() for tensor in graph.tensors}
    assert {"image", "probabilities", "conv_2d_1", "conv_2d_2/weights", "fully_connected_1/bias"} <= names
    onnx_graph = onnx.load_from_string(bundle.read("float32.onnx")).graph
    assert {"conv_1.weight", "conv_1.bias", "gemm_1.weight"} <= {tensor.name for tensor in onnx_graph.initializer}


@pytest.mark.parametrize("name", ["float32.onnx", "int8.onnx"])
def test_onnx_files_explain_themselves(bundle, name):
    model = onnx.load_from_string(bundle.read(name))
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(properties["labels"]) == list("0123456789")
    assert properties["licence"] == bundle.manifest["licence"]
    assert "0 = paper" in properties["preprocessing"]


@pytest.mark.parametrize("name", ["float32.tflite", "float16.tflite", "dynamic.tflite", "int8.tflite"])
def test_tflite_files_explain_themselves(bundle, name):
    """Read back by field number after the published schema, not with the code that wrote them."""
    content = bundle.read(name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt").decode().split() == list("0123456789")
    parsed = flatbuffer.parse(content)
    (entry,) = [entry for entry in parsed.metadata if entry.name == ENTRY]
    buffer = bytes(parsed.buffers[entry.buffer].data)
    assert buffer[4:8] == b"M001"
    root = flatbuffers.table.Table(buffer, int.from_bytes(buffer[:4], "little"))
    assert text(root, 0) == bundle.name
    assert text(root, 5) == bundle.manifest["licence"]
    graph = first(root, 3)
    source, result = first(graph, 2), first(graph, 3)
    assert (text(source, 0), text(result, 0)) == ("image", "probabilities")
    assert text(first(result, 6), 0) == "labels.txt"
    assert parsed.signatureDefs[0].inputs[0].name == b"image"


def offset(table, field):
    return table.Offset(4 + 2 * field)


def text(table, field):
    return table.String(table.Pos + offset(table, field)).decode()


def first(table, field):
    return flatbuffers.table.Table(table.Bytes, table.Indirect(table.Vector(offset(table, field))))


def test_weights_lie_on_16_bytes_as_the_schema_asks(bundle):
    content = bundle.read("int8.tflite")
    start = np.frombuffer(content, np.uint8).__array_interface__["data"][0]
    model = flatbuffer.schema.Model.GetRootAs(content, 0)
    for i in range(model.BuffersLength()):
        if model.Buffers(i).DataLength():
            assert (model.Buffers(i).DataAsNumpy().__array_interface__["data"][0] - start) % 16 == 0


def test_a_free_batch_gives_the_same_answers(bundle):
    from ai_edge_litert.interpreter import Interpreter

    images = load_mnist("test").images[:64, ..., None]
    one = Interpreter(model_content=bundle.read("int8.tflite"))
    one.allocate_tensors()
    wanted = np.concatenate([answer(one, images[i : i + 1]) for i in range(len(images))])
    many = Interpreter(model_content=flatbuffer.free_batch(bundle.read("int8.tflite")))
    many.resize_tensor_input(many.get_input_details()[0]["index"], [len(images), 28, 28, 1])
    many.allocate_tensors()
    np.testing.assert_array_equal(answer(many, images), wanted)


def answer(interpreter, images):
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], images)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy()
