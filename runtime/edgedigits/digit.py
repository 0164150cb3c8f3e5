"""One digit on a picture: its value, its box and its confidence."""

from dataclasses import dataclass
from typing import NamedTuple


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
