"""The one-network page reader, with the network that ships."""

import pickle
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from edgedigits import DigitReader, ReaderOptions, load_bundle
from edgedigits.errors import UsageError
from edgedigits.reading.heatmap.boxes import iou
from edgedigits.reading.heatmap.decoding import Detections
from edgedigits.reading.heatmap.page_reader import suppressed

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
ROWS = ("37 052", "2189 64")


@pytest.fixture(scope="module")
def reader():
    return DigitReader("reader")


def page(rows=ROWS, height=40, size=(640, 480), paper=215, ink=45):
    image = Image.new("L", size, paper)
    for i, row in enumerate(rows):
        ImageDraw.Draw(image).text((60, 60 + 2.4 * height * i), row, font=ImageFont.truetype(FONT, height), fill=ink)
    return np.array(cv2.GaussianBlur(np.array(image), (0, 0), 0.8))


@pytest.mark.parametrize("height", [26, 40, 90])
def test_rows_of_digits_are_read(reader, height):
    assert reader.read(page(height=height)).text.replace("\n", "") == "3705221896" + "4"


def test_light_ink_on_a_dark_board_is_read(reader):
    assert reader.read(page(paper=40, ink=230)).text.replace("\n", "") == "37052218964"


def test_words_are_not_read(reader):
    assert len(reader.read(page(("Bill sold", "his old sofa"))).digits) <= 1


def test_an_empty_sheet_has_no_digits(reader):
    assert reader.read(np.full((300, 400), 200, np.uint8)).rows == []


@pytest.mark.parametrize("shape", [(20, 20), (1, 1), (7, 900), (2000, 40)])
def test_pictures_of_any_size(reader, shape):
    assert reader.read(np.full(shape, 200, np.uint8)).size == (shape[1], shape[0])


def test_a_higher_threshold_reports_no_more_and_confidence_is_a_probability(reader):
    few = DigitReader("reader", options=ReaderOptions(least_confidence=0.97)).read(page())
    all_ = reader.read(page())
    assert len(few.digits) <= len(all_.digits)
    assert all(0.97 <= digit.confidence <= 1 for digit in few.digits)
    assert all(digit.top[0] == (digit.digit, digit.confidence) for digit in all_.digits)


def test_boxes_are_around_the_ink(reader):
    picture = page(("8",), 90)
    x, y, width, height = cv2.boundingRect(cv2.threshold(picture, 130, 255, cv2.THRESH_BINARY_INV)[1])
    found = np.array([reader.read(picture).digits[0].box], np.float32)
    assert iou(found, np.array([[x, y, width, height]], np.float32))[0, 0] > 0.7


def test_a_reader_can_be_pickled_and_keeps_its_options():
    made = DigitReader("reader", artifact="float16.tflite", options=ReaderOptions(least_confidence=0.9))
    again = pickle.loads(pickle.dumps(made))
    assert again.page_reader.options == made.page_reader.options
    assert again.page_reader.artifact == "float16.tflite"


def test_options_of_a_bundle_that_has_none_are_refused():
    with pytest.raises(UsageError, match="one-network"):
        DigitReader(options=ReaderOptions())


def test_a_file_of_another_engine_is_refused():
    with pytest.raises(UsageError, match=r"float32\.onnx"):
        DigitReader("reader", artifact="float32.onnx")


def test_all_files_compute_the_same(reader):
    runtime = pytest.importorskip("onnxruntime")
    from edgedigits.reading.heatmap.network import PageNetwork
    from edgedigits.reading.heatmap.page_network import normalize

    bundle = load_bundle("reader")
    picture = page()
    image = normalize(picture)[None, ..., None]
    outputs = {name: PageNetwork(bundle.read(name)).run(picture) for name in bundle.files if name.endswith(".tflite")}
    for name in ("float32.onnx", "int8.onnx"):
        session = runtime.InferenceSession(bundle.read(name))
        levels = image.astype(np.float32) if name == "float32.onnx" else image
        outputs[name] = session.run(None, {"image": levels})[0][0]
    reference = outputs["float32.tflite"]
    assert reference.shape == (120, 160, 16)
    for name, output in outputs.items():
        difference = np.abs(output - reference)
        assert np.median(difference) < (0.5 if "int8" in name else 0.02), name
        # where digits stand all agree on which they are
        peaks = reference[..., :10].max(axis=2) > 1
        assert (output[peaks][:, :10].argmax(axis=1) == reference[peaks][:, :10].argmax(axis=1)).mean() > 0.9, name


def test_of_two_detections_in_one_place_the_likelier_stays():
    boxes = np.array([[0, 0, 10, 20], [1, 1, 10, 20], [40, 0, 10, 20]], np.float32)
    logits = np.full((3, 10), -5, np.float32)
    logits[0, 7], logits[1, 1], logits[2, 1] = 1, 2, 0
    assert suppressed(Detections(boxes, logits), ReaderOptions()).logits.argmax(axis=1).tolist() == [1, 1]
