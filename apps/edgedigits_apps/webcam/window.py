"""The live reader's window: boxes, digits, how fast it is, and a few keys."""

import os
import subprocess
import sys
import time
from pathlib import Path

import cv2

from edgedigits.errors import EdgeDigitsError, WindowError
from edgedigits.imaging.picture_files import save_picture
from edgedigits.live.capture import Capture
from edgedigits.live.reader import LiveFrame
from edgedigits.live.regions import RegionFrames, RegionReader
from edgedigits.reading.reader import DigitReader
from edgedigits_apps.console import report_error, say
from edgedigits_apps.outputs import FreeNames
from edgedigits_apps.webcam.status import Speed, with_bar

TITLE = "edgedigits"
KEYS = "space pause   s save   m mirror   a artifact   q quit"
REMEDY = "use --headless for JSON Lines or --serve PORT for a page in a browser"
ESCAPE = 27


class Window:
    """A window; use it in a `with` statement."""

    def __init__(self, reader: DigitReader) -> None:
        """Open it.

        Raises:
            WindowError: if that is impossible here.
        """
        _check_display()
        network = reader.page_reader or reader.classifier
        self._bundle, self._artifact = network.bundle, network.artifact
        self._shown: LiveFrame | None = None
        self._speed = Speed()
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

    def show(self, frames: RegionFrames) -> None:
        """Draw a frame with what was read on it."""
        self._shown = frames.whole
        self._speed.tick(frames.whole)
        self._draw()

    def tend(self, live: RegionReader, capture: Capture) -> None:
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
        if self._shown is None:
            return
        reading = self._shown.reading
        canvas = self._shown.page.annotate(self._shown.image)
        text = " / ".join(reading.page.rows) if reading else "-"
        canvas = with_bar(canvas, text, f"{'paused' if self.paused else self._speed}   {self._artifact}", KEYS)
        cv2.imshow(TITLE, canvas)
        if not self._sized:
            cv2.resizeWindow(TITLE, canvas.shape[1], canvas.shape[0])
            cv2.waitKey(1)
            self._sized = True

    def _save(self) -> None:
        if self._shown is None:
            return
        stem = time.strftime("edgedigits-%Y%m%d-%H%M%S") + f"-{self._shown.frame.number}"
        name = FreeNames()(Path(), stem, ".png")
        try:
            save_picture(name, self._shown.page.annotate(self._shown.image))
            say(f"saved {name}")
        except EdgeDigitsError as error:
            report_error(error)

    def _switch(self, live: RegionReader) -> None:
        """Read with the bundle's next artifact; one whose engine is not installed is passed over."""
        names = self._bundle.artifacts
        start = names.index(self._artifact) + 1
        for name in names[start:] + names[:start]:
            try:
                live.reader = DigitReader(self._bundle, artifact=name)
            except EdgeDigitsError as error:
                report_error(error)
                continue
            self._artifact = name
            say(f"artifact {name}")
            return


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
