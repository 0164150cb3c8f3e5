"""Reads the digits on a picture with one network: heat maps at several scales, peaks, rows."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle, load_bundle
from edgedigits.engines.locks import busy
from edgedigits.errors import UsageError
from edgedigits.imaging.normalization import to_grey
from edgedigits.page import Box, Digit, Page
from edgedigits.reading.boxes import coverage, iou, non_maximum_suppression
from edgedigits.reading.decoding import Detections, other_peaks
from edgedigits.reading.network import PageNetwork
from edgedigits.reading.options import ReaderOptions
from edgedigits.reading.quarters import QUARTERS, turned, turned_back
from edgedigits.reading.reading_order import reading_order
from edgedigits.reading.scales import detections_of, read_scales

if TYPE_CHECKING:
    from pathlib import Path

    from edgedigits.reading.scales import Network

BUNDLE = "reader"
ARTIFACT = "int8.tflite"


def is_page_network(bundle: Bundle) -> bool:
    """Whether a bundle is that of a network that reads pages alone."""
    return "stride" in bundle.manifest.get("output", {})


class PageReader:
    """Reads pictures of any size; safe to use from several threads, and from forked processes."""

    def __init__(
        self,
        bundle: str | Path | Bundle = BUNDLE,
        *,
        artifact: str | None = None,
        threads: int = 1,
        options: ReaderOptions | None = None,
    ) -> None:
        """Load the network.

        Args:
            bundle: its bundle: a folder, a shipped one's name, or one that is loaded already.
            artifact: the .tflite file of the bundle to run; int8.tflite by default.
            threads: CPU threads for one call.
            options: how pages are read.

        Raises:
            BundleError: if the bundle or the file in it is missing or damaged.
            EngineError: if LiteRT is not installed.
            UsageError: if the file is not LiteRT's.
        """
        self.bundle = bundle if isinstance(bundle, Bundle) else load_bundle(bundle)
        self.artifact = artifact or ARTIFACT
        if not self.artifact.endswith(".tflite"):
            raise UsageError(
                f"{self.artifact} cannot read pages here; choose int8.tflite, float16.tflite or float32.tflite"
            )
        self.network: Network = PageNetwork(self.bundle.read(self.artifact), threads)
        self.options = options or ReaderOptions()
        scale, bias = self.bundle.manifest.get("calibration", (1.0, 0.0))
        self.calibration = float(scale), float(bias)

    def read(self, picture: NDArray[Any], top: int = 3) -> Page:
        """Read a picture.

        Args:
            picture: uint8, any size, grey (height, width), BGR or BGRA.
            top: how many of the likeliest digits to report for each digit.

        Raises:
            PictureError: if it is not a picture.
        """
        with busy:
            grey = to_grey(picture)
            size = (grey.shape[1], grey.shape[0])
            found = self.detections(grey)
            quarter, found, probabilities = self._best_quarter(grey)
            kept = probabilities.max(axis=1, initial=0) >= self.options.least_confidence
            boxes = turned_back(found.boxes[kept], quarter, size)
            return _page(found.boxes[kept], boxes, probabilities[kept], quarter, size, top)

    def detections(self, grey: NDArray[np.uint8]) -> Detections:
        """What might be digits on a picture, uint8 (height, width), that is the right way up, the surest first."""
        return suppressed(detections_of(read_scales(self.network, grey, self.options)), self.options)

    def probabilities(self, found: Detections) -> NDArray[np.float32]:
        """The probability of each digit, float32 (N, 10); the sum of a row is that of there being a digit at all.

        Logits are calibrated as Platt (1999) does it, with the numbers that the bundle's manifest has for its network.
        """
        scale, bias = self.calibration
        each = 1 / (1 + np.exp(-(scale * found.logits + bias)))
        # of several digits that are likely in one place only one stands there
        return np.asarray(each / np.maximum(each.sum(axis=1, keepdims=True), 1.0), np.float32)

    def _best_quarter(self, grey: NDArray[np.uint8]) -> tuple[int, Detections, NDArray[np.float32]]:
        """By how many degrees, clockwise, the picture must be turned to read best, and what is found then."""
        layers = read_scales(self.network, grey, self.options)
        found = suppressed(detections_of(layers), self.options)
        best = (0, found, self.probabilities(found))
        upright = self._digits(best[2])
        # A page that is turned shows characters, and hardly a digit among them.
        others = other_peaks(layers[0].output, 0.0)
        if not self.options.quarters or others < self.options.clear_digits or upright > others:
            return best
        most = max(upright + self.options.clear_digits, 2 * upright)
        for quarter in QUARTERS:
            found = self.detections(turned(grey, quarter))
            probabilities = self.probabilities(found)
            if (digits := self._digits(probabilities)) > most:
                best, most = (quarter, found, probabilities), digits
        return best

    def _digits(self, probabilities: NDArray[np.float32]) -> float:
        """How many digits are read, each as far as it is certain."""
        highest = probabilities.max(axis=1, initial=0)
        return float(highest[highest >= self.options.least_confidence].sum())


def suppressed(found: Detections, options: ReaderOptions) -> Detections:
    """One detection for each digit: non-maximum suppression over all digits and scales."""
    same = iou(found.boxes, found.boxes) >= options.same_iou
    same |= coverage(found.boxes, found.boxes) >= options.same_coverage
    return found.take(non_maximum_suppression(same, found.best))


def _page(
    upright_boxes: NDArray[np.float32],
    boxes: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    quarter: int,
    size: tuple[int, int],
    top: int,
) -> Page:
    digits = []
    for row, indices in enumerate(reading_order(upright_boxes)):
        for i in indices:
            order = np.argsort(-probabilities[i], kind="stable")[:top]
            likeliest = [(int(k), float(probabilities[i, k])) for k in order]
            digits.append(Digit(*likeliest[0], _pixels(boxes[i], size), row, likeliest))
    return Page(digits, size, quarter)


def _pixels(box: NDArray[np.float32], size: tuple[int, int]) -> Box:
    """A box in whole pixels, inside the picture."""
    left, top, width, height = (float(value) for value in box)
    x, y = min(max(floor(left), 0), size[0] - 1), min(max(floor(top), 0), size[1] - 1)
    right, bottom = min(max(ceil(left + width), x + 1), size[0]), min(max(ceil(top + height), y + 1), size[1])
    return Box(x, y, right - x, bottom - y)
