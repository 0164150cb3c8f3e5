"""The latest picture and reading, handed from the reading loop's thread to every watcher's coroutine."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import cv2

from edgedigits.live.reader import LiveFrame
from edgedigits.live.regions import RegionFrames
from edgedigits_apps.webcam.readings import as_json
from edgedigits_apps.webcam.status import Speed

QUALITY = 80


class Broadcast:
    """Takes frames in from one thread, and gives them out in the server's.

    Attributes:
        source: what the page calls it; it has no passwords in it.
        watchers: how many take pictures.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.watchers = 0
        self._speed = Speed()
        self._shown: LiveFrame | None = None
        self._newest = (0, b"")  # a number, and the picture as JPEG; replaced as one, so no lock is needed
        self._ended = False
        self._loop: asyncio.AbstractEventLoop | None = None  # the watchers'
        self._changed = asyncio.Event()

    def show(self, frames: RegionFrames) -> None:
        """Take in a frame; it is drawn and compressed only while somebody watches."""
        live_frame = frames.whole
        self._speed.tick(live_frame)
        self._shown = live_frame
        if self.watchers:
            picture = live_frame.page.annotate(live_frame.image)
            jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
            self._newest = (self._newest[0] + 1, jpeg)
            self._wake()

    def end(self) -> None:
        """No more frames come; every watcher is let go."""
        self._ended = True
        self._wake()

    async def pictures(self) -> AsyncIterator[bytes]:
        """The newest picture as JPEG, again and again; who is slow misses some."""
        self._loop = asyncio.get_running_loop()
        self.watchers += 1
        number = self._newest[0]  # from the last watcher's time, perhaps long ago
        try:
            while not self._ended:
                self._changed.clear()
                if self._newest[0] == number:
                    await self._changed.wait()
                    continue
                number, jpeg = self._newest
                yield jpeg
        finally:
            self.watchers -= 1

    def status(self) -> dict[str, Any]:
        """What the page shows beside the picture."""
        live_frame = self._shown
        reading = live_frame.reading if live_frame is not None else None
        return {
            "source": self.source,
            "frame": live_frame.frame.number if live_frame is not None else None,
            "fps": round(self._speed.fps, 1),
            "latency_ms": round(1000 * self._speed.latency),
            "reading": as_json(reading) if reading is not None else None,
        }

    def _wake(self) -> None:
        """Tell the watchers' thread; one that has ended needs no telling."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)
