"""What the live reader's tests share: clips, the real program, servers, a screen."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgedigits import DigitReader
from edgedigits.live.capture import Capture
from edgedigits.live.frame import Frame
from edgedigits.live.reader import LiveReader
from edgedigits_bench.network_camera import NetworkCamera
from edgedigits_data.clips import noisy, sheet, write_clip

SHEETS = ["30714"], ["2568", "91"]
BITS = 10


def numbered(number: int) -> np.ndarray:
    """A frame that carries its number as black and white fields, which survive any compression."""
    image = np.full((240, 320, 3), 128, np.uint8)
    for bit in range(BITS):
        image[100:140, 32 * bit : 32 * bit + 32] = 255 * (number >> bit & 1)
    return image


def number_of(image: np.ndarray) -> int:
    return sum(int(image[120, 32 * bit + 16].mean() > 128) << bit for bit in range(BITS))


@pytest.fixture(scope="session")
def numbers() -> tuple[Callable[[int], np.ndarray], Callable[[np.ndarray], int]]:
    """How to write a number into a frame, and how to read it there."""
    return numbered, number_of


Shown = list[tuple[int, float]]


@pytest.fixture(scope="session")
def watch_slowly() -> Callable[[Capture], Shown]:
    """Takes frames at five a second, for three seconds: for each its number, and when it was shown."""

    def watch(capture: Capture) -> Shown:
        shown: Shown = []
        for frame in capture:
            if frame is not None:
                time.sleep(0.2)
                shown.append((number_of(frame.image), time.monotonic()))
                if shown[-1][1] - shown[0][1] > 3:
                    break
        return shown

    return watch


RATIO = 6  # how many frames a source of 30 a second sends while a reader of 5 a second looks at one
PERIODS = 15


@pytest.fixture(scope="session")
def oldest_shown() -> Callable[[Capture, dict[int, float], Callable[[int], None]], tuple[int, float]]:
    """How old frames are that a slow reader is shown: the oldest in frames, the most timely one in seconds.

    Source and reader go in step, six frames for each that is looked at, however fast the machine is just now: a frame's
    age is how many the source has sent since. What is on its way gets the time that the machine needs, as only a queue
    keeps frames though nothing follows them. Something that holds every frame back for a while would not be noticed
    like that, but the most timely frame's delay by the clock shows it: a busy machine does not delay them all.
    """

    def watch(capture: Capture, sent: dict[int, float], send: Callable[[int], None]) -> tuple[int, float]:
        frames = iter(capture)
        ages, delays = [], []
        for _ in range(PERIODS):
            before = len(sent)
            for _ in range(RATIO):
                send(1)
                time.sleep(1 / 30)
            assert _wait(lambda before=before: len(sent) >= before + RATIO), "the source does not send"
            newest = max(sent)
            arrived = _wait(lambda newest=newest: _kept(capture) >= newest - 2 * RATIO)
            assert arrived, f"frame {newest} was sent, {_kept(capture)} would be shown next; ages so far {ages}"
            number = number_of(next(frame.image for frame in frames if frame is not None))
            ages.append(newest - number)
            delays.append(time.monotonic() - sent[number])
        return max(ages), min(delays)

    return watch


def _kept(capture: Capture) -> int:
    """The number of the frame that would be shown next, far below 0 for none; only to know when to take it."""
    frame = capture._newest
    return number_of(frame.image) if frame is not None else -1000


def _wait(for_what: Callable[[], bool], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while not (there := for_what()) and time.monotonic() < until:
        time.sleep(0.01)
    return there


@pytest.fixture(scope="session")
def reader() -> DigitReader:
    return DigitReader()


@pytest.fixture(scope="session")
def two_sheets(tmp_path_factory: pytest.TempPathFactory, reader: DigitReader) -> tuple[Path, list[list[str]]]:
    """A clip of two sheets, a second each, and what the live reader says to each without any noise."""
    sheets = [sheet(rows, seed) for seed, rows in enumerate(SHEETS, 1)]
    path = tmp_path_factory.mktemp("clips") / "two.avi"
    write_clip(path, (noisy(sheets[i // 30], i) for i in range(60)))
    return path, [_read_still(reader, image) for image in sheets]


def _read_still(reader: DigitReader, image: np.ndarray) -> list[str]:
    live = LiveReader(reader)
    moment = [live.update(Frame(image, i, i / 30, 0.0)) for i in range(12)][-1]
    assert moment.reading is not None
    return moment.reading.page.rows


@pytest.fixture
def webcam() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the real program."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "edgedigits_apps", "webcam", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        started.append(subprocess.Popen(command, **pipes))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def display() -> Iterator[str]:
    """A screen of its own."""
    if not shutil.which("Xvfb") or not shutil.which("xdotool"):
        pytest.skip("Xvfb or xdotool is not installed")
    # Without -noreset it starts anew once the program's trial of the display has ended, and may refuse the program.
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "800x700x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


@pytest.fixture
def network_camera() -> Iterator[Callable[..., NetworkCamera]]:
    """Starts network cameras."""
    servers: list[NetworkCamera] = []

    def start(frames: list[np.ndarray], port: int = 0) -> NetworkCamera:
        servers.append(NetworkCamera(frames, port))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
