"""Tables with one image a line, as Kaggle's train.csv (the label, then 784 grey levels) and test.csv have them."""

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.user_sets.found import MOST_PIXELS, Part, reason

LABEL_NAMES = ("label", "labels", "class", "target", "digit", "y")
# A line of text has at least two characters a pixel.
MOST_BYTES = 4 * MOST_PIXELS


def read_csv(path: Path, pixels: int) -> list[Part]:
    """A table with or without a header, and with or without labels.

    Args:
        path: a .csv file, packed or not.
        pixels: how many numbers an image of the wanted form has.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES / 1e9:.0f} GB; give a part of it")
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
            first = next(csv.reader([file.readline()]), [])
        # A line with numbers in it is an image, though its label may be a name.
        header = [] if any(map(_is_number, first)) else [name.strip().lower() for name in first]
        place = _label_column(header, len(first), pixels, path)
        levels = np.loadtxt(
            path,
            np.float32,
            delimiter=",",
            skiprows=1 if header else 0,
            usecols=[i for i in range(len(first)) if i != place],
            ndmin=2,
        )
        labels = None if place is None else _labels(path, place, bool(header))
    except DataError:
        raise
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise DataError(
            f"{path} is no table of images ({reason(error)[:200]}); one line an image, numbers only"
        ) from error
    return [Part(path, levels, labels)]


def _label_column(header: list[str], columns: int, pixels: int, path: Path) -> int | None:
    named = [i for i, name in enumerate(header) if name in LABEL_NAMES]
    if named:
        return named[0]
    if columns == pixels:
        return None
    if columns == pixels + 1:
        return 0
    raise DataError(
        f"{path} has {columns} columns; an image of this form has {pixels}, and a label before them is one more"
    )


def _labels(path: Path, place: int, header: bool) -> NDArray[Any]:
    labels = np.loadtxt(path, str, delimiter=",", skiprows=1 if header else 0, usecols=[place], ndmin=1)
    return labels.astype(np.int64) if all(map(_is_whole, labels.tolist())) else labels


def _is_whole(text: str) -> bool:
    return text.strip().lstrip("-").isdigit()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
