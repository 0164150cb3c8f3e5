"""Reads the digits on a picture: finds them, names them, and puts them into rows."""

from __future__ import annotations

from functools import partial
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle, load_bundle
from edgedigits.classifier import DEFAULT_ARTIFACT, DigitClassifier
from edgedigits.engines.locks import busy
from edgedigits.errors import UsageError
from edgedigits.imaging.normalization import to_grey
from edgedigits.page import Box, Digit, Page
from edgedigits.reading.belief import Evidence, believe
from edgedigits.reading.contours import find_pieces
from edgedigits.reading.cut import cut
from edgedigits.reading.detector import Detector, Found
from edgedigits.reading.detector_scales import find_digits
from edgedigits.reading.evidence import join_evidence, one_in_a_place
from edgedigits.reading.heatmap.options import ReaderOptions
from edgedigits.reading.heatmap.page_reader import PageReader, is_page_network
from edgedigits.reading.reading_order import reading_order
from edgedigits.reading.surroundings import Witness
from edgedigits.reading.turn import QUARTERS, page_angle, turned, turned_back, upright

if TYPE_CHECKING:
    from pathlib import Path

# The lowest score of the detector's that is looked at, and the lowest that the classifier is asked about: what is below
# speaks only for or against its neighbours.
FOUND_ABOVE, NAMED_ABOVE = 0.2, 0.3
# How believable a digit must be: where synthetic pages of validation digits are read best (docs/research/reader.md).
SURE_ABOVE = 0.78
# How much the others' opinion about which digit it is counts beside the classifier's.
DETECTOR_VOTE, WITNESS_VOTE = 0.5, 0.25
# A box shows its contrast by so many rows and columns of pixels.
SAMPLED = 24
# Ink with less than this share of the contrast that the boldest has is not on the page: it shows through, or is grain.
FAINT = 0.35


class DigitReader:
    """Reads pictures of any size; safe to use from several threads.

    And from forked processes: a fork waits for what other threads are reading. A program that forks while they read
    should have called `cv2.setNumThreads(1)`, though, since OpenCV's own threads do not survive a fork.
    """

    def __init__(
        self,
        bundle: str | Path | Bundle = "pages",
        *,
        artifact: str | None = None,
        threads: int = 1,
        options: ReaderOptions | None = None,
    ) -> None:
        """Load the networks.

        Args:
            bundle: what names the digits: a bundle's folder, the name of a shipped one, or one that is loaded already.
                "pages" is the network of "edge", trained on the digits of pages too. "reader" is one network that
                reads a page alone: better among words and signs, not yet on pages of digits only.
            artifact: the file of the bundle to run.
            threads: CPU threads for one call.
            options: how "reader" reads.

        Raises:
            BundleError: if a bundle or the file in it is missing or damaged.
            EngineError: if an engine is not installed or refuses its file.
            UsageError: if there are options for a bundle that has none.
        """
        self._threads = threads
        bundle = bundle if isinstance(bundle, Bundle) else load_bundle(bundle)
        self.page_reader: PageReader | None = None
        if is_page_network(bundle):
            self.page_reader = PageReader(bundle, artifact=artifact, threads=threads, options=options)
            return
        if options is not None:
            raise UsageError('only the one-network reader has options; load it as DigitReader("reader", options=...)')
        self.classifier = DigitClassifier(bundle, artifact or DEFAULT_ARTIFACT, threads)
        self.detector = Detector(threads=threads)
        self.witness = Witness(threads=threads)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, it is what it was made of; its networks are loaded again."""
        if self.page_reader is not None:
            made = self.page_reader
            kept = partial(type(self), artifact=made.artifact, threads=self._threads, options=made.options)
            return kept, (made.bundle,)
        again = partial(type(self), artifact=self.classifier.artifact, threads=self._threads)
        return again, (self.classifier.bundle,)

    def read(self, picture: NDArray[Any], top: int = 3) -> Page:
        """Read a picture.

        Args:
            picture: uint8, any size, grey (height, width), BGR or BGRA.
            top: how many of the likeliest digits to report for each digit.

        Raises:
            PictureError: if it is not a picture.
        """
        if self.page_reader is not None:
            return self.page_reader.read(picture, top)
        with busy:
            return self._read(to_grey(picture), top)

    def _read(self, grey: NDArray[np.uint8], top: int) -> Page:
        size = (grey.shape[1], grey.shape[0])
        found = self._find(grey)
        if not len(found):
            return Page([], size)
        named = self._name(grey, found)
        angle = self._angle(grey, found, named)
        quarters = angle if angle in QUARTERS else 0
        if quarters:  # both networks know upright digits best
            grey = upright(grey, quarters)
            found = self._find(grey)
        if angle:
            named = self._name(grey, found, angle - quarters)
        evidence = self._evidence(grey, found, named, angle - quarters)
        kept = np.flatnonzero(_believable(evidence))
        return _page(turned_back(found.boxes[kept], quarters, size), evidence.probabilities[kept], angle, size, top)

    def candidates(self, picture: NDArray[Any]) -> Evidence:
        """What might be digits on a picture that is the right way up, and all that `believe` judges them by."""
        grey = to_grey(picture)
        found = self._find(grey)
        return self._evidence(grey, found, self._name(grey, found), 0)

    def _evidence(self, grey: NDArray[np.uint8], found: Found, named: NDArray[np.float32], angle: float) -> Evidence:
        statement = self.witness.testify(grey, found.boxes, angle)
        probabilities = vote(named, found.digits, statement.digits)
        return Evidence(found, named, statement, probabilities, _contrasts(grey, found.boxes))

    def _name(self, grey: NDArray[np.uint8], found: Found, angle: float = 0.0) -> NDArray[np.float32]:
        """The classifier's probabilities, float32 (N, 10): which digit each is; all equal where it was not asked."""
        named = np.full((len(found), 10), 0.1, np.float32)
        asked = (found.scores >= NAMED_ABOVE) & found.seen
        if asked.any():
            named[asked] = self.classifier.probabilities(cut(grey, found.boxes[asked], angle))
        return named

    def _find(self, grey: NDArray[np.uint8]) -> Found:
        return join_evidence(find_digits(self.detector, grey, FOUND_ABOVE), find_pieces(grey))

    def _angle(self, grey: NDArray[np.uint8], found: Found, named: NDArray[np.float32]) -> int:
        """By how many degrees the picture must be turned, judged by what the detector is sure of."""
        sure = found.scores > 0.5
        if sure.sum() < 2:
            return 0
        best = np.argsort(-found.scores, kind="stable")[: sure.sum()]
        return page_angle(grey, found.boxes[best], self.classifier.probabilities, float(named[sure].max(axis=1).mean()))


