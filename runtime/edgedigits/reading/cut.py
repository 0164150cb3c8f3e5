"""From a box on a picture to the image a classifier takes: one digit's ink, without its neighbours and the paper."""

from collections.abc import Callable, Sequence
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.normalization import SIDE, center, shrunk

# The box's longer side becomes this many pixels, with a margin around it to judge the paper by.
DIGIT = 40
MARGIN = 12
PATCH = DIGIT + 2 * MARGIN
Patches = NDArray[np.uint8]  # (N, PATCH, PATCH)
Half = tuple[float, float]  # half the width and height of a box, in a patch
Window = tuple[slice, slice]  # the rows and columns of a patch that are the box
LEVELS = np.arange(256, dtype=np.float32)
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
# So many patches are worked on at once: OpenCV takes them for channels, and has no more than 128.
TOGETHER = 64
# Ink that reaches further than this beyond its box belongs to something else.
SLACK = 5


def cut(
    grey: NDArray[np.uint8], boxes: NDArray[np.float32], angle: float | NDArray[np.float32] = 0.0
) -> NDArray[np.uint8]:
    """Cut digits out of a picture.

    Args:
        grey: uint8 (height, width).
        boxes: (N, 4), each (x, y, width, height) in pixels; they may reach over the picture's edge.
        angle: degrees by which the picture is turned clockwise around each box's middle before it is cut; one for all,
            or float32 (N,).

    Returns:
        uint8 (N, 28, 28), 0 = paper, 255 = ink, each digit as MNIST's are: 20 pixels large, its mass in the middle.
    """
    images = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    angles = np.broadcast_to(angle, len(boxes))
    for first in range(0, len(boxes), TOGETHER):
        which = range(first, min(first + TOGETHER, len(boxes)))
        patches, halves = zip(*(patch_of(grey, boxes[i], float(angles[i])) for i in which), strict=True)
        for i, ink in enumerate(_own_ink(np.stack(patches), halves), first):
            images[i] = center(ink)
    return images


