"""Figures of how readers read labelled pictures, as the JSON that `edgedigits_bench.accuracy.photos` prints."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from edgedigits_bench.accuracy.page_errors import KINDS, PhotoResult
from edgedigits_data.calibration import calibration_error

# Heights of boxes in pixels, below which a digit falls into a class of size; the last class has the rest.
HEIGHTS = (16, 24, 32, 48, 64, 96, 128)


class HeightForm(TypedDict):
    """Digits read whose boxes are `least` pixels high or higher, up to the next class: how many, and how many wrong."""

    least: int
    read: int
    wrong: int


class DigitCounts(TypedDict):
    """How often a digit is there, was lost (missed or misread), and was read wrongly (false or misread)."""

    there: int
    lost: int
    wrong: int


class ReaderForm(TypedDict):
    """A reader's figures, as `--json` prints them.

    Attributes:
        errors: all of them.
        kinds: by kind.
        error_rate: errors for each digit there is; None where there are none.
        exact_pages: how many were read without an error.
        false_without: digits read on pictures that have none.
        calibration_error: expected calibration error; None where the reader tells no confidences or nothing was read.
        median_ms: of one read; None where no picture could be read.
        by_digit: for 0 to 9.
        by_height: for each class of `HEIGHTS`; empty where the reader tells no boxes.
    """

    errors: int
    kinds: dict[str, int]
    error_rate: float | None
    exact_pages: int
    false_without: int
    calibration_error: float | None
    median_ms: float | None
    by_digit: dict[str, DigitCounts]
    by_height: list[HeightForm]


class PictureForm(TypedDict):
    """One picture: its rows, and for each reader what it read, its errors by kind and how long it took."""

    source: str
    true: list[str]
    rows: dict[str, list[str]]
    kinds: dict[str, dict[str, int]]
    milliseconds: dict[str, float | None]


class PhotoForm(TypedDict):
    """What `--json` prints.

    Attributes:
        folder: the pictures'.
        pages: how many pictures have a label.
        unread: how many of them could not be read.
        digits: how many there are on them.
        readers: each one's figures, ours first.
        times_as_long: the ratio of each reader's median time to ours.
        pictures: one by one.
    """

    folder: str
    pages: int
    unread: int
    digits: int
    readers: dict[str, ReaderForm]
    times_as_long: dict[str, float]
    pictures: list[PictureForm]


def photo_form(
    folder: Path, results: Mapping[str, Sequence[PhotoResult]], figures: Mapping[str, ReaderForm]
) -> PhotoForm:
    """Everything measured, as JSON."""
    ours, first = next(iter(results.values())), next(iter(figures.values()))
    medians = {name: form["median_ms"] for name, form in figures.items()}
    pictures: list[PictureForm] = [
        {
            "source": one[0].name,
            "true": list(one[0].label.rows),
            "rows": {name: list(result.rows) for name, result in zip(results, one, strict=True)},
            "kinds": {name: dict(+result.errors.kinds) for name, result in zip(results, one, strict=True)},
            "milliseconds": {
                name: None if result.milliseconds is None else round(result.milliseconds, 2)
                for name, result in zip(results, one, strict=True)
            },
        }
        for one in zip(*results.values(), strict=True)
    ]
    return {
        "folder": str(folder),
        "pages": len(ours),
        "unread": sum(result.milliseconds is None for result in ours),
        "digits": sum(len("".join(result.label.rows)) for result in ours),
        "readers": dict(figures),
        "times_as_long": {
            name: round(median / first["median_ms"], 1)
            for name, median in medians.items()
            if median and first["median_ms"]
        },
        "pictures": pictures,
    }


def summarize(results: Sequence[PhotoResult]) -> ReaderForm:
    """One reader's figures over all pictures."""
    kinds, lost, wrong = Counter[str](), Counter[str](), Counter[str]()
    for result in results:
        kinds += result.errors.kinds
        lost += result.errors.lost
        wrong += result.errors.wrong
    there = Counter("".join(row for result in results for row in result.label.rows))
    judged = [
        (digit.confidence, digit.box.height, right)
        for result in results
        for digit, right in zip(result.digits, result.errors.right, strict=bool(result.digits))
        if right is not None
    ]
    confidence = np.array([confidence for confidence, _, _ in judged])
    heights = np.array([height for _, height, _ in judged])
    right = np.array([right for _, _, right in judged], bool)
    times = [result.milliseconds for result in results if result.milliseconds is not None]
    return {
        "errors": kinds.total(),
        "kinds": {kind: kinds[kind] for kind in KINDS},
        "error_rate": round(kinds.total() / there.total(), 4) if there else None,
        "exact_pages": sum(not result.errors.total for result in results),
        "false_without": sum(len("".join(result.rows)) for result in results if not result.label.rows),
        "calibration_error": round(calibration_error(confidence, right), 4) if judged else None,
        "median_ms": round(float(np.median(times)), 1) if times else None,
        "by_digit": {d: {"there": there[d], "lost": lost[d], "wrong": wrong[d]} for d in "0123456789"},
        "by_height": _by_height(heights, right) if judged else [],
    }


def _by_height(heights: NDArray[np.int_], right: NDArray[np.bool_]) -> list[HeightForm]:
    places = np.searchsorted(HEIGHTS, heights, side="right")
    return [
        {"least": least, "read": int((places == i).sum()), "wrong": int((~right[places == i]).sum())}
        for i, least in enumerate((0, *HEIGHTS))
    ]
