"""Sheets with handwritten digits and the clips a camera would take of them, for tests and the soak run."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.mnist import Split, load_mnist

Image = NDArray[np.uint8]
SIZE = (640, 480)


@cache
def digits() -> Split:
    """Handwriting that no model was trained on, and that is not the test set either."""
    return load_mnist("validation")


def sheet(rows: Sequence[str], seed: int = 0, size: tuple[int, int] = SIZE, height: int = 56) -> Image:
    """A sheet of paper, uint8 BGR, with rows of digits in its middle, each digit `height` pixels high."""
    rng = np.random.default_rng(seed)
    ink = np.zeros((size[1], size[0]), np.float32)
    for r, row in enumerate(rows):
        top = size[1] // 2 + round((r - (len(rows) - 1) / 2) * 1.8 * height) - height // 2
        for c, digit in enumerate(row):
            left = size[0] // 2 + round((c - (len(row) - 1) / 2) * 1.25 * height) - height // 2
            written = rng.choice(np.flatnonzero(digits().labels == int(digit)))
            side = round(28 * height / 20)
            cell = cv2.resize(digits().images[written], (side, side), interpolation=cv2.INTER_CUBIC)
            pad = (side - height) // 2
            region = ink[top - pad : top - pad + side, left - pad : left - pad + side]
            np.maximum(region, cell, out=region)
    shade = np.linspace(205, 235, size[0], dtype=np.float32)[None, :]
    grey = shade - ink / 255 * (shade - 45)
    return np.asarray(cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


def noisy(image: Image, seed: int, sigma: float = 6.0) -> Image:
    """The image as a sensor sees it, with noise of `sigma` grey levels, another one for each seed."""
    field = _noise(image.shape[:2])
    rng = np.random.default_rng(seed)
    rolled = np.roll(field, (int(rng.integers(image.shape[0])), int(rng.integers(image.shape[1]))), axis=(0, 1))
    noise = cv2.cvtColor(np.clip(rolled * sigma, -127, 127).astype(np.int8).view(np.uint8), cv2.COLOR_GRAY2BGR)
    return np.asarray(np.clip(image.astype(np.int16) + noise.view(np.int8), 0, 255), np.uint8)


@cache
def _noise(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """One field for all frames, shifted for each: drawing 300,000 normal numbers takes longer than reading a frame."""
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def shifted(image: Image, x: float, y: float, blur: int = 0) -> Image:
    """The sheet moved by (x, y) pixels, smeared over `blur` pixels along the way it moves."""
    if blur > 1:
        kernel = np.zeros((blur, blur), np.float32)
        angle = np.arctan2(y, x)
        middle, reach = (blur - 1) / 2, (blur - 1) / 2
        ends = [(round(middle + s * reach * np.cos(angle)), round(middle + s * reach * np.sin(angle))) for s in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        image = np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)
    move = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return np.asarray(cv2.warpAffine(image, move, SIZE, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def write_clip(path: Path, frames: Iterable[Image], fps: float = 30.0) -> Path:
    """A video file of the frames."""
    writer = None
    for frame in frames:
        if writer is None:
            code = cv2.VideoWriter.fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
            writer = cv2.VideoWriter(str(path), code, fps, (frame.shape[1], frame.shape[0]))
            assert writer.isOpened()
        writer.write(frame)
    assert writer is not None
    writer.release()
    return path
