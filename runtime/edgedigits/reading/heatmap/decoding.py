"""From the network's output to detections: peaks of heat maps and the boxes there."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.heatmap.page_network import BOX, BOX_GAIN, BOX_UNIT, DIGITS, OTHER, SMALL, STRIDE

# What a digit's logit loses for each unit by which that of a letter or sign in its place exceeds the floor.
RIVAL_WEIGHT, RIVAL_FLOOR = 0.2, -3.0


@dataclass(frozen=True, eq=False)  # arrays are not equal or unequal as one
class Detections:
    """What might be digits.

    Attributes:
        boxes: float32 (N, 4), x, y, width, height in pixels.
        logits: float32 (N, 10), of each digit.
    """

    boxes: NDArray[np.float32]
    logits: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def best(self) -> NDArray[np.float32]:
        """The highest of each detection's logits, float32 (N,)."""
        return np.asarray(self.logits.max(axis=1, initial=-np.inf), np.float32)

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Detections":
        """Some of them, by index or by mask."""
        return Detections(self.boxes[which], self.logits[which])


def no_detections() -> Detections:
    """None at all."""
    return Detections(np.zeros((0, 4), np.float32), np.zeros((0, 10), np.float32))


def join(parts: list[Detections]) -> Detections:
    """The detections of several outputs in one."""
    if not parts:
        return no_detections()
    return Detections(np.concatenate([p.boxes for p in parts]), np.concatenate([p.logits for p in parts]))


def decode(output: NDArray[np.float32], least: float) -> Detections:
    """Find the peaks of the digits' heat maps.

    Args:
        output: float32 (h, w, CHANNELS), see `edgedigits.reading.heatmap.page_network`.
        least: the lowest logit to report.

    Returns:
        detections in pixels of the network's input. A peak is a cell with a digit's logit that none of its eight
        neighbours exceeds, in any digit's heat map, and that no letter or sign exceeds there. Letters and signs that
        are nearly as likely there or in a neighbouring cell lower its logits.
    """
    best = np.ascontiguousarray(output[..., DIGITS].max(axis=2))
    peaks = (best >= cv2.dilate(best, np.ones((3, 3), np.uint8))) & (best >= least) & (best >= output[..., OTHER])
    rows, columns = np.nonzero(peaks)
    cells = output[rows, columns]
    rivals = cv2.dilate(np.ascontiguousarray(output[..., OTHER]), np.ones((3, 3), np.uint8))[rows, columns]
    logits = cells[:, DIGITS] - RIVAL_WEIGHT * np.maximum(rivals - RIVAL_FLOOR, 0)[:, None]
    values = cells[:, BOX] / BOX_GAIN
    middles = (np.column_stack([columns, rows]) + 0.5 + values[:, :2]) * STRIDE
    sizes = np.exp(np.clip(values[:, 2:], -3, 3)) * BOX_UNIT
    return Detections(np.column_stack([middles - sizes / 2, sizes]).astype(np.float32), logits.astype(np.float32))


def small_digits(output: NDArray[np.float32], least: float) -> NDArray[np.float32]:
    """Where digits stand that are too small to read.

    Args:
        output: float32 (h, w, CHANNELS).
        least: the lowest logit that counts.

    Returns:
        float32 (N, 2), x and y in pixels of the network's input.
    """
    rows, columns = np.nonzero(output[..., SMALL] >= least)
    return np.asarray((np.column_stack([columns, rows]) + 0.5) * STRIDE, np.float32)
