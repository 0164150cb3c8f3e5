"""What stands on labelled pictures: a folder's labels.json, or a NAME.txt beside each.

docs/reference/photo-labels.md describes both forms.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgedigits.errors import BenchError
from edgedigits.imaging.picture_files import find_pictures

FILE = "labels.json"
# Layouts whose rows are compared in reading order, and those whose order is a matter of taste.
ORDERED, COUNTED = ("rows", "column", "single"), ("scattered", "grid", "diagonal")


@dataclass(frozen=True)
class PhotoLabel:
    """The truth about one picture.

    Attributes:
        rows: its digits, row by row from top to bottom; none where it has no digits.
        layout: one of `ORDERED` or `COUNTED`.
        optional_digits: those of `rows` that may be left out, where digits are counted.
        printed: digits beside those of `rows` whose reading is neither right nor wrong, where digits are counted.
        groups: the cells of each row of a table, which may also be read cell by cell or column by column.
    """

    rows: tuple[str, ...]
    layout: str = "rows"
    optional_digits: str = ""
    printed: str = ""
    groups: tuple[tuple[str, ...], ...] = ()

    @property
    def readings(self) -> list[tuple[str, ...]]:
        """Rows that are right: as they stand, then the cells of `groups` row by row and column by column."""
        by_cell = tuple(cell for row in self.groups for cell in row)
        by_column = tuple(cell for column in zip(*self.groups, strict=False) for cell in column)
        return [self.rows, by_cell, by_column] if self.groups else [self.rows]


def load_labels(folder: Path) -> dict[str, PhotoLabel]:
    """The labels of a folder's pictures, by file name.

    Args:
        folder: holds labels.json or, where there is none, a text file of rows beside each picture.

    Raises:
        BenchError: if a label is missing or damaged.
        PictureError: if there is neither labels.json nor a picture.
    """
    if not folder.is_dir():
        raise BenchError(f"{folder} is no folder; name one with pictures and their labels")
    path = folder / FILE
    if path.exists():
        entries = _parsed(path)
        if not isinstance(entries, dict) or not entries:
            raise BenchError(f"{path} must be an object with a label for each picture")
        return {name: _label(entry, f"{path}, {name}") for name, entry in entries.items()}
    return {Path(name).name: _rows_beside(Path(name)) for name in find_pictures(str(folder))}


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} cannot be read: {error}") from error


def _rows_beside(picture: Path) -> PhotoLabel:
    path = picture.with_suffix(".txt")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise BenchError(f"{picture} has no label: write its rows into {path.name}, none if it has no digit") from error
    rows = ["".join(line.split()) for line in lines]
    return PhotoLabel(_digits([row for row in rows if row], f"{path}"))


def _label(entry: Any, where: str) -> PhotoLabel:
    if not isinstance(entry, dict) or "rows" not in entry:
        raise BenchError(f'{where}: must be an object with "rows"')
    layout = entry.get("layout", "rows")
    if layout not in ORDERED + COUNTED:
        raise BenchError(f"{where}: there is no layout {layout!r}; choose one of {', '.join(ORDERED + COUNTED)}")
    groups = entry.get("groups") or ()
    if not isinstance(groups, list | tuple):
        raise BenchError(f"{where}: groups must be a list of rows, each a list of cells")
    return PhotoLabel(
        _digits(entry["rows"], where),
        layout,
        "".join(_digits(entry.get("optional_digits") or (), where)),
        "".join(_digits(entry.get("printed") or (), where)),
        tuple(_digits(row, where) for row in groups),
    )


def _digits(rows: Any, where: str) -> tuple[str, ...]:
    """Rows as they should be: texts of the digits 0 to 9."""
    if not isinstance(rows, Iterable) or not all(
        isinstance(row, str) and set(row) <= set("0123456789") for row in rows
    ):
        raise BenchError(f'{where}: {rows!r} must be a list of texts of digits, as ["052", "218"]')
    return tuple(rows)
