"""From a box on a picture to the image a classifier takes: one digit's ink, without its neighbours and the paper."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.normalize import SIDE, center

# The box's longer side becomes this many pixels, with a margin around it to judge the paper by.
DIGIT = 40
MARGIN = 12
PATCH = DIGIT + 2 * MARGIN
# Wider than any stroke of a digit that is DIGIT pixels high, bold print's included: closing over it leaves the paper
# alone.
STROKE = 21
CLOSING = np.ones((STROKE, STROKE), np.uint8)
SMALL = np.ones((3, 3), np.uint8)
# Longer than a digit, and no thicker than THIN: a line of ruled paper or of a table.
LINE = np.ones((1, 50), np.uint8)
THIN = np.ones((9, 1), np.uint8)
# A line may rise or fall by so much along its way.
TILT = np.ones((3, 1), np.uint8)
PLACES = np.abs(np.arange(PATCH) - (PATCH / 2 - 0.5))
# Ink that reaches further than this beyond its box belongs to something else.
SLACK = 5


def cut(grey: NDArray[np.uint8], boxes: NDArray[np.float32], angle: float = 0.0) -> NDArray[np.uint8]:
    """Cut digits out of a picture.

    Args:
        grey: uint8 (height, width).
        boxes: (N, 4), each (x, y, width, height) in pixels; they may reach over the picture's edge.
        angle: degrees by which the picture is turned clockwise around each box's middle before it is cut.

    Returns:
        uint8 (N, 28, 28), 0 = paper, 255 = ink, each digit as MNIST's are: 20 pixels large, its mass in the middle.
    """
    images = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    for i, box in enumerate(boxes):
        patch, inner = _patch(grey, box, angle)
        images[i] = center(_own_ink(patch, inner))
    return images


def _patch(
    grey: NDArray[np.uint8], box: NDArray[np.float32], angle: float
) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """The box with a margin, uint8 (PATCH, PATCH), and half the width and height of the box in it."""
    x, y, width, height = (float(v) for v in box)
    scale = DIGIT / max(width, height, 1.0)
    if scale < 0.6:  # INTER_LINEAR would skip pixels of a large digit, and with them thin strokes
        reach = int(np.ceil(PATCH / scale * (0.75 if angle else 0.52))) + 2
        left, top = max(0, int(x + width / 2) - reach), max(0, int(y + height / 2) - reach)
        part = grey[top : int(y + height / 2) + reach, left : int(x + width / 2) + reach]
        if part.size:
            shrink = max(scale * 1.25, 1.0 / min(part.shape))
            grey = np.asarray(cv2.resize(part, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
            x, y, width, height = (x - left) * shrink, (y - top) * shrink, width * shrink, height * shrink
            scale /= shrink
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -angle, scale)
    turn[0, 2] += PATCH / 2 - 0.5 - (x + width / 2)
    turn[1, 2] += PATCH / 2 - 0.5 - (y + height / 2)
    patch = cv2.warpAffine(grey, turn, (PATCH, PATCH), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    quarter = round(angle / 90) % 2 == 1
    half = (height * scale / 2, width * scale / 2) if quarter else (width * scale / 2, height * scale / 2)
    return np.asarray(patch, np.uint8), half


def _own_ink(patch: NDArray[np.uint8], half: tuple[float, float]) -> NDArray[np.uint8]:
    """How much ink of the box's own digit is at each pixel, uint8 (PATCH, PATCH), 0 to 255."""
    inside = _window(half, 0)
    ink = _ink(patch, inside)
    level = _quantile(ink[inside], 0.96) if inside.any() else 0.0
    if level < 3:
        return np.zeros_like(patch)
    strong = (ink > 0.45 * level).astype(np.uint8)
    lines = _lines(strong) | _lines(np.ascontiguousarray(strong.T)).T
    strong[lines > 0] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strong, connectivity=8)
    within = np.bincount(labels[inside], minlength=count)
    area = stats[:, cv2.CC_STAT_AREA]
    own = (within >= 0.5 * area) & (area >= 6)
    own[0] = False
    if within[1:].size:  # the largest piece stays though most of it, as of a grid line it touches, is outside
        own[1 + int(within[1:].argmax())] = True
    mask = own[labels] & _window(half, SLACK)
    mask = (cv2.dilate(mask.astype(np.uint8), SMALL) > 0) & (lines == 0)
    floor = 0.2 * level
    clean = np.clip((ink - floor) * (255 / (0.85 * level - floor)), 0, 255) * mask
    return _thicken(np.asarray(clean, np.uint8))


def _lines(strong: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where lines run across a patch, 1 or 0, without what stands on them or crosses them."""
    tilted = cv2.dilate(strong, TILT)
    lines = cv2.morphologyEx(tilted, cv2.MORPH_OPEN, LINE, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    lines = cv2.bitwise_and(lines, strong)
    if cv2.countNonZero(lines):
        lines = cv2.subtract(lines, cv2.morphologyEx(strong, cv2.MORPH_OPEN, THIN))
    return np.asarray(lines, np.uint8)


def _ink(patch: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How much darker than the paper around it each pixel is; lighter, where the middle of the patch is so."""
    smooth = cv2.GaussianBlur(patch, (3, 3), 0)
    away = smooth[inside].astype(np.float32) - _quantile(smooth.ravel(), 0.5)
    if 1.5 * np.square(np.minimum(away, 0)).sum() >= np.square(np.maximum(away, 0)).sum():
        paper = cv2.blur(cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, CLOSING), (9, 9))
        return np.asarray(cv2.subtract(paper, smooth), np.float32)
    paper = cv2.blur(cv2.morphologyEx(smooth, cv2.MORPH_OPEN, CLOSING), (9, 9))
    return np.asarray(cv2.subtract(smooth, paper), np.float32)


def _quantile(values: NDArray[Any], share: float) -> float:
    """The value that `share` of them do not exceed; numpy's own takes ten times as long on so few."""
    at = int(share * (len(values) - 1))
    return float(np.partition(values, at)[at])


def _window(half: tuple[float, float], slack: float) -> NDArray[np.bool_]:
    """Which pixels of a patch are inside the box, or at most `slack` beside it."""
    return np.asarray((half[1] + slack >= PLACES)[:, None] & (half[0] + slack >= PLACES)[None])


def _thicken(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make a hairline as thick as a pen's stroke: MNIST's are a tenth of the digit's height or more."""
    stroke = ink > 96
    area = float(stroke.sum())
    if not area:
        return ink
    edge = float((stroke & ~(cv2.erode(stroke.astype(np.uint8), SMALL) > 0)).sum())
    if 2 * area / max(edge, 1.0) < 2.9:
        return np.asarray(cv2.dilate(ink, SMALL), np.uint8)
    return ink
