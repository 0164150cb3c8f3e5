"""What was read on a picture, as rows of digits, JSON, CSV or an annotated picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, NotRequired, TypedDict

from edgedigits.errors import PictureError
from edgedigits.files.names import csv_cell

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CSV_COLUMNS = ("source", "row", "digit", "confidence", "x", "y", "width", "height")


class Box(NamedTuple):
    """A rectangle in whole pixels; x and y count from the picture's top left corner.

    Example:
        >>> box = Box(x=10, y=20, width=30, height=40)
        >>> box.right, box.bottom
        (40, 60)
    """

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.y + self.height


@dataclass(frozen=True)
class Digit:
    """One digit on a page.

    Attributes:
        digit: 0 to 9.
        confidence: the probability that it is this digit, 0 to 1.
        box: where it is, in pixels of the picture.
        row: which of the page's rows it stands in.
        top: the likeliest digits with their probabilities, best first.
    """

    digit: int
    confidence: float
    box: Box
    row: int
    top: list[tuple[int, float]]


class DigitForm(TypedDict):
    """A digit's JSON form.

    Attributes:
        digit: 0 to 9.
        confidence: the probability that it is this digit, 0 to 1.
        box: x, y, width and height in pixels of the picture.
        row: which of the page's rows it stands in, from 0.
        top: the likeliest digits with their probabilities, best first.
    """

    digit: int
    confidence: float
    box: list[int]
    row: int
    top: list[tuple[int, float]]


class PageForm(TypedDict):
    """A page's JSON form: what `edgedigits read --json` prints.

    Attributes:
        source: the picture's name; left out where it has none.
        size: its width and height in pixels.
        rows: the digits of each row.
        text: the rows, joined by newlines.
        digits: every digit, row by row, each row in reading order.
        milliseconds: how long reading took, without decoding the file; left out where the time was not taken.
    """

    source: NotRequired[str]
    size: list[int]
    rows: list[str]
    text: str
    digits: list[DigitForm]
    milliseconds: NotRequired[float]


class UnreadableForm(TypedDict):
    """What `edgedigits read --json` prints in place of a page for a picture that could not be read.

    Attributes:
        source: the picture's name.
        error: why, in one line.
    """

    source: str
    error: str


@dataclass(frozen=True)
class Page:
    """A picture that has been read.

    Attributes:
        digits: every digit, row by row, each row in reading order.
        size: (width, height) of the picture in pixels.
        turn: by how many degrees, clockwise, the picture must be turned for its digits to stand upright.
        source: the picture's name, where it has one.
        milliseconds: how long reading took, where that was measured; decoding the file is not counted.
        picture: uint8, grey or BGR: what was read, where it was kept, as `edgedigits.read` does.

    Example:
        >>> page = edgedigits.read("photo.jpg")
        >>> page.rows
        ['3705', '218']
        >>> print(page.text)
        3705
        218
    """

    digits: list[Digit]
    size: tuple[int, int]
    turn: int = 0
    source: str | None = field(default=None, compare=False)
    milliseconds: float | None = field(default=None, compare=False)
    picture: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)

    @property
    def rows(self) -> list[str]:
        """The digits of each row, as in ["052", "218"]."""
        return ["".join(str(digit.digit) for digit in row) for _, row in groupby(self.digits, lambda digit: digit.row)]

    @property
    def text(self) -> str:
        """The rows, joined by newlines."""
        return "\n".join(self.rows)

    @property
    def rotation(self) -> int:
        """By how many degrees, clockwise, the picture must be turned for its digits to stand upright."""
        return self.turn

    def to_dict(self) -> PageForm:
        """The page's JSON form as a dictionary; confidences have four decimals."""
        form: PageForm = {
            "size": list(self.size),
            "rows": self.rows,
            "text": self.text,
            "digits": [_digit_form(digit) for digit in self.digits],
        }
        if self.milliseconds is not None:
            form["milliseconds"] = round(self.milliseconds, 1)
        return form if self.source is None else {"source": self.source, **form}

    def to_json(self) -> str:
        """The page's JSON form on one line, as `edgedigits read --json` prints it."""
        import json

        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_csv(self, header: bool = True) -> str:
        """One line for each digit, with the columns of `CSV_COLUMNS`; lines end as RFC 4180 has them.

        Args:
            header: whether the first line names the columns.
        """
        import csv
        import io

        lines = io.StringIO()
        writer = csv.writer(lines)
        if header:
            writer.writerow(CSV_COLUMNS)
        source = csv_cell(self.source or "")
        for digit in self.digits:
            writer.writerow([source, digit.row, digit.digit, round(digit.confidence, 4), *digit.box])
        return lines.getvalue()

    def annotate(self, picture: NDArray[Any] | None = None) -> NDArray[np.uint8]:
        """A copy of the picture, uint8 BGR (height, width, 3), with a box and a label for each digit.

        Args:
            picture: uint8, grey, BGR or BGRA: what was read; not needed where the page kept it.

        Raises:
            PictureError: if there is no picture.
        """
        from edgedigits.imaging.annotation import draw_digits

        picture = self.picture if picture is None else picture
        if picture is None:
            raise PictureError("this page did not keep its picture; hand it in: page.annotate(picture)")
        return draw_digits(picture, self.digits)

    def save(self, path: str | Path, picture: NDArray[Any] | None = None) -> None:
        """Write the page to a file: .json, .csv, .txt (the rows), or an annotated picture by its ending (.jpg, .png).

        Args:
            path: where to; a file that is there is replaced.
            picture: what was read, as for `annotate`.

        Raises:
            PictureError: if there is no picture to annotate, the ending is unknown, or the disk refuses.
        """
        from pathlib import Path

        path = Path(path)
        ending = path.suffix.lower()
        if ending == ".json":
            content = self.to_json() + "\n"
        elif ending == ".csv":
            content = self.to_csv()
        elif ending == ".txt":
            content = self.text + "\n"
        else:
            from edgedigits.imaging.picture_files import save_picture

            save_picture(path, self.annotate(picture))
            return
        from edgedigits.files.atomic import write_whole

        try:
            write_whole(path, content.encode())
        except OSError as error:
            raise PictureError(f"{path} cannot be written: {error.strerror}") from error

    def _repr_png_(self) -> bytes | None:
        """The annotated picture, for notebooks; None where the page did not keep its picture."""
        if self.picture is None:
            return None
        import cv2

        return bytes(cv2.imencode(".png", self.annotate())[1].tobytes())


def annotate(picture: NDArray[Any], page: Page) -> NDArray[np.uint8]:
    """A copy of the picture with a box and a label for each digit; the same as `page.annotate(picture)`."""
    return page.annotate(picture)


def _digit_form(digit: Digit) -> DigitForm:
    return {
        "digit": digit.digit,
        "confidence": round(digit.confidence, 4),
        "box": list(digit.box),
        "row": digit.row,
        "top": [(label, round(probability, 4)) for label, probability in digit.top],
    }
