"""Labelled pictures: the labels, every kind of error, the figures, and the program as its user starts it."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits.errors import BenchError
from edgedigits.imaging.picture_files import load_picture, save_picture
from edgedigits.page import Box, Digit
from edgedigits_bench.accuracy.page_errors import PhotoResult, page_errors
from edgedigits_bench.accuracy.photo_labels import PhotoLabel, load_labels
from edgedigits_bench.peers.page_readers import digits_of
from edgedigits_bench.report.photo_figures import photo_form, summarize
from edgedigits_bench.report.photo_report import contact_sheet, photo_table
from edgedigits_data.synthetic.scoring import scoring_pages

ROWS = PhotoLabel(("123", "456"))
COMMAND = [sys.executable, "-m", "edgedigits_bench.accuracy.photos"]


def drawn(text: str) -> np.ndarray:
    """A white page with a line of print."""
    page = np.full((90, 60 + 30 * len(text), 3), 255, np.uint8)
    cv2.putText(page, text, (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (30, 30, 30), 3, cv2.LINE_AA)
    return page


def labelled(folder: Path, labels: object) -> Path:
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("read", "kinds"),
    [
        (["123", "456"], {}),
        (["123", "", "456"], {}),
        (["13", "456"], {"missed": 1}),
        (["123", "4556"], {"false": 1}),
        (["123", "478"], {"misread": 2}),
        (["123456"], {"split": 1}),
        (["123", "45", "6"], {"split": 1}),
        (["132", "456"], {"order": 2}),
        (["1236", "45"], {"order": 2}),
        ([], {"missed": 6, "split": 1}),
    ],
)
def test_rows_in_order_are_compared_by_edit_distance(read, kinds):
    errors = page_errors(read, ROWS)
    assert dict(errors.kinds) == kinds
    assert errors.total == sum(kinds.values())
    assert len(errors.right) == len("".join(read))


@pytest.mark.parametrize("layout", ["scattered", "grid", "diagonal"])
def test_elsewhere_digits_are_counted(layout):
    label = PhotoLabel(("12", "3"), layout)
    assert page_errors(["31", "2"], label).total == 0
    assert dict(+page_errors(["3", "1"], label).kinds) == {"missed": 1}
    assert dict(+page_errors(["3", "127"], label).kinds) == {"false": 1}
    assert dict(+page_errors(["3", "17"], label).kinds) == {"misread": 1}


def test_optional_digits_may_be_missed_but_not_misread():
    label = PhotoLabel(("12", "77"), "scattered", optional_digits="77")
    assert page_errors(["12"], label).total == page_errors(["1277"], label).total == 0
    assert page_errors(["2"], label).total == 1
    assert dict(+page_errors(["123"], label).kinds) == {"false": 1}


def test_printed_digits_are_neither_right_nor_wrong():
    label = PhotoLabel(("12",), "scattered", printed="22")
    errors = page_errors(["1222"], label, (0.9, 0.5, 0.8, 0.7))
    assert errors.total == 0
    assert errors.right == (True, None, True, None)
    assert page_errors(["12222"], label).total == 1


@pytest.mark.parametrize("layout", ["rows", "single", "scattered"])
def test_where_there_are_no_digits_each_that_is_read_is_false(layout):
    errors = page_errors(["12", "3"], PhotoLabel((), layout))
    assert dict(+errors.kinds) == {"false": 3}
    assert errors.right == (False, False, False)


def test_a_table_may_be_read_by_rows_cells_or_columns():
    label = PhotoLabel(("1234", "5678"), groups=(("12", "34"), ("56", "78")))
    assert page_errors(["1234", "5678"], label).total == 0
    assert page_errors(["12", "34", "56", "78"], label).total == 0
    assert page_errors(["12", "56", "34", "78"], label).total == 0
    assert page_errors(["12", "78", "34", "56"], label).total > 0


def test_right_digits_are_known_in_order_and_by_confidence_where_digits_are_counted():
    assert page_errors(["173", "4456"], ROWS).right == (True, False, True, False, True, True, True)
    label = PhotoLabel(("1",), "scattered")
    assert page_errors(["11"], label, (0.6, 0.9)).right == (False, True)


def test_lost_and_wrong_digits_are_named():
    errors = page_errors(["173", "456"], ROWS)
    assert (dict(errors.lost), dict(errors.wrong)) == ({"2": 1}, {"7": 1})
    moved = page_errors(["132", "456"], ROWS)
    assert not moved.lost
    assert not moved.wrong


def test_labels_have_all_that_the_form_allows(tmp_path):
    entry = {"rows": ["12"], "layout": "grid", "optional_digits": ["1", "2"], "printed": ["34"], "notes": "easy"}
    found = load_labels(labelled(tmp_path, {"a.png": entry, "b.png": {"rows": [], "groups": [["1"], ["2"]]}}))
    assert found["a.png"] == PhotoLabel(("12",), "grid", "12", "34")
    assert found["b.png"] == PhotoLabel((), groups=(("1",), ("2",)))


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({"a.png": {"layout": "rows"}}, "rows"),
        ({"a.png": {"rows": ["1x"]}}, "1x"),
        ({"a.png": {"rows": 5}}, "5"),
        ({"a.png": {"rows": ["1"], "layout": "circle"}}, "circle"),
        ({"a.png": {"rows": ["1"], "groups": 3}}, "groups"),
        ([], "labels.json"),
    ],
)
def test_a_label_that_cannot_be_used_is_named(tmp_path, labels, told):
    with pytest.raises(BenchError, match=told) as failure:
        load_labels(labelled(tmp_path, labels))
    assert "\n" not in str(failure.value)


def test_text_files_beside_the_pictures_are_labels_too(tmp_path):
    for name in ("a.png", "b.png"):
        save_picture(tmp_path / name, drawn("12"))
    (tmp_path / "a.txt").write_text("1 2\n\n3\n", encoding="utf-8")
    with pytest.raises(BenchError, match=r"b\.txt"):
        load_labels(tmp_path)
    (tmp_path / "b.txt").write_text("", encoding="utf-8")
    assert load_labels(tmp_path) == {"a.png": PhotoLabel(("12", "3")), "b.png": PhotoLabel(())}


def test_figures_count_errors_sizes_and_calibration(tmp_path):
    def result(name: str, rows: list[str], label: PhotoLabel, milliseconds: float) -> PhotoResult:
        digits = [Digit(int(d), 0.9, Box(0, 0, 10, 20 if d == "7" else 40), 0, []) for d in "".join(rows)]
        errors = page_errors(rows, label, [digit.confidence for digit in digits])
        return PhotoResult(name, label, tuple(rows), tuple(digits), errors, milliseconds)

    results = [
        result("a.png", ["17345"], PhotoLabel(("12345",)), 5.0),
        result("b.png", ["7"], PhotoLabel((), "scattered"), 9.0),
        result("c.png", ["1234"], PhotoLabel(("1234",)), 6.0),
    ]
    figures = summarize(results)
    assert figures["kinds"] == {"missed": 0, "false": 1, "misread": 1, "split": 0, "order": 0}
    assert (figures["errors"], figures["exact_pages"], figures["false_without"]) == (2, 1, 1)
    assert (figures["error_rate"], figures["median_ms"]) == (round(2 / 9, 4), 6.0)
    assert figures["calibration_error"] == pytest.approx(0.9 - 8 / 10)
    assert figures["by_digit"]["2"] == {"there": 2, "lost": 1, "wrong": 0}
    assert figures["by_digit"]["7"] == {"there": 0, "lost": 0, "wrong": 2}
    read = {size["least"]: (size["read"], size["wrong"]) for size in figures["by_height"] if size["read"]}
    assert read == {16: (2, 2), 32: (8, 0)}
    peer = [PhotoResult(r.name, r.label, (), (), page_errors((), r.label), 30.0) for r in results]
    both = {"edgedigits": figures, "other": summarize(peer)}
    form = photo_form(tmp_path, {"edgedigits": results, "other": peer}, both)
    assert form["times_as_long"] == {"edgedigits": 1.0, "other": 5.0}
    assert form["readers"]["other"]["calibration_error"] is None
    table = photo_table(form)
    assert "a.png: 1 misread" in table
    assert "c.png" not in table


def test_the_contact_sheet_shows_pages_with_errors_only(tmp_path):
    save_picture(tmp_path / "a.png", drawn("12"))
    right, wrong = (PhotoResult("a.png", PhotoLabel((row,)), ("12",), (), page_errors(["12"], PhotoLabel((row,))), 1.0)
                    for row in ("12", "13"))  # fmt: skip
    assert contact_sheet(tmp_path, [right]).min() == 255
    one, two = contact_sheet(tmp_path, [wrong, right]), contact_sheet(tmp_path, [wrong, wrong])
    assert one.min() < 100
    assert two.shape[1] == 2 * one.shape[1]


def test_of_other_readers_only_the_digits_count():
    assert digits_of(["Total: 12,50 €", "words", "٣7"]) == ["1250", "7"]


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    pages = [page for page in scoring_pages(8) if page.layout in ("rows", "tight")][:2]
    for i, page in enumerate(pages):
        save_picture(folder / f"{i}.png", page.picture)
    return labelled(folder, {f"{i}.png": {"rows": page.rows, "layout": "rows"} for i, page in enumerate(pages)})


def test_generated_pages_are_scored(generated, tmp_path):
    sheet = tmp_path / "worst.jpg"
    command = [*COMMAND, str(generated), "--json", "--sheet", str(sheet)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    form = json.loads(done.stdout)
    ours = form["readers"]["edgedigits"]
    assert (form["pages"], form["unread"]) == (2, 0)
    assert ours["errors"] == sum(ours["kinds"].values()) < form["digits"] / 2
    assert ours["median_ms"] > 0
    assert sum(size["read"] for size in ours["by_height"]) > form["digits"] / 2
    assert load_picture(sheet).size


def test_a_picture_that_cannot_be_read_is_named_and_all_its_digits_are_missed(tmp_path):
    save_picture(tmp_path / "a.png", drawn("12"))
    labelled(tmp_path, {"a.png": {"rows": ["12"]}, "b.png": {"rows": ["345"], "layout": "single"}})
    done = subprocess.run([*COMMAND, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "b.png" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "b.png: 3 missed" in done.stdout


@pytest.mark.parametrize(
    ("options", "status"), [(["nothing-here"], 1), ([".", "--peers", "nobody"], 2), ([".", "--sheet", "a.txt"], 2)]
)
def test_wrong_usage_is_told_without_a_traceback(tmp_path, options, status):
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == status
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
