"""What frames come from: a recording, a folder of pictures, a stream; cameras have a module of their own."""

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import cv2

from edgedigits.errors import PictureError, SourceError
from edgedigits.files.names import printable
from edgedigits.files.opening import open_regular
from edgedigits.imaging.picture_files import ENDINGS, load_picture
from edgedigits.live.addresses import Address, looks_like_address
from edgedigits.live.cameras import open_camera, open_picamera
from edgedigits.live.frame import CaptureSettings, Picture

Report = Callable[[str], None]

# What ffmpeg opens over a network.
STREAMS = ("http", "https", "rtsp", "rtsps", "rtmp", "tcp", "udp", "srt")
OPEN_TIMEOUT_MS = 8000
READ_TIMEOUT_MS = 5000
FOLDER_FPS = 30.0
CUT_OFF = 0.02  # a recording that lacks more than this share of its announced time, and a second, is cut off
# ffmpeg's own buffering is made for watching films; RTSP over UDP loses packets, and with them pictures, on any Wi-Fi.
OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"  # read by OpenCV whenever it opens something
LOW_DELAY = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay"
# What ffmpeg says about a broken stream is said by us, in one line.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class Source(Protocol):
    """Something that gives frames one after the other.

    Attributes:
        name: what messages call it.
        live: frames come whether anybody takes them or not, so only the newest counts, and an end is an outage.
        fps: frames per second, 0 where it is not known.
    """

    name: str
    live: bool
    fps: float

    def read(self) -> tuple[Picture, float] | None:
        """The next frame, uint8 BGR, and its time in seconds as in Frame; None when there is none any more."""

    def close(self) -> None:
        """Let go of the device or file."""


def open_source(spec: str, settings: CaptureSettings, report: Report) -> Source:
    """Open what a user names.

    Args:
        spec: a camera's index or /dev path, "picamera" or "picamera:INDEX", a video or picture file, a folder of
            pictures, or an http, rtsp or other address.
        settings: what to ask of it.
        report: takes a line about something that went wrong and is not the end.

    Raises:
        SourceError: if it cannot be opened; the message says why.
    """
    if re.fullmatch(r"\d{1,4}", spec):
        return open_camera(int(spec), settings, report)
    path = Path(spec)
    kind = _kind(path)
    if spec.startswith("/dev/") and kind not in (stat.S_IFREG, stat.S_IFDIR):  # there are those too, in /dev/shm
        return open_camera(spec, settings, report)
    if camera := re.fullmatch(r"picamera(?::(\d{1,4}))?", spec):
        return open_picamera(int(camera[1] or 0), settings)
    if "://" in spec or (not kind and looks_like_address(spec)):
        return _open_address(Address(spec), report)
    if kind == stat.S_IFDIR:
        return Folder(path, settings.fps or FOLDER_FPS, report)
    if path.suffix.lower() in ENDINGS and path.suffix.lower() != ".gif":
        load_picture(path)  # says what is wrong with it
        return Folder(path.parent, settings.fps or FOLDER_FPS, report, only=path.name)
    return Recording(path, report)


class Recording:
    """A video file, frame by frame."""

    live = False

    def __init__(self, path: Path, report: Report) -> None:
        self.name, self._report = printable(path), report
        try:
            with open_regular(path) as file:  # who opens a pipe waits until somebody writes into it
                empty = not file.read(1)
        except OSError as error:
            why = f"cannot be opened: {error.strerror}; name a video, a folder or a camera"
            raise SourceError(f"{self.name} {why}") from error
        capture = None if empty else _capture(str(path), cv2.CAP_FFMPEG) or _capture(str(path), cv2.CAP_ANY)
        video = _Video(capture) if capture is not None else None
        self._first = video.read() if video is not None else None  # one that broke off at once opens, and has none
        if video is None or self._first is None:
            why = "is empty" if empty else "is no video that OpenCV can read, or is damaged"
            raise SourceError(f"{self.name} {why}; convert it first, as with: ffmpeg -i {self.name} video.mp4")
        self._video, self.fps = video, video.fps

    def read(self) -> tuple[Picture, float] | None:
        """See Source.read."""
        found, self._first = self._first, None
        found = found or self._video.read()
        if found is None:
            self._video.report_end(self.name, self._report)
        return found

    def close(self) -> None:
        """See Source.close."""
        self._video.close()


