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


@pytest.fixture(scope="session")
def always_newest() -> Callable[[Shown, dict[int, float]], bool]:
    """Whether nothing that was shown had been sent longer than two of the reader's periods ago."""

    def judge(shown: Shown, sent: dict[int, float]) -> bool:
        assert shown[-1][0] - shown[0][0] > 2 * len(shown) > 6, "the reader was not slow enough to prove anything"
        ages = zip(shown[2:], shown, strict=False)
        return all(sent[number] >= two_periods_ago for (number, _), (_, two_periods_ago) in ages)

    return judge


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
