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
from edgedigits.reading.heatmap.boxes import coverage, iou, non_maximum_suppression
from edgedigits.reading.heatmap.decoding import Detections
from edgedigits.reading.heatmap.network import PageNetwork
from edgedigits.reading.heatmap.options import ReaderOptions
from edgedigits.reading.heatmap.scales import detections_of, read_scales
from edgedigits.reading.reading_order import reading_order

if TYPE_CHECKING:
    from pathlib import Path

    from edgedigits.reading.heatmap.scales import Network

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
            found = self.detections(grey)
            probabilities = self.probabilities(found)
            kept = probabilities.max(axis=1, initial=0) >= self.options.least_confidence
            return _page(found.boxes[kept], probabilities[kept], size, top)

    def detections(self, grey: NDArray[np.uint8]) -> Detections:
        """What might be digits on a picture, uint8 (height, width), the surest first."""
        return suppressed(detections_of(read_scales(self.network, grey, self.options)), self.options)

    def probabilities(self, found: Detections) -> NDArray[np.float32]:
        """The probability of each digit, float32 (N, 10); the sum of a row is that of there being a digit at all.

        Logits are calibrated as Platt (1999) does it, with the numbers that the bundle's manifest has for its network.
        """
        scale, bias = self.calibration
        each = 1 / (1 + np.exp(-(scale * found.logits + bias)))
        # of several digits that are likely in one place only one stands there
        return np.asarray(each / np.maximum(each.sum(axis=1, keepdims=True), 1.0), np.float32)


def suppressed(found: Detections, options: ReaderOptions) -> Detections:
    """One detection for each digit: non-maximum suppression over all digits and scales."""
    same = iou(found.boxes, found.boxes) >= options.same_iou
    same |= coverage(found.boxes, found.boxes) >= options.same_coverage
    return found.take(non_maximum_suppression(same, found.best))


def _page(boxes: NDArray[np.float32], probabilities: NDArray[np.float32], size: tuple[int, int], top: int) -> Page:
    digits = []
    for row, indices in enumerate(reading_order(boxes)):
        for i in indices:
            order = np.argsort(-probabilities[i], kind="stable")[:top]
            likeliest = [(int(k), float(probabilities[i, k])) for k in order]
            digits.append(Digit(*likeliest[0], _pixels(boxes[i], size), row, likeliest))
    return Page(digits, size)


def _pixels(box: NDArray[np.float32], size: tuple[int, int]) -> Box:
    """A box in whole pixels, inside the picture."""
    left, top, width, height = (float(value) for value in box)
    x, y = min(max(floor(left), 0), size[0] - 1), min(max(floor(top), 0), size[1] - 1)
    right, bottom = min(max(ceil(left + width), x + 1), size[0]), min(max(ceil(top + height), y + 1), size[1])
    return Box(x, y, right - x, bottom - y)
