"""How fast the live reader is, and the bar below the picture that says so."""

import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.label_layout import FONT
from edgedigits.live.reader import LiveFrame

WIDTH, HEIGHT = 640, 56  # the bar's size where the frame is 640 pixels wide


class Speed:
    """Frames per second, and how old a frame is once it has been read; both smoothed over about a second.

    Attributes:
        fps: frames read per second.
        latency: seconds from the camera to here.
    """

    def __init__(self) -> None:
        self.fps = 0.0
        self.latency = 0.0
        self._last: float | None = None

    def tick(self, live_frame: LiveFrame) -> None:
        """A frame has been read."""
        now = time.monotonic()
        if self._last is not None and now > self._last:
            passed = now - self._last
            weight = min(1.0, passed) if self.fps else 1.0
            self.fps += weight * (1 / passed - self.fps)
            self.latency += weight * (now - live_frame.frame.captured - self.latency)
        self._last = now

    def __str__(self) -> str:
        return f"{self.fps:.0f} fps   {1000 * self.latency:.0f} ms" if self.fps else "starting"


def with_bar(canvas: NDArray[np.uint8], reading: str, status: str, keys: str) -> NDArray[np.uint8]:
    """The picture, uint8 BGR, with a dark bar below: the reading large, below it how fast it is, and the keys."""
    unit = max(0.5, canvas.shape[1] / WIDTH)
    bar = np.full((round(HEIGHT * unit), canvas.shape[1], 3), 32, np.uint8)
    room = canvas.shape[1] - 20 * unit
    _write(bar, reading, (10, 25), min(0.8 * unit, 0.8 * unit * room / max(_width(reading, 0.8 * unit, 2), 1)), 2)
    _write(bar, status, (10, 48), 0.42 * unit, 1, (190, 220, 190))
    _write(bar, keys, (WIDTH - 10 - _width(keys, 0.42 * unit, 1) / unit, 48), 0.42 * unit, 1, (170, 170, 170))
    return np.vstack([canvas, bar])


def _write(
    bar: NDArray[np.uint8], text: str, at: tuple[float, float], scale: float, thickness: int, color: Any = (255,) * 3
) -> None:
    unit = max(0.5, bar.shape[1] / WIDTH)
    cv2.putText(bar, text, (round(at[0] * unit), round(at[1] * unit)), FONT, scale, color, thickness, cv2.LINE_AA)


def _width(text: str, scale: float, thickness: int) -> int:
    return int(cv2.getTextSize(text, FONT, scale, thickness)[0][0])
