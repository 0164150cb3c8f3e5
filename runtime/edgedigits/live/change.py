"""Has anything on the frame changed? Reading is what takes time, and what has been read and lies still can wait."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Fields across a frame: each averages so many pixels that a sensor's noise is gone, and a pen's stroke still shows.
FIELDS = (64, 48)
# Grey levels by which a field must differ, beyond what all fields do, as in a lamp's flicker.
DIFFERENCE = 10


class Change:
    """Compares frames with one that is kept."""

    def __init__(self) -> None:
        self._kept: NDArray[np.int16] | None = None

    def keep(self, grey: NDArray[np.uint8]) -> None:
        """Compare with this frame, uint8 (height, width), from now on."""
        self._kept = _fields(grey)

    def seen(self, grey: NDArray[np.uint8]) -> bool:
        """Whether any part of a frame, uint8 (height, width), differs from the one that is kept."""
        if self._kept is None:
            return True
        difference = _fields(grey) - self._kept
        return bool(np.abs(difference - np.median(difference)).max() > DIFFERENCE)


def _fields(grey: NDArray[np.uint8]) -> NDArray[np.int16]:
    return np.asarray(cv2.resize(grey, FIELDS, interpolation=cv2.INTER_AREA), np.int16)
