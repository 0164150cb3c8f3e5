"""Reads the digits on a picture: finds them, names them, and puts them into rows."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle import Bundle
from edgedigits.classifier import DEFAULT_ARTIFACT, DigitClassifier
from edgedigits.contours import find_pieces
from edgedigits.cut import cut
from edgedigits.detector import Detector, Found
from edgedigits.evidence import join_evidence, one_in_a_place
from edgedigits.normalize import to_grey
from edgedigits.page import Digit, Page
from edgedigits.rows import reading_order
from edgedigits.scales import find_digits
from edgedigits.turn import page_angle, turned

# The lowest score of the detector's that is looked at, and the lowest that both networks together must give a digit:
# the one that makes fewest errors on synthetic pages of validation digits.
FOUND_ABOVE = 0.2
SURE_ABOVE = 0.66
# How much the detector's own opinion about which digit it is counts beside the classifier's.
DETECTOR_VOTE = 0.5


class DigitReader:
    """Reads pictures of any size; safe to use from several threads."""

    def __init__(
        self, bundle: str | Path | Bundle = "edge", *, artifact: str = DEFAULT_ARTIFACT, threads: int = 1
    ) -> None:
        """Load the classifier and the detector.

        Args:
            bundle: what names the digits: a bundle's folder, the name of a shipped one, or one that is loaded already.
            artifact: the file of the bundle to run.
            threads: CPU threads for one call.

        Raises:
            BundleError: if a bundle or the file in it is missing or damaged.
            EngineError: if an engine is not installed or refuses its file.
        """
        self.classifier = DigitClassifier(bundle, artifact, threads)
        self.detector = Detector(threads=threads)

    def read(self, picture: NDArray[Any], top: int = 3) -> Page:
        """Read a picture.

        Args:
            picture: uint8, any size, grey (height, width), BGR or BGRA.
            top: how many of the likeliest digits to report for each digit.

        Raises:
            PictureError: if it is not a picture.
        """
        grey = to_grey(picture)
        found = join_evidence(find_digits(self.detector, grey, FOUND_ABOVE), find_pieces(grey))
        size = (grey.shape[1], grey.shape[0])
        if not len(found):
            return Page([], size)
        named = self.classifier.probabilities(cut(grey, found.boxes))
        sure = found.scores > 0.5
        angle = 0
        if sure.sum() >= 2:
            best = np.argsort(-found.scores, kind="stable")
            sureness = float(named[sure].max(axis=1).mean())
            angle = page_angle(grey, found.boxes[best[: sure.sum()]], self.classifier.probabilities, sureness)
        if angle:
            named = self.classifier.probabilities(cut(grey, found.boxes, angle))
        probabilities = named if abs(angle) > 45 else _vote(named, found.digits)
        kept = _believable(found, probabilities)
        return _page(found.boxes[kept], probabilities[kept], angle, size, top)


def _vote(named: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """Both networks' probabilities, float32 (N, 10), in one: their weighted geometric mean."""
    votes = np.log(named + 1e-3) + DETECTOR_VOTE * np.log(seen + 1e-2)
    votes = np.exp(votes - votes.max(axis=1, keepdims=True))
    return np.asarray(votes / votes.sum(axis=1, keepdims=True), np.float32)


def _believable(found: Found, probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the found are digits: what the detector doubts must at least have a clear name, and ink counts once."""
    sureness = np.sqrt(found.scores * probabilities.max(axis=1))
    kept = np.asarray(sureness >= SURE_ABOVE, bool)
    kept[kept] = one_in_a_place(found.boxes[kept], sureness[kept])
    return kept


def _page(
    boxes: NDArray[np.float32], probabilities: NDArray[np.float32], angle: int, size: tuple[int, int], top: int
) -> Page:
    digits = []
    for row, indices in enumerate(reading_order(turned(boxes, angle))):
        for i in indices:
            order = np.argsort(-probabilities[i], kind="stable")[:top]
            likeliest = [(int(k), float(probabilities[i, k])) for k in order]
            digits.append(Digit(*likeliest[0], _pixels(boxes[i], size), row, likeliest))
    return Page(digits, size, angle)


def _pixels(box: NDArray[np.float32], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A box in whole pixels, inside the picture."""
    x, y = (int(v) for v in np.clip(np.floor(box[:2]), 0, np.array(size) - 1))
    right, bottom = (int(v) for v in np.clip(np.ceil(box[:2] + box[2:]), (x + 1, y + 1), size))
    return x, y, right - x, bottom - y
