"""A page in its forms: rows, JSON, CSV, an annotated picture, files."""

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits import Box, Digit, Page, PictureError

PICTURE = np.full((60, 120, 3), 230, np.uint8)
DIGITS = [
    Digit(3, 0.98765, Box(5, 10, 20, 30), 0, [(3, 0.98765), (8, 0.01)]),
    Digit(7, 0.9, Box(30, 10, 20, 30), 0, [(7, 0.9)]),
    Digit(0, 0.5, Box(70, 12, 20, 30), 1, [(0, 0.5)]),
]


def page(**facts: object) -> Page:
    return Page(DIGITS, (120, 60), **facts)  # type: ignore[arg-type]


def test_rows_and_text_follow_the_digits() -> None:
    assert page().rows == ["37", "0"]
    assert page().text == "37\n0"


def test_a_box_is_a_tuple_with_names() -> None:
    box = DIGITS[0].box
    assert (box.x, box.y, box.width, box.height) == (5, 10, 20, 30)
    assert (box.right, box.bottom) == (25, 40)
    x, _, width, _ = box
    assert (x, width) == (5, 20)


def test_json_has_the_documented_form() -> None:
    form = json.loads(page(source="a.jpg", milliseconds=7.123).to_json())
    assert list(form) == ["source", "size", "rows", "text", "digits", "milliseconds"]
    assert form["size"] == [120, 60]
    assert form["rows"] == ["37", "0"]
    assert form["milliseconds"] == 7.1
    first = {"digit": 3, "confidence": 0.9877, "box": [5, 10, 20, 30], "row": 0, "top": [[3, 0.9877], [8, 0.01]]}
    assert form["digits"][0] == first


def test_json_leaves_out_what_nobody_knows() -> None:
    assert list(json.loads(page().to_json())) == ["size", "rows", "text", "digits"]


def test_csv_has_a_line_for_each_digit() -> None:
    lines = list(csv.DictReader(io.StringIO(page(source="a.jpg").to_csv())))
    assert len(lines) == 3
    assert lines[2] == {
        **{"source": "a.jpg", "row": "1", "digit": "0", "confidence": "0.5"},
        **{"x": "70", "y": "12", "width": "20", "height": "30"},
    }


@pytest.mark.parametrize("name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@a.jpg"])
def test_a_name_in_csv_is_never_a_formula(name: str) -> None:
    [first, *_] = csv.DictReader(io.StringIO(page(source=name).to_csv()))
    assert first["source"] == f"'{name}"


def test_a_page_that_kept_its_picture_annotates_it_and_shows_it_in_a_notebook() -> None:
    kept = page(picture=PICTURE)
    drawn = kept.annotate()
    assert drawn.shape == PICTURE.shape
    assert (drawn != PICTURE).any()
    assert (PICTURE == 230).all()
    png = kept._repr_png_()
    assert png is not None
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), drawn)


def test_without_a_picture_there_is_nothing_to_annotate() -> None:
    assert page()._repr_png_() is None
    with pytest.raises(PictureError, match=r"page\.annotate\(picture\)"):
        page().annotate()


@pytest.mark.parametrize(("ending", "begins"), [("json", b'{"size"'), ("csv", b"source,row"), ("txt", b"37\n0\n")])
def test_texts_are_saved_by_their_ending(ending: str, begins: bytes, tmp_path: Path) -> None:
    page().save(tmp_path / f"page.{ending}")
    assert (tmp_path / f"page.{ending}").read_bytes().startswith(begins)


def test_a_picture_is_saved_by_its_ending(tmp_path: Path) -> None:
    page().save(tmp_path / "page.png", PICTURE)
    saved = cv2.imread(str(tmp_path / "page.png"))
    assert saved is not None
    np.testing.assert_array_equal(saved, page().annotate(PICTURE))


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"missing.page\.json cannot be written"):
        page().save(tmp_path / "missing" / "page.json")
