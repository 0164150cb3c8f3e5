"""What the drawing page is told, without the page."""

import cv2
import numpy as np
import pytest

from edgedigits import PictureError
from edgedigits_apps.web.gradio_routes import from_base64
from edgedigits_apps.web.service import MAX_BYTES, WebService, decode
from edgedigits_data import load_mnist


def encoded(picture, ending=".png"):
    return cv2.imencode(ending, picture)[1].tobytes()


def likeness(seen, image):
    """The correlation of two images, one of them moved by up to a pixel, as their centres are rounded."""
    moves = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return max(np.corrcoef(np.roll(seen, move, (0, 1)).ravel(), image.ravel())[0, 1] for move in moves)


@pytest.fixture(scope="module")
def service(tiny_bundle):
    return WebService(tiny_bundle)


@pytest.mark.slow
def test_names_digits_on_either_paper_and_shows_what_the_model_saw(service):
    digits = load_mnist("validation")
    right, alike = 0, []
    for image, label in zip(digits.images[:100], digits.labels[:100], strict=True):
        large = cv2.resize(image, (140, 140), interpolation=cv2.INTER_CUBIC)
        dark = service.classify(encoded(large))
        light = service.classify(encoded(255 - large))
        assert dark["digit"] == light["digit"]
        assert [p for _, p in dark["top"]] == sorted((p for _, p in dark["top"]), reverse=True)
        alike.append(likeness(np.reshape(dark["image"], (28, 28)), image))
        right += dark["top"][0][0] == label
    assert right >= 85
    assert np.mean(alike) > 0.9


@pytest.mark.slow
def test_an_empty_sheet_is_no_digit(service):
    answer = service.classify(encoded(np.full((100, 100), 255, np.uint8)))
    assert answer["digit"] is None
    assert not any(answer["image"])


@pytest.mark.slow
def test_every_artifact_answers_about_the_same_image(service):
    picture = encoded(cv2.resize(load_mnist("validation").images[0], (90, 90)))
    answer = service.compare(picture)
    assert [row["file"] for row in answer["artifacts"]] == service.bundle.artifacts
    assert {row["digit"] for row in answer["artifacts"]} == {service.classify(picture)["digit"]}
    assert all(row["microseconds"] > 0 and row["size_bytes"] > 0 for row in answer["artifacts"])
    assert answer["image"] == service.classify(picture)["image"]


@pytest.mark.slow
def test_a_photo_becomes_a_page():
    # The networks that ship: the other tests' small one does not know its digits well enough for a page.
    service = WebService("edge")
    sheet = np.full((300, 500), 230, np.uint8)
    for i, image in enumerate(load_mnist("validation").images[:3]):
        sheet[100:184, 50 + 150 * i : 134 + 150 * i] -= cv2.resize(image, (84, 84)) // 5 * 4
    page = service.read(encoded(sheet, ".jpg"), annotated=True)
    assert page["size"] == [500, 300]
    assert page["text"] == "\n".join(page["rows"]) == "128"
    assert len(page["digits"]) == 3
    annotated = decode(from_base64(page["annotated"]))
    assert annotated.shape == (300, 500, 3)
    assert "annotated" not in service.read(encoded(sheet))


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    with pytest.raises(PictureError, match="50 megapixels"):
        decode(encoded(np.zeros((8000, 8000), np.uint8)))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"no picture", "not a picture"), (bytes(MAX_BYTES + 1), "larger than 20 MB")],
)
def test_what_is_no_picture_is_refused_in_one_line(content, message):
    with pytest.raises(PictureError, match=message) as caught:
        decode(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("picture", "message"), [("%%%", "base64"), (5, "not text"), ("A" * (MAX_BYTES * 2), "larger than 20 MB")]
)
def test_what_is_no_base64_is_refused_in_one_line(picture, message):
    with pytest.raises(PictureError, match=message):
        from_base64(picture)
