"""Frames from a source: the newest always, where it is live; every one in order, where it is a recording.

OpenCV and the drivers below it queue frames, and `CAP_PROP_BUFFERSIZE` is not honoured by most of them: whoever reads
slower than the camera gives falls further and further behind. So a thread of its own takes every frame at once and
keeps one.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from edgedigits.errors import EdgeDigitsError
from edgedigits.live.frame import CaptureSettings, Frame, prepare
from edgedigits.live.sources import Source, open_source

# Whoever waits for a frame gets None after this long, so that a window stays alive while its camera does not.
PATIENCE = 0.1
# Seconds until the first new attempt after an outage, doubled with each, and the most.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
# A live source that is silent for this many seconds is worth a line; a stream is given up, and opened again, before.
SILENCE = 7.0


class Capture:
    """The frames of a source; iterate over it. Use it in a `with` statement, or call `close`.

    A recording that is not read in real time gives every frame; all else gives the newest, and skips what nobody took.

    Attributes:
        mirror: whether left and right are swapped; may be changed at any time.
        stopped: whether `stop` was called.
    """

    def __init__(
        self, spec: str, settings: CaptureSettings, report: Callable[[str], None], realtime: bool = False
    ) -> None:
        """Open a source.

        Args:
            spec: what to open, as for sources.open_source.
            settings: what to ask of it.
            report: takes lines about outages and pictures that cannot be read; called from the capturing thread.
            realtime: give a recording's frames when their time has come, and skip what nobody took, as a camera does.

        Raises:
            SourceError: if it cannot be opened.
        """
        self._spec, self._settings, self._report = spec, settings, report
        self._source: Source = open_source(spec, settings, report)
        self.mirror = settings.mirror
        self.stopped = False  # a flag without a lock: signal handlers set it
        self._ended = False
        self._lost = False  # being opened again, about which there has been a line
        self._failure: Exception | None = None
        self._newest: Frame | None = None
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        if self._source.live or realtime:
            self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
            self._thread.start()

    @property
    def name(self) -> str:
        """What to call the source."""
        return self._source.name

    @property
    def live(self) -> bool:
        """Whether it is a camera or a stream."""
        return self._source.live

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stop(self) -> None:
        """End the iteration soon; may be called from a signal handler."""
        self.stopped = True

    def close(self) -> None:
        """End the iteration, and let go of the source."""
        self.stopped = True
        if self._thread is None:
            self._source.close()
        else:  # it closes the source itself; one that hangs in a driver is left behind
            self._thread.join(timeout=1.0)

    def __iter__(self) -> Iterator[Frame | None]:
        """Frames until the source ends or `stop` is called; None whenever none has come for a tenth of a second.

        Raises:
            SourceError: if the region lies outside the frames.
        """
        taken = self._take_newest() if self._thread else self._take_next()
        for frame in taken:
            if self.stopped:
                return
            if frame is None:
                yield None
            else:
                yield replace(frame, image=prepare(frame.image, self._settings.roi, self.mirror))

    def _take_next(self) -> Iterator[Frame]:
        number = 0
        while (found := self._source.read()) is not None:
            yield Frame(found[0], number, found[1], time.monotonic())
            number += 1

    def _take_newest(self) -> Iterator[Frame | None]:
        last = time.monotonic()
        warned = False
        while not self.stopped:
            with self._arrived:
                if self._newest is None and not self._ended:
                    self._arrived.wait(PATIENCE)
                frame, self._newest = self._newest, None
                ended = self._ended
            if frame is None and ended:
                if self._failure is not None:
                    raise self._failure
                return
            if frame is not None or self._lost:
                last, warned = time.monotonic(), False
            elif not warned and time.monotonic() - last > SILENCE:
                self._report(f"{self.name}: no frame for {SILENCE:.0f} seconds; waiting")
                warned = True
            yield frame

    def _run(self) -> None:
        """The capturing thread: takes every frame, keeps the newest."""
        number, pause = 0, FIRST_PAUSE
        start = time.monotonic()
        try:
            while not self.stopped:
                found = self._source.read()
                if found is not None:
                    if not self._source.live:
                        self._sleep(start + found[1] - time.monotonic())
                    self._keep(Frame(found[0], number, found[1], time.monotonic()))
                    number, pause = number + 1, FIRST_PAUSE
                elif self._source.live:
                    pause = self._reconnect(pause)
                else:
                    break
        except Exception as error:  # not lost with the thread: raised where the frames are taken
            self._failure = error
        finally:
            with self._arrived:
                self._ended = True
                self._arrived.notify()
            self._source.close()

    def _keep(self, frame: Frame) -> None:
        with self._arrived:
            self._newest = frame
            self._arrived.notify()

    def _reconnect(self, pause: float) -> float:
        """Open the source again, however long it takes; returns how long to wait should it fail at once."""
        self._source.close()
        self._lost, lost = True, time.monotonic()
        self._report(f"{self.name}: no more frames; trying again")
        while not self.stopped:
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                self._source = open_source(self._spec, self._settings, self._report)
            except EdgeDigitsError:
                continue
            self._report(f"{self.name}: back after {time.monotonic() - lost:.1f} seconds")
            self._lost = False
            break
        return pause

    def _sleep(self, seconds: float) -> None:
        """Sleep, but not through a stop."""
        until = time.monotonic() + seconds
        while not self.stopped and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, PATIENCE))
