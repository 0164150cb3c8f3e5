"""The live reader's window: boxes, digits, how fast it is, and a few keys."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.annotate import FONT, annotate
from edgedigits.errors import EdgeDigitsError
from edgedigits.pictures import save_picture
from edgedigits.reader import DigitReader
from edgedigits_apps.console import complain, say

if TYPE_CHECKING:
    from edgedigits.live.capture import Capture
    from edgedigits.live.reader import LiveReader, Moment

TITLE = "edgedigits"
KEYS = "space pause   s save   m mirror   a artifact   q quit"
REMEDY = "use --headless for JSON Lines or --serve PORT for a page in a browser"
ESCAPE = 27


class WindowError(EdgeDigitsError):
    """There is no display, or OpenCV was built without windows."""


class Window:
    """A window; use it in a `with` statement."""

    def __init__(self, reader: DigitReader) -> None:
        """Open it.

        Raises:
            WindowError: if that is impossible here.
        """
        _check_display()
        self._bundle, self._artifact = reader.classifier.bundle, reader.classifier.artifact
        self._moment: Moment | None = None
        self._rate = Rate()
        self._latency = 0.0
        self.paused = False
        try:
            cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        except cv2.error as error:
            remedy = f"pip uninstall opencv-python-headless && pip install opencv-python, or {REMEDY}"
            raise WindowError(f"this OpenCV was built without windows: {remedy}") from error
        self._sized = False

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_: object) -> None:
        cv2.destroyAllWindows()

    def show(self, moment: "Moment | None") -> None:
        """Draw a frame with what was read on it."""
        if moment is None:
            return
        self._moment = moment
        self._rate.tick()
        self._latency = time.monotonic() - moment.frame.captured
        self._draw()

    def tend(self, live: "LiveReader", capture: "Capture") -> None:
        """Do what keys ask for; returns once the window is not paused, or closed."""
        while True:
            key = cv2.waitKey(30 if self.paused else 1) & 0xFF
            if key in (ord("q"), ESCAPE) or (self._sized and not _is_open()):
                capture.stop()
                return
            if key == ord(" "):
                self.paused = not self.paused
                self._draw()
            elif key == ord("s"):
                self._save()
            elif key == ord("m"):
                capture.mirror = not capture.mirror
            elif key == ord("a"):
                self._switch(live)
            if not self.paused or capture.stopped:
                return

    def _draw(self) -> None:
        if self._moment is None:
            return
        reading = self._moment.reading
        canvas = annotate(self._moment.frame.image, self._moment.page)
        status = "paused" if self.paused else f"{self._rate.per_second:.0f} fps  {1000 * self._latency:.0f} ms"
        rows = reading.page.rows if reading else []
        canvas = with_captions(canvas, " / ".join(rows), f"{status}  {self._artifact}", KEYS)
        cv2.imshow(TITLE, canvas)
        if not self._sized:
            cv2.resizeWindow(TITLE, canvas.shape[1], canvas.shape[0])
            cv2.waitKey(1)
            self._sized = True

    def _save(self) -> None:
        if self._moment is None:
            return
        name = time.strftime("edgedigits-%Y%m%d-%H%M%S") + f"-{self._moment.frame.number}.png"
        try:
            save_picture(Path(name), annotate(self._moment.frame.image, self._moment.page))
            say(f"saved {name}")
        except EdgeDigitsError as error:
            complain(error)

    def _switch(self, live: "LiveReader") -> None:
        """Read with the bundle's next artifact; one whose engine is not installed is passed over."""
        names = self._bundle.artifacts
        start = names.index(self._artifact) + 1
        for name in names[start:] + names[:start]:
            try:
                live.reader = DigitReader(self._bundle, artifact=name)
            except EdgeDigitsError as error:
                complain(error)
                continue
            self._artifact = name
            say(f"artifact {name}")
            return


class Rate:
    """How often something happens, over the last second or so."""

    def __init__(self) -> None:
        self._last: float | None = None
        self.per_second = 0.0

    def tick(self) -> None:
        """It happened."""
        now = time.monotonic()
        if self._last is not None and now > self._last:
            rate = 1 / (now - self._last)
            self.per_second += (rate - self.per_second) * min(1.0, 2 / max(rate, 2.0) if self.per_second else 1.0)
        self._last = now


def with_captions(canvas: NDArray[np.uint8], reading: str, status: str, keys: str = "") -> NDArray[np.uint8]:
    """The picture with a dark bar below it: the reading large, how fast it is, and the keys small."""
    width = canvas.shape[1]
    unit = max(0.5, width / 640)
    bar = np.full((round(56 * unit), width, 3), 32, np.uint8)
    _write(bar, reading or "-", (10, 26), 0.8 * unit, (255, 255, 255), 2)
    _write(bar, status, (10, 48), 0.42 * unit, (190, 220, 190), 1)
    if keys:
        size = cv2.getTextSize(keys, FONT, 0.42 * unit, 1)[0][0]
        _write(bar, keys, ((width - size) / unit - 10, 48), 0.42 * unit, (170, 170, 170), 1)
    return np.vstack([canvas, bar])


def _write(bar: NDArray[Any], text: str, at: tuple[float, float], scale: float, color: Any, thickness: int) -> None:
    unit = max(0.5, bar.shape[1] / 640)
    cv2.putText(bar, text, (round(at[0] * unit), round(at[1] * unit)), FONT, scale, color, thickness, cv2.LINE_AA)


def _is_open() -> bool:
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error:
        return False


def _check_display() -> None:
    """Qt ends the whole program where it finds no display, so another process tries first."""
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("XDG_SESSION_TYPE") == "wayland":  # OpenCV's Qt speaks X only; the desktop has XWayland for it
        os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
    os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")
    if not os.environ.get("DISPLAY"):
        raise WindowError(f"there is no display (DISPLAY is not set): {REMEDY}")
    trial = "import cv2\ntry:\n    cv2.namedWindow('edgedigits')\nexcept cv2.error:\n    pass"
    if subprocess.run([sys.executable, "-c", trial], capture_output=True, check=False).returncode:  # noqa: S603
        raise WindowError(f"the display {os.environ['DISPLAY']} cannot be opened: {REMEDY}")
