"""Reads the digits on a picture: finds them, names them, and puts them into rows."""

from pathlib import Path
from typing import Any

import cv2
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
from edgedigits.turn import QUARTERS, page_angle, turned, turned_back, upright

# The lowest score of the detector's that is looked at, and the lowest that both networks together must give a digit:
# about where synthetic pages of validation digits that have digits are read best (docs/reader.md).
FOUND_ABOVE = 0.2
SURE_ABOVE = 0.64
# How much the detector's own opinion about which digit it is counts beside the classifier's.
DETECTOR_VOTE = 0.5
# Ink with less than this share of the contrast that the boldest has is not on the page: it shows through, or is grain.
FAINT = 0.35


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
        size = (grey.shape[1], grey.shape[0])
        found = self._find(grey)
        if not len(found):
            return Page([], size)
        named = self.classifier.probabilities(cut(grey, found.boxes))
        angle = self._angle(grey, found, named)
        quarters = angle if angle in QUARTERS else 0
        if quarters:  # both networks know upright digits best
            grey = upright(grey, quarters)
            found = self._find(grey)
        if angle:
            named = self.classifier.probabilities(cut(grey, found.boxes, angle - quarters))
        probabilities = _vote(named, found.digits)
        kept = np.flatnonzero(_believable(found, probabilities))
        kept = kept[_dark(grey, found.boxes[kept])]
        return _page(turned_back(found.boxes[kept], quarters, size), probabilities[kept], angle, size, top)

    def _find(self, grey: NDArray[np.uint8]) -> Found:
        return join_evidence(find_digits(self.detector, grey, FOUND_ABOVE), find_pieces(grey))

    def _angle(self, grey: NDArray[np.uint8], found: Found, named: NDArray[np.float32]) -> int:
        """By how many degrees the picture must be turned, judged by what the detector is sure of."""
        sure = found.scores > 0.5
        if sure.sum() < 2:
            return 0
        best = np.argsort(-found.scores, kind="stable")[: sure.sum()]
        return page_angle(grey, found.boxes[best], self.classifier.probabilities, float(named[sure].max(axis=1).mean()))


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


def _dark(grey: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which boxes hold ink that is not far fainter than the page's boldest, as what shows through from behind is."""
    contrasts = np.array([_contrast(grey, box) for box in boxes])
    return contrasts >= FAINT * np.percentile(contrasts, 90) if len(boxes) else np.zeros(0, bool)


def _contrast(grey: NDArray[np.uint8], box: NDArray[np.float32]) -> float:
    """How far ink and paper in a box are apart, as a share of the lighter one, whatever the light there."""
    x, y, width, height = _pixels(box, (grey.shape[1], grey.shape[0]))
    dark, light = _percentiles(grey[y : y + height, x : x + width], (4, 96))
    return float(1 - dark / max(light, 1))


def _percentiles(grey: NDArray[np.uint8], percents: tuple[float, ...]) -> NDArray[np.float64]:
    """What np.percentile gives, from a histogram: it is asked for every digit, and that is four times as fast."""
    below = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().astype(np.int64).cumsum()
    place = np.array(percents) / 100 * (grey.size - 1)
    low, high = (np.searchsorted(below, at, "right") for at in (np.floor(place), np.ceil(place)))
    return np.asarray(low + (high - low) * (place - np.floor(place)), np.float64)


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
