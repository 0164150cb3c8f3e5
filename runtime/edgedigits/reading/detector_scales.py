"""At which scales is a picture looked at? Chosen from the picture: once as a whole, closer where digits are small."""

import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.normalization import shrunk
from edgedigits.reading.detector import Detector, Found, overlaps

# The whole picture at these lengths of its longer side: the first finds digits up to a fifth of it, the second, at a
# sixteenth of the cost, those up to its full height.
SIDES = (448, 160)
# Digits smaller than this at the first scale are looked at again, closer, so that they become about CLOSER high.
SMALL, CLOSER = 16.0, 28.0
# No closer look covers more pixels than this: it bounds the time a picture can take.
MOST_PIXELS = 1_200_000
# Digits larger than this, in pixels of the finer of two scales, are the coarser one's to find; up to COMMON they are
# the finer one's, and between the two the surer one's.
LARGE, COMMON = 110.0, 60.0
SAME = 0.4  # boxes of two scales that overlap more than this are one digit


def find_digits(detector: Detector, grey: NDArray[np.uint8], least: float) -> Found:
    """Find digits of any size.

    Args:
        detector: what finds them at one scale.
        grey: uint8 (height, width).
        least: the lowest score to report.

    Returns:
        boxes in the pixels of `grey`.
    """
    found, scale = _look(detector, grey, SIDES[0], least)
    heights = found.boxes[:, 3] * scale
    if max(grey.shape) * scale > 1.5 * SIDES[1]:
        coarse, _ = _look(detector, grey, SIDES[1], least)
        found = merge(found, coarse, scale)
    if len(heights) >= 1 and scale < 1 and float(np.median(heights)) < SMALL:
        found = _look_closer(detector, grey, found, scale, min(1.0, scale * CLOSER / float(np.median(heights))), least)
    return found


def merge(fine: Found, coarse: Found, fine_scale: float) -> Found:
    """Join what two scales found, each within the sizes that it shows well.

    A digit that the fine scale shows well is the fine scale's alone: what the coarse one adds there is a guess. Of a
    digit too large for it the fine scale sees strokes, and takes them for ones and sevens.
    """
    fine = fine.take(fine.boxes[:, 2:].max(axis=1, initial=0) * fine_scale < 1.4 * LARGE)
    size = coarse.boxes[:, 2:].max(axis=1, initial=0) * fine_scale
    coarse = coarse.take(size > COMMON)
    if not len(fine) or not len(coarse):
        return coarse if not len(fine) else fine
    size = size[size > COMMON]
    rivals = (overlaps(coarse.boxes, fine.boxes) > SAME) | _inside(fine.boxes, coarse.boxes)
    rival = np.where(rivals, fine.scores[None], 0).max(axis=1)
    wins = coarse.scores + np.where(size > LARGE, 0.3, 0.0) > rival
    return fine.take(~rivals[wins].any(axis=0)).joined(coarse.take(wins))


def _look(detector: Detector, grey: NDArray[np.uint8], side: float, least: float) -> tuple[Found, float]:
    scale = min(1.0, side / max(grey.shape))
    found = detector.find(shrunk(grey, scale), least)
    return Found(found.boxes / np.float32(scale), found.scores, found.digits), scale


def _look_closer(
    detector: Detector, grey: NDArray[np.uint8], found: Found, seen_at: float, scale: float, least: float
) -> Found:
    """Look again at the part of the picture where digits were found."""
    margin = 3 * float(np.median(found.boxes[:, 3]))
    left, top = np.maximum(found.boxes[:, :2].min(axis=0) - margin, 0).astype(int)
    right, bottom = np.ceil((found.boxes[:, :2] + found.boxes[:, 2:]).max(axis=0) + margin).astype(int)
    part = grey[top:bottom, left:right]
    scale = min(scale, float(np.sqrt(MOST_PIXELS / part.size)))
    if scale < 1.25 * seen_at:
        return found
    closer = detector.find(shrunk(part, scale), least)
    boxes = closer.boxes / np.float32(scale) + np.array([left, top, 0, 0], np.float32)
    return merge(Found(boxes, closer.scores, closer.digits), found, scale)


def _inside(boxes: NDArray[np.float32], outer: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which boxes have their middle in which outer ones and are much smaller, bool (len(outer), len(boxes))."""
    middle = (boxes[:, :2] + boxes[:, 2:] / 2)[None]
    within = ((middle > outer[:, None, :2]) & (middle < outer[:, None, :2] + outer[:, None, 2:])).all(axis=-1)
    smaller = np.prod(boxes[:, 2:], axis=-1)[None] < 0.6 * np.prod(outer[:, 2:], axis=-1)[:, None]
    return np.asarray(within & smaller, bool)
