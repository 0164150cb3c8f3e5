"""The other engines: each that is installed gives the float model's answers."""

import importlib.util

import numpy as np
import pytest

from edgedigits import load_bundle
from edgedigits.engines.open import open_engine
from edgedigits.errors import BenchError
from edgedigits_bench.peers.engines import litert, ncnn, onnxruntime, opencv, openvino, tflite_micro
from edgedigits_bench.peers.ncnn_model import to_ncnn
from edgedigits_data import load_mnist

PACKAGES = {litert: "ai_edge_litert", onnxruntime: "onnxruntime", opencv: "cv2", openvino: "openvino", ncnn: "ncnn"}
PACKAGES |= {tflite_micro: "tflite_micro"}
TFLITE = (litert, tflite_micro)


@pytest.mark.parametrize("make", PACKAGES, ids=lambda make: make.__name__)
def test_a_peer_computes_the_same_function(make):
    if importlib.util.find_spec(PACKAGES[make]) is None:
        pytest.skip(f"{PACKAGES[make]} is not installed; pip install 'edgedigits[peers]'")
    bundle, images = load_bundle("edge"), load_mnist("test").images[:20, ..., None]
    peer = make(bundle, "float32.tflite" if make in TFLITE else "float32.onnx")
    expected = open_engine("float32.tflite", bundle.read("float32.tflite")).run(images)
    found = np.concatenate([peer.call(image[None].astype(peer.dtype)).reshape(1, 10) for image in images])
    assert np.allclose(found, expected, atol=1e-3)


def test_a_graph_that_is_no_chain_of_known_layers_is_refused():
    onnx = pytest.importorskip("onnx")
    made = onnx.helper.make_graph(
        [onnx.helper.make_node("Sin", ["image"], ["probabilities"])],
        "graph",
        [onnx.helper.make_tensor_value_info("image", 1, [1, 28, 28, 1])],
        [onnx.helper.make_tensor_value_info("probabilities", 1, [1, 28, 28, 1])],
    )
    with pytest.raises(BenchError, match="Sin"):
        to_ncnn(onnx.helper.make_model(made).SerializeToString())