def vote(named: NDArray[np.float32], seen: NDArray[np.float32], told: NDArray[np.float32]) -> NDArray[np.float32]:
    """The classifier's, the detector's and the witness's probabilities, float32 (N, 10), in one: a geometric mean."""
    logs = np.log(named + 1e-3) + DETECTOR_VOTE * np.log(seen + 1e-3) + WITNESS_VOTE * np.log(told + 1e-3)
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)


def _believable(evidence: Evidence) -> NDArray[np.bool_]:
    """Which of the found are digits: each piece of ink counts once, and what is far too faint does not count."""
    boxes, contrasts = evidence.found.boxes, evidence.contrasts
    if not len(boxes):
        return np.zeros(0, bool)
    belief = believe(evidence)
    kept = np.asarray(belief >= SURE_ABOVE, bool)
    names = evidence.probabilities.argmax(axis=1)
    kept[kept] = one_in_a_place(boxes[kept], names[kept], belief[kept])
    if kept.any():
        kept &= contrasts >= FAINT * np.percentile(contrasts[kept], 90)
    return kept


def _contrasts(grey: NDArray[np.uint8], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far ink and paper in each box are apart, as a share of the lighter one, whatever the light there."""
    # The same number of pixels of each box, however large it is: all of them are sorted at once.
    steps = (np.arange(SAMPLED, dtype=np.float32) + 0.5) / SAMPLED
    columns = np.clip(boxes[:, :1] + boxes[:, 2:3] * steps, 0, grey.shape[1] - 1).astype(np.intp)
    rows = np.clip(boxes[:, 1:2] + boxes[:, 3:] * steps, 0, grey.shape[0] - 1).astype(np.intp)
    levels = grey[rows[:, :, None], columns[:, None, :]].reshape(len(boxes), SAMPLED**2)
    dark, light = int(0.04 * SAMPLED**2), int(0.96 * SAMPLED**2)
    levels = np.partition(levels, (dark, light), axis=1)[:, [dark, light]].astype(np.float32)
    return np.asarray(1 - levels[:, 0] / np.maximum(levels[:, 1], 1), np.float32)


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


def _pixels(box: NDArray[np.float32], size: tuple[int, int]) -> Box:
    """A box in whole pixels, inside the picture."""
    left, top, width, height = (float(value) for value in box)
    x, y = min(max(floor(left), 0), size[0] - 1), min(max(floor(top), 0), size[1] - 1)
    right, bottom = min(max(ceil(left + width), x + 1), size[0]), min(max(ceil(top + height), y + 1), size[1])
    return Box(x, y, right - x, bottom - y)
