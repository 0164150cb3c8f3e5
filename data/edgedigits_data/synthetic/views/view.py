"""What the generator hands out: a picture, and where its characters stand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class View:
    """A generated picture with the truth about it.

    Attributes:
        image: uint8 (height, width), grey; a view for training is square.
        boxes: float32 (N, 4), x, y, width, height of each character's *ink* in pixels; may reach beyond the picture.
        names: int16 (N,), places in CLASSES: 0..9 digits, 10..35 letters, from 36 signs.
        ignored: bool (N,), whether reading it or not is neither right nor wrong: it is cut by a border, illegible,
            half struck out, or on a clock's face.
    """

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    names: NDArray[np.int16]
    ignored: NDArray[np.bool_]


@dataclass(frozen=True)
class Page(View):
    """A whole generated page.

    Attributes:
        rows: the digits to be read, row for row in reading order.
        row_of: int16 (N,), each character's row in `rows`; -1 for what is not to be read.
        kind: which kind of page it is.
    """

    rows: tuple[str, ...]
    row_of: NDArray[np.int16]
    kind: str