class Stream:
    """What an address gives; a recording behind one is read like a file."""

    def __init__(self, address: Address, report: Report) -> None:
        self._report = report
        self.name = str(address)
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        with _low_delay():
            capture = _capture(address.reveal(), cv2.CAP_FFMPEG, limits)
        if capture is None:
            raise SourceError(f"{self.name} gives no video; check the address, the network and the camera's password")
        self._video = _Video(capture)
        self.live = capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 0
        self.fps = self._video.fps

    def read(self) -> tuple[Picture, float] | None:
        """See Source.read."""
        found = self._video.read()
        if found is None and not self.live:
            self._video.report_end(self.name, self._report)
        return (found[0], time.time()) if found and self.live else found

    def close(self) -> None:
        """See Source.close."""
        self._video.close()


@contextmanager
def _low_delay() -> Iterator[None]:
    """Ask ffmpeg for little delay in what is opened meanwhile, unless the user asks for something of their own.

    Only meanwhile: the same options cost a recording its first frame.
    """
    if OPTIONS in os.environ:
        yield
        return
    os.environ[OPTIONS] = LOW_DELAY
    try:
        yield
    finally:
        del os.environ[OPTIONS]


class Folder:
    """The pictures of a folder, in the order of their names, numbers in them by value.

    Pictures that are added behind the last one while the folder is read are read as well; what has vanished, or is no
    picture, is reported and left out.
    """

    live = False

    def __init__(self, path: Path, fps: float, report: Report, only: str | None = None) -> None:
        self.name, self.fps = printable(path / only if only else path), fps
        self._path, self._report, self._only = path, report, only
        self._waiting: list[tuple[_Key, str]] = []
        self._last: tuple[_Key, str] | None = None
        self._number = -1
        self._look()
        if not self._waiting:
            raise SourceError(f"{self.name} is a folder without pictures; name one that has some")

    def read(self) -> tuple[Picture, float] | None:
        """See Source.read."""
        while self._waiting or self._look():
            self._last = self._waiting.pop()
            self._number += 1
            try:
                return load_picture(self._path / self._last[1]), self._number / self.fps
            except PictureError as error:
                self._report(str(error))
        return None

    def close(self) -> None:
        """See Source.close."""

    def _look(self) -> bool:
        """Find the pictures that come after the last one; True where there are any."""
        try:
            names = [entry.name for entry in self._path.iterdir() if entry.suffix.lower() in ENDINGS]
        except OSError as error:
            self._report(f"{self.name} cannot be read any more: {error.strerror}")
            return False
        found = [(_natural(name), name) for name in names if self._only in (None, name)]
        self._waiting = sorted((key for key in found if self._last is None or key > self._last), reverse=True)
        return bool(self._waiting)


class _Video:
    """OpenCV's reader of a file or address, with the time of each frame."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        self.fps = fps if 0 < fps <= 1000 else 0.0
        self._announced = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._number = -1
        self._time = -1.0

    def read(self) -> tuple[Picture, float] | None:
        try:
            found, image = self._capture.read()
        except cv2.error:
            return None
        if not found or image is None:
            return None
        self._number += 1
        # Phones record at a varying rate, so the frame's own time is the truth; some containers have none.
        own = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        self._time = own if own > self._time else self._time + 1 / (self.fps or FOLDER_FPS)
        return image, self._time

    def report_end(self, name: str, report: Report) -> None:
        """Report where the recording `name` is cut off: by the clock, as some containers only guess their frames."""
        count = self._number + 1
        missing = self._announced / self.fps - self._time if self.fps else 0.0
        if count < self._announced and missing > max(1.0, CUT_OFF * self._announced / self.fps):
            report(f"{name} is cut off or damaged: it ends after {count} of {self._announced} frames")

    def close(self) -> None:
        self._capture.release()


_Key = list[tuple[int, str]]


def _natural(name: str) -> _Key:
    """Sorts frame2 before frame10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _kind(path: Path) -> int:
    """A file's type, as in stat.S_IFREG; 0 where there is none, or none that this account may know of."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (OSError, ValueError):
        return 0


def _open_address(address: Address, report: Report) -> Source:
    if address.scheme == "file":
        return Recording(Path(address.reveal()[len("file://") :]), report)
    if address.scheme not in STREAMS or "://" not in address.reveal():
        raise SourceError(f"{address} is no address that is read; use SCHEME://HOST/..., with {', '.join(STREAMS)}")
    return Stream(address, report)


def _capture(name: str, backend: int, limits: list[int] | None = None) -> Any:
    """An open cv2.VideoCapture, or None."""
    try:
        capture = cv2.VideoCapture(name, backend, limits or [])
    except cv2.error:
        return None
    return capture if capture.isOpened() else None