def patch_of(
    grey: NDArray[np.uint8], box: NDArray[np.float32], angle: float, digit: int = DIGIT, side: int = PATCH
) -> tuple[NDArray[np.uint8], Half]:
    """A box with a margin: uint8 (side, side), its longer side `digit` pixels, and half its width and height there."""
    x, y, width, height = (float(v) for v in box)
    scale = digit / max(width, height, 1.0)
    if scale < 0.6:  # INTER_LINEAR would skip pixels of a large digit, and with them thin strokes
        reach = int(np.ceil(side / scale * (0.75 if angle else 0.52))) + 2
        left, top = max(0, int(x + width / 2) - reach), max(0, int(y + height / 2) - reach)
        part = grey[top : int(y + height / 2) + reach, left : int(x + width / 2) + reach]
        if part.size:
            shrink = max(scale * 1.25, 1.0 / min(part.shape))
            grey = shrunk(part, shrink)
            down, across = grey.shape[0] / part.shape[0], grey.shape[1] / part.shape[1]
            x, y, width, height = (x - left) * across, (y - top) * down, width * across, height * down
            scale = digit / max(width, height, 1.0)
    turn = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -angle, scale)
    turn[0, 2] += side / 2 - 0.5 - (x + width / 2)
    turn[1, 2] += side / 2 - 0.5 - (y + height / 2)
    patch = cv2.warpAffine(grey, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    quarter = round(angle / 90) % 2 == 1
    half = (height * scale / 2, width * scale / 2) if quarter else (width * scale / 2, height * scale / 2)
    return np.asarray(patch, np.uint8), half


def _own_ink(patches: Patches, halves: Sequence[Half]) -> Patches:
    """How much ink of each box's own digit is at each pixel, 0 to 255."""
    inside = [_window(half, 0) for half in halves]
    ink = _ink(patches, inside)
    levels = np.array([_quantile(one[window], 0.96) for one, window in zip(ink, inside, strict=True)])
    ink[levels < 3] = 0
    levels = np.maximum(levels, 3)
    strong = (ink > (0.45 * levels[:, None, None]).astype(np.uint8)).view(np.uint8)
    lines = _lines(strong)
    strong[lines > 0] = 0
    own = _own_pieces(strong, inside)
    mask = np.zeros_like(strong)
    for i, half in enumerate(halves):
        near = _window(half, SLACK)
        mask[i][near] = own[i][near]
    mask = (_filtered(mask, _dilated) > lines).view(np.uint8)
    floor = 0.2 * levels[:, None]
    steepness = np.asarray(255 / (0.85 * levels[:, None] - floor), np.float32)
    clean = np.clip((LEVELS - floor.astype(np.float32)) * steepness, 0, 255).astype(np.uint8)
    return _thicken(np.stack([cv2.LUT(one, curve) for one, curve in zip(ink, clean, strict=True)]) * mask)


def _filtered(patches: Patches, work: Callable[[Patches], Patches]) -> Patches:
    """What OpenCV makes of each patch, all of them at once as the channels of one: several times as fast."""
    channels = cv2.transpose(patches.reshape(len(patches), -1)).reshape(PATCH, PATCH, -1)
    apart = cv2.transpose(work(np.asarray(channels, np.uint8)).reshape(PATCH * PATCH, -1))
    return np.asarray(apart, np.uint8).reshape(patches.shape)


def _smoothed(channels: Patches) -> Patches:
    return np.asarray(cv2.GaussianBlur(channels, (3, 3), 0), np.uint8)


def _paper(channels: Patches) -> Patches:
    # A border of equal pixels: OpenCV has no constant one for so many channels, and to a rectangle it is all the same.
    closed = cv2.morphologyEx(channels, cv2.MORPH_CLOSE, CLOSING, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.blur(closed, (9, 9)), np.uint8)


def _dilated(channels: Patches) -> Patches:
    return np.asarray(cv2.dilate(channels, SMALL, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _eroded(channels: Patches) -> Patches:
    return np.asarray(cv2.erode(channels, SMALL, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _ink(patches: Patches, inside: Sequence[Window]) -> Patches:
    """How much darker than the paper around it each pixel is; lighter, where the middle of the patch is so."""
    smooth = _filtered(patches, _smoothed)
    for one, window in zip(smooth, inside, strict=True):
        away = one[window].astype(np.float32) - _quantile(one, 0.5)
        if 1.5 * np.square(np.minimum(away, 0)).sum() < np.square(np.maximum(away, 0)).sum():
            one ^= 255
    return np.asarray(cv2.subtract(_filtered(smooth, _paper), smooth), np.uint8)


def _lines(strong: Patches) -> Patches:
    """Where lines run across patches of 1 and 0, without what stands on them or crosses them."""
    lines = np.zeros_like(strong)
    for turned in (False, True):
        flat = strong.swapaxes(1, 2) if turned else strong
        filled = flat.sum(axis=2, dtype=np.uint8)
        # A tilted line lies in three rows, which together have at least its pixels.
        able = (filled[:, :-2] + filled[:, 1:-1] + filled[:, 2:]).max(axis=1) >= LINE.size
        for i in np.flatnonzero(able):
            line = _level_lines(np.ascontiguousarray(flat[i]))
            lines[i] |= line.T if turned else line
    return lines


def _level_lines(strong: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where level lines run across one patch."""
    tilted = cv2.dilate(strong, TILT)
    lines = cv2.morphologyEx(tilted, cv2.MORPH_OPEN, LINE, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    lines = cv2.bitwise_and(lines, strong)
    if cv2.countNonZero(lines):
        lines = cv2.subtract(lines, cv2.morphologyEx(strong, cv2.MORPH_OPEN, THIN))
    return np.asarray(lines, np.uint8)


def _own_pieces(strong: Patches, inside: Sequence[Window]) -> Patches:
    """1 where connected ink belongs to the box, most of it being inside; each patch's largest piece always does."""
    apart = np.pad(strong, ((0, 0), (0, 1), (0, 0)))  # patches above each other, a row of paper between them
    count, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        apart.reshape(-1, PATCH), 8, cv2.CV_32S, cv2.CCL_GRANA
    )
    labels = labels.reshape(apart.shape)[:, :PATCH]
    seen = np.concatenate([one[window].ravel() for one, window in zip(labels, inside, strict=True)])
    within, area = np.bincount(seen, minlength=count), stats[:, cv2.CC_STAT_AREA]
    patch = np.asarray(stats[:, cv2.CC_STAT_TOP] // (PATCH + 1), np.int64)
    own = (within >= 0.5 * area) & (area >= 6)
    # The largest piece of a patch stays though most of it, as of a grid line it touches, is outside.
    own[_largest(within[1:], patch[1:]) + 1] = True
    own[0] = False
    return np.asarray(own.view(np.uint8)[labels], np.uint8)


def _largest(sizes: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The index of each group's largest; of equals the first."""
    order = np.lexsort((-np.arange(len(sizes)), sizes, groups))
    return np.asarray(order[np.diff(groups[order], append=-1) != 0], np.int64)


def _quantile(values: NDArray[np.uint8], share: float) -> int:
    """The value that `share` of them do not exceed, 0 of none; numpy's own takes ten times as long on so few."""
    at = int(share * (values.size - 1))
    return int(np.partition(values, at, axis=None)[at]) if values.size else 0


def _window(half: Half, slack: float) -> Window:
    """Which pixels of a patch are inside the box, or at most `slack` beside it."""
    across, down = (max(0, ceil(PATCH / 2 - 0.5 - side - slack)) for side in half)
    return slice(down, PATCH - down), slice(across, PATCH - across)


def _thicken(ink: Patches) -> Patches:
    """Make a hairline as thick as a pen's stroke: MNIST's are a tenth of the digit's height or more."""
    stroke = (ink > 96).view(np.uint8)
    area = np.count_nonzero(stroke, axis=(1, 2))
    edge = area - np.count_nonzero(_filtered(stroke, _eroded), axis=(1, 2))
    thin = (area > 0) & (2 * area < 2.9 * np.maximum(edge, 1))
    if thin.any():
        ink[thin] = _filtered(ink[thin], _dilated)
    return ink
