"""What a reader found on a picture."""

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Digit:
    """One digit on a page.

    Attributes:
        digit: 0 to 9.
        confidence: the probability that it is this digit, 0 to 1.
        box: (x, y, width, height) in pixels of the picture, x and y from its top left corner.
        row: which of the page's rows it stands in.
        top: the likeliest digits with their probabilities, best first.
    """

    digit: int
    confidence: float
    box: tuple[int, int, int, int]
    row: int
    top: list[tuple[int, float]]


@dataclass(frozen=True)
class Page:
    """A picture that has been read.

    Attributes:
        digits: every digit, row by row, each row in reading order.
        size: (width, height) of the picture in pixels.
        turn: by how many degrees, clockwise, the picture must be turned for its digits to stand upright.
    """

    digits: list[Digit]
    size: tuple[int, int]
    turn: int = 0

    @property
    def rows(self) -> list[str]:
        """The digits of each row, as in ["052", "218"]."""
        return ["".join(str(digit.digit) for digit in row) for _, row in groupby(self.digits, lambda digit: digit.row)]

    @property
    def text(self) -> str:
        """The rows, joined by newlines."""
        return "\n".join(self.rows)
