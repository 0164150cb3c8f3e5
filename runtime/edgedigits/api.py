"""The short way to read: a picture in one call, a camera in one loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgedigits.errors import PictureError
from edgedigits.imaging.decoding import decode_picture
from edgedigits.imaging.picture_files import load_picture
from edgedigits.live.capture import Capture
from edgedigits.live.frame import CaptureSettings
from edgedigits.live.reader import LiveFrame, LiveReader
from edgedigits.reading.reader import DigitReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgedigits.page import Page


@cache
def _default_reader() -> DigitReader:
    return DigitReader()


def read(source: str | Path | bytes | NDArray[np.uint8], *, reader: DigitReader | None = None) -> Page:
    """Read the digits on a picture.

    Args:
        source: a file's path, a file's content, or a picture: uint8, any size, grey (height, width), BGR or BGRA.
        reader: what reads it; by default one with the standard options, which is loaded once and kept.

    Returns:
        What was read. The page keeps the picture, so that `page.annotate()` and `page.save("out.jpg")` work.

    Raises:
        PictureError: if the file is missing, damaged, too large or not a picture.

    Example:
        >>> page = edgedigits.read("photo.jpg")
        >>> page.digits[0].digit, page.digits[0].box.height > 10
        (3, True)
    """
    picture, name = _picture(source)
    reader = reader if reader is not None else _default_reader()
    started = time.perf_counter()
    page = reader.read(picture)
    milliseconds = (time.perf_counter() - started) * 1000
    return replace(page, source=name, milliseconds=milliseconds, picture=picture)


def _picture(source: str | Path | bytes | NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str | None]:
    if isinstance(source, str | Path):
        return load_picture(source), str(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return decode_picture(bytes(source), "the picture"), None
    if not hasattr(source, "dtype"):
        raise PictureError(f"a {type(source).__name__} is no picture; give a path, a file's bytes or a uint8 array")
    return source, None


def watch(
    source: int | str | Path = 0,
    *,
    reader: DigitReader | None = None,
    settings: CaptureSettings | None = None,
    realtime: bool = False,
    report: Callable[[str], None] | None = None,
) -> Watch:
    """Read a camera, recording or stream frame after frame.

    Args:
        source: a camera's index, a device, a video file, a folder of pictures, or an http or rtsp address.
        reader: what reads a single frame; by default one with the standard options.
        settings: what to ask of the source: size, frame rate, region, mirror.
        realtime: let a recording go by as a camera would, and skip frames that were not taken in time.
        report: takes lines about outages; called from a thread of its own. By default they are dropped.

    Returns:
        An iterator of `LiveFrame`: `.page` (the digits that are certain by now), `.settled` (the last page that has
        settled, or None), `.new` (whether this frame settled it), `.time` and `.image`. The camera is released when the
        loop is left, by `close()`, and at the end of a `with` block. A camera always gives its newest frame, so a slow
        loop never falls behind. To get callbacks, or to use it beside asyncio, run the loop in a thread.

    Raises:
        SourceError: if the source cannot be opened.

    Example:
        >>> for frame in edgedigits.watch("meter.mp4"):
        ...     if frame.new:
        ...         print(frame.settled.text)
        30714
    """
    return Watch(Capture(str(source), settings or CaptureSettings(), report or _dropped, realtime), LiveReader(reader))


class Watch(Iterator[LiveFrame]):
    """Frames of a source, each with what was read up to it; made by `watch`. Use it from one thread at a time."""

    def __init__(self, capture: Capture, live: LiveReader) -> None:
        self._capture, self._live = capture, live
        self._frames = iter(capture)

    def __next__(self) -> LiveFrame:
        for frame in self._frames:
            if frame is not None:
                return self._live.update(frame)
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Release the camera; a loop that still waits for a frame ends. May be called from another thread."""
        self._capture.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        capture: Any = getattr(self, "_capture", None)
        if capture is not None:
            capture.close()


def _dropped(line: str) -> None:
    """The default for `report`: what a library prints by itself is in its caller's way."""
