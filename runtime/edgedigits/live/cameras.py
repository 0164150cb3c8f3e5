"""Cameras: those that OpenCV opens, and a Raspberry Pi's through picamera2."""

import importlib.util
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgedigits.errors import SourceError
from edgedigits.live.frame import CaptureSettings, Picture

# Above this many pixels USB cannot carry raw frames at full rate; cameras that know MJPEG are asked for it.
RAW_PIXELS = 640 * 480
# Seconds after which a camera module that gives nothing has failed.
SILENT = 5.0
# What Linux numbers its video devices with.
VIDEO_MAJOR = 81


class Camera:
    """A camera that OpenCV has opened; `live`, and every other attribute, as in sources.Source."""

    live = True

    def __init__(self, name: str, capture: Any) -> None:
        self.name = name
        self.fps = float(capture.get(cv2.CAP_PROP_FPS))
        self._capture = capture

    def read(self) -> tuple[Picture, float] | None:
        """See Source.read."""
        try:
            found, image = self._capture.read()
        except cv2.error:
            return None
        return (image, time.time()) if found and image is not None else None

    def close(self) -> None:
        """See Source.close."""
        self._capture.release()


class PiCamera:
    """A camera module on a Raspberry Pi's ribbon connector."""

    live = True

    def __init__(self, index: int, settings: CaptureSettings) -> None:
        # What libcamera has to say about a camera that cannot be used, it says in its exceptions too.
        os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")
        from picamera2 import Picamera2

        self.name = f"picamera {index}"
        self.fps = settings.fps or 30.0
        size = (settings.width or 640, settings.height or 480)
        self._camera = Picamera2(index)
        try:
            # What picamera2 calls RGB888 lies in memory as blue, green, red.
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": size, "format": "RGB888"}, controls={"FrameRate": self.fps}, buffer_count=4
                )
            )
            self._camera.start()
        except Exception:
            self.close()  # else it stays taken until this program ends
            raise

    def read(self) -> tuple[Picture, float] | None:
        """See Source.read."""
        # capture_array waits for ever by itself, also for a camera whose cable has come loose.
        taken = threading.Event()
        try:
            job = self._camera.capture_array("main", wait=False, signal_function=lambda _: taken.set())
            if taken.wait(SILENT):
                return np.asarray(job.get_result(), np.uint8), time.time()
        except RuntimeError:
            pass
        return None

    def close(self) -> None:
        """See Source.close."""
        with suppress(RuntimeError):  # from a camera that is gone
            self._camera.close()


def open_camera(which: int | str, settings: CaptureSettings, report: Callable[[str], None]) -> Camera | PiCamera:
    """Open a camera by its index or its /dev path.

    A Raspberry Pi's camera module has an index too, but gives OpenCV nothing; where picamera2 is installed it takes
    over.

    Raises:
        SourceError: if there is none, it is busy, or access to it is denied.
    """
    name = f"camera {which}" if isinstance(which, int) else which
    device = Path(f"/dev/video{which}") if isinstance(which, int) else Path(which)
    index = which
    if isinstance(which, str) and (number := re.fullmatch(r"/dev/video(\d+)", os.path.realpath(device))):
        index = int(number[1])  # the links in /dev/v4l keep a camera's name over unplugging; OpenCV wants its index
    backend = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
    try:
        capture = cv2.VideoCapture(index, backend)
        if capture.isOpened():
            _configure(capture, settings)
            # A camera that another program uses can be opened, but not read.
            if capture.read()[0]:
                return Camera(name, capture)
        capture.release()
    except cv2.error:
        pass
    if isinstance(which, int) and importlib.util.find_spec("picamera2"):
        report(f"{name} gives OpenCV no frames; trying picamera2")
        return open_picamera(which, settings)
    raise SourceError(f"{name} {why_not(device)}")


def open_picamera(index: int, settings: CaptureSettings) -> PiCamera:
    """Open a Raspberry Pi's camera module.

    Raises:
        SourceError: if picamera2 is missing, or finds no such camera.
    """
    try:
        return PiCamera(index, settings)
    except ImportError as error:
        remedy = "sudo apt install python3-picamera2, in a virtual environment made with --system-site-packages"
        raise SourceError(f"picamera {index} needs picamera2, which is not installed; install it: {remedy}") from error
    except (RuntimeError, IndexError) as error:
        reason = " ".join(str(error).split())
        remedy = "check its ribbon cable, and what rpicam-hello --list-cameras says"
        raise SourceError(f"picamera {index} cannot be opened ({reason}); {remedy}") from error


def _configure(capture: Any, settings: CaptureSettings) -> None:
    """Ask for what was named; a camera takes what it can, and nothing else is an error."""
    if settings.width * settings.height > RAW_PIXELS:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    wishes = {
        cv2.CAP_PROP_FRAME_WIDTH: settings.width,
        cv2.CAP_PROP_FRAME_HEIGHT: settings.height,
        cv2.CAP_PROP_FPS: settings.fps,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }
    for wish, value in wishes.items():
        if value:
            capture.set(wish, value)


def why_not(device: Path) -> str:
    """Why a camera that exists, or should, gives no frames; to be read after its name."""
    if sys.platform != "linux":
        return "cannot be opened; check that it is connected, and that this program may use it"
    try:
        status = device.stat()
    except PermissionError:
        return "is in a folder that this account may not look into; let it, or name another source"
    except OSError:
        found = sorted(str(path) for path in Path("/dev").glob("video*"))
        return f"does not exist; {'there is ' + ', '.join(found) if found else 'no camera is connected'}"
    if not stat.S_ISCHR(status.st_mode) or os.major(status.st_rdev) != VIDEO_MAJOR:
        return "is not a camera; name one such as /dev/video0, or its index"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"may not be used by this account; let it, and log in again: sudo usermod -aG {device.group()} $USER"
    if users := _users(device):
        return f"is busy: {', '.join(users[:3])} uses it; close that first"
    return "gives no frames that OpenCV can read; try another index (v4l2-ctl --list-devices), or --source picamera"


def _users(device: Path) -> list[str]:
    """The other programs that have a device open, as "name (pid)"; only those that this account may look into."""
    target, found = os.path.realpath(device), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and any(
                os.path.realpath(handle) == target for handle in (process / "fd").iterdir()
            ):
                found.append(f"{(process / 'comm').read_text().strip()} ({process.name})")
        except OSError:
            continue
    return found
