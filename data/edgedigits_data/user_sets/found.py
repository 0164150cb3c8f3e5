"""What the readers of user sets have in common: what they find, what is wrong with it, and their types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError

# A picture of any size, uint8 grey or BGR, to an image of the wanted form.
Prepare = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
# A picture's file to uint8 BGR (height, width, 3); raises an error of one line for what is no picture.
Decode = Callable[[Path], NDArray[np.uint8]]


class Pictures(NamedTuple):
    """How a picture's file becomes an image of the wanted form: decoded, then prepared."""

    decode: Decode
    prepare: Prepare


# An IDX header is a few bytes and may claim anything; nobody has a gigabyte of small images.
MOST_PIXELS = 1 << 30


class UnusableSetError(DataError):
    """A set that nothing can be learned or measured on; the user must give another one."""

    exit_status = 2


@dataclass(frozen=True)
class Part:
    """A part of a set as its file has it.

    Attributes:
        path: where it was read, for messages.
        images: an array of all images, or a list of images of the wanted form.
        labels: class numbers or names, (N,), one-hot rows (N, classes), or None where there are none.
        role: "all", or "train" or "test" where the set keeps them apart itself.
        prepared: whether the images have the wanted form already.
    """

    path: Path
    images: Any
    labels: NDArray[Any] | None
    role: str = "all"
    prepared: bool = False


class Problems:
    """Raises what is wrong, or collects it."""

    def __init__(self, skip: bool) -> None:
        self._skip = skip
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        """One thing that is wrong, in a sentence."""
        if not self._skip:
            raise DataError(f"{line}; correct it, or skip such things with --data-errors skip")
        self.lines.append(line)

    def count(self) -> str:
        """How many were skipped, in brackets."""
        return f" ({len(self.lines)} skipped)" if self.lines else ""


def reason(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
