"""What the drawing page is told, without the page."""

import base64

import cv2
import numpy as np
import pytest

from edgedigits import PictureError
from edgedigits_apps.web_service import MAX_BYTES, WebService, decode
from edgedigits_data import load_mnist


def encoded(picture, ending=".png"):
    return base64.b64encode(cv2.imencode(ending, picture)[1].tobytes()).decode()


@pytest.fixture(scope="module")
def service(tiny_bundle):
    return WebService(tiny_bundle)


@pytest.mark.slow
def test_names_digits_on_either_paper_and_shows_what_the_model_saw(service):
    digits = load_mnist("validation")
    right, alike = 0, []
    for image, label in zip(digits.images[:100], digits.labels[:100], strict=True):
        large = cv2.resize(image, (140, 140), interpolation=cv2.INTER_CUBIC)
        dark = service.classify("data:image/png;base64," + encoded(large))
        light = service.classify(encoded(255 - large))
        assert dark["digit"] == light["digit"]
        assert [p for _, p in dark["top"]] == sorted((p for _, p in dark["top"]), reverse=True)
        alike.append(np.corrcoef(dark["image"], image.ravel())[0, 1])
        right += dark["top"][0][0] == label
    assert right >= 85
    assert np.mean(alike) > 0.9


@pytest.mark.slow
def test_an_empty_sheet_is_no_digit(service):
    answer = service.classify(encoded(np.full((100, 100), 255, np.uint8)))
    assert answer["digit"] is None
    assert not any(answer["image"])


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("%%%", "base64"),
        ("data:image/png;base64", "empty"),
        (base64.b64encode(b"no picture").decode(), "not a picture"),
        ("A" * (MAX_BYTES * 2), "larger than 20 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_line(picture, message):
    with pytest.raises(PictureError, match=message) as caught:
        decode(picture)
    assert "\n" not in str(caught.value)
