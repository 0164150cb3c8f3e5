"""The page reader's artifacts: one network in five files, for pictures of any size."""

import numpy as np
import onnxruntime
import pytest

from edgedigits.bundle.reading import load_bundle
from edgedigits.engines.litert import lite_interpreter
from edgedigits.reading.heatmap.page_network import CHANNELS, OTHER
from edgedigits_export.reader.page_network import SIDE, convert, joined, write_reader
from edgedigits_train.reader.architecture import build_reader

OUTPUTS = 11 + 5 + 4  # five letters or signs will do


@pytest.fixture(scope="module")
def model():
    return build_reader(OUTPUTS, plain=True)


@pytest.fixture(scope="module")
def artifacts(model):
    return convert(model, np.random.default_rng(0).integers(0, 255, (4, SIDE, SIDE), np.uint8))


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).integers(0, 255, (1, 64, 112, 1), np.uint8)


def run_lite(content, image):
    interpreter = lite_interpreter()(model_content=content)
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(source["index"], image.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(source["index"], image.astype(source["dtype"]))
    interpreter.invoke()
    return interpreter.get_tensor(target["index"])


def test_letters_and_signs_are_one_channel_and_all_else_stays(model, image):
    page, output = np.asarray(model(image.astype(np.float32))), np.asarray(joined(model)(image.astype(np.float32)))
    assert output.shape == (1, 16, 28, CHANNELS)
    np.testing.assert_array_equal(output[..., :OTHER], page[..., :OTHER])
    np.testing.assert_array_equal(output[..., OTHER], page[..., OTHER:-4].max(axis=-1))
    np.testing.assert_array_equal(output[..., OTHER + 1 :], page[..., -4:])


@pytest.mark.slow
def test_every_file_computes_the_same_at_a_size_it_was_not_made_for(model, artifacts, image):
    expected = np.asarray(joined(model)(image.astype(np.float32)))
    spread = float(expected.std())
    for name, content in artifacts.items():
        if name.endswith(".onnx"):
            levels = image if name.startswith("int8") else image.astype(np.float32)
            output = onnxruntime.InferenceSession(content).run(["page"], {"image": levels})[0]
        else:
            output = run_lite(content, image)
        tolerance = {"int8": 0.15, "float16": 0.01}.get(name.split(".")[0], 1e-3)
        assert output.shape == expected.shape
        assert np.abs(output - expected).mean() < tolerance * spread, name


@pytest.mark.slow
def test_the_bundle_says_how_its_output_is_read(artifacts, model, tmp_path):
    model.save(tmp_path / "model.keras")
    write_reader(tmp_path / "model.keras", artifacts, tmp_path / "bundle", {"calibration": [1.5, 0.5]})
    bundle = load_bundle(tmp_path / "bundle")
    assert bundle.manifest["output"]["stride"] == 4
    assert bundle.manifest["calibration"] == [1.5, 0.5]
    assert set(bundle.files) == {"model.keras", *artifacts}
    assert bundle.files["int8.tflite"]["size_bytes"] <= 400_000
