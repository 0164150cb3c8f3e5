"""Reads the digits on a picture: finds them, names them, and puts them into rows."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle import Bundle
from edgedigits.classifier import DEFAULT_ARTIFACT, DigitClassifier
from edgedigits.contours import find_pieces
from edgedigits.cut import cut
from edgedigits.normalize import to_grey
from edgedigits.page import Digit, Page
from edgedigits.rows import reading_order

# What no digit is likelier than this for is not a digit.
REJECT_BELOW = 0.6


class DigitReader:
    """Reads pictures of any size; safe to use from several threads."""

    def __init__(
        self, bundle: str | Path | Bundle = "edge", *, artifact: str = DEFAULT_ARTIFACT, threads: int = 1
    ) -> None:
        """Load the classifier.

        Args:
            bundle: what names the digits: a bundle's folder, the name of a shipped one, or one that is loaded already.
            artifact: the file of the bundle to run.
            threads: CPU threads for one call.

        Raises:
            BundleError: if the bundle or the file in it is missing or damaged.
            EngineError: if the artifact's engine is not installed or refuses it.
        """
        self.classifier = DigitClassifier(bundle, artifact, threads)

    def read(self, picture: NDArray[Any], top: int = 3) -> Page:
        """Read a picture.

        Args:
            picture: uint8, any size, grey (height, width), BGR or BGRA.
            top: how many of the likeliest digits to report for each digit.

        Raises:
            PictureError: if it is not a picture.
        """
        grey = to_grey(picture)
        boxes = find_pieces(grey)
        probabilities = self.classifier.probabilities(cut(grey, boxes)) if len(boxes) else np.empty((0, 10), np.float32)
        kept = probabilities.max(axis=1, initial=0) >= max(REJECT_BELOW, self.classifier.bundle.reject_below)
        return _page(boxes[kept], probabilities[kept], (grey.shape[1], grey.shape[0]), top)


def _page(boxes: NDArray[np.float32], probabilities: NDArray[np.float32], size: tuple[int, int], top: int) -> Page:
    digits = []
    for row, indices in enumerate(reading_order(boxes)):
        for i in indices:
            x, y = np.floor(boxes[i, :2]).astype(int)
            right, bottom = np.ceil(boxes[i, :2] + boxes[i, 2:]).astype(int)
            order = np.argsort(-probabilities[i], kind="stable")[:top]
            likeliest = [(int(k), float(probabilities[i, k])) for k in order]
            box = (int(x), int(y), int(right - x), int(bottom - y))
            digits.append(Digit(*likeliest[0], box, row, likeliest))
    return Page(digits, size)
