"""An ONNX file whose tensors lie in other files: what was hashed is not all that would run, so it does not."""

import numpy as np
import pytest

from edgedigits.engines.open import open_engine
from edgedigits.errors import EngineError

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
pytest.importorskip("onnxruntime", reason="needs the extra onnx")


def model(external: bool) -> bytes:
    """Adds ones to what it takes; the ones are in the file, or in ones.bin."""
    from onnx import TensorProto, helper

    ones = np.ones((1, 10), np.float32)
    if external:
        tensor = TensorProto(name="ones", data_type=1, dims=[1, 10], data_location=TensorProto.EXTERNAL)
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "ones.bin"
    else:
        tensor = helper.make_tensor("ones", TensorProto.FLOAT, [1, 10], ones.tobytes(), raw=True)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 10, 1])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 10])
    nodes = [helper.make_node("Reshape", ["image", "shape"], ["flat"])]
    nodes += [helper.make_node("Add", ["flat", "ones"], ["probabilities"])]
    graph = helper.make_graph(nodes, "graph", [image], [answer], [tensor, shape])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())


def test_tensors_in_other_files_are_not_taken_from_the_working_folder(tmp_path, monkeypatch):
    np.ones(10, np.float32).tofile(tmp_path / "ones.bin")
    monkeypatch.chdir(tmp_path)
    images = np.zeros((1, 1, 10, 1), np.uint8)
    assert open_engine("float32.onnx", model(external=False)).run(images).tolist() == [[1.0] * 10]
    with pytest.raises(EngineError) as error:
        open_engine("float32.onnx", model(external=True))
    assert len(str(error.value).splitlines()) == 1
