"""The same files in runtimes that are not ours: OpenCV's DNN module and, under Node, the browsers' ones."""

import json
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits import DigitClassifier, load_bundle
from edgedigits_data import load_mnist

SCRIPTS = Path(__file__).parent / "browser"
COUNT = 50
# Other kernels round an 8-bit product or average differently.
TOLERANCES = {"float32": 1e-5, "int8": 0.1}


@pytest.fixture(scope="module")
def images():
    return load_mnist("test").images[:COUNT]


@pytest.fixture(scope="module")
def bundle(tiny_bundle):
    return load_bundle(tiny_bundle)


def agree(bundle, name, images, found):
    wanted = DigitClassifier(bundle, name).probabilities(images)
    assert np.abs(np.reshape(found, (-1, 10)) - wanted).max() <= TOLERANCES[name.split(".")[0]]
    assert np.mean(np.reshape(found, (-1, 10)).argmax(axis=1) == wanted.argmax(axis=1)) >= 0.98


# OpenCV 5.0.0 crashes on integer and dynamic-range TFLite files, with a segmentation fault (docs/research/export.md).
@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("float32.onnx", (1, 28, 28, 1), np.float32),
        ("int8.onnx", (1, 28, 28, 1), np.uint8),
        ("float32.tflite", (1, 1, 28, 28), np.float32),
    ],
)
def test_opencv_agrees(bundle, images, name, shape, dtype):
    read = cv2.dnn.readNetFromONNX if name.endswith(".onnx") else cv2.dnn.readNetFromTFLite
    net = read(str(bundle.path / name))
    found = []
    for image in images:
        net.setInput(image.reshape(shape).astype(dtype))
        found.append(net.forward().copy())
    agree(bundle, name, images, found)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A folder with the two packages from npm."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    for path in SCRIPTS.iterdir():
        shutil.copy(path, folder)
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip("npm cannot install the browser runtimes here")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["float32.onnx", "int8.onnx", "float32.tflite", "int8.tflite"])
def test_browser_runtimes_agree(bundle, images, node, name):
    (node / "images").write_bytes(images.tobytes())
    script = "onnxruntime.mjs" if name.endswith(".onnx") else "litert.mjs"
    dtype = "uint8" if name.startswith("int8") else "float32"
    command = ["node", script, str(bundle.path / name), "images", str(len(images)), dtype]
    result = subprocess.run(command, cwd=node, capture_output=True, text=True, check=True)
    agree(bundle, name, images, json.loads(result.stdout.splitlines()[-1]))
