"""An RTSP stream, from a real server: GStreamer's, on loopback, sending H.264."""

import json
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.fixtures.processes import die_with_the_tests

from edgedigits.live.capture import Capture
from edgedigits.live.frame import CaptureSettings
from edgedigits_data.synthetic.clips import noisy, sheet

pytestmark = pytest.mark.slow
PYTHON = "/usr/bin/python3"  # Debian's own: GStreamer's bindings come from there
SERVER = Path(__file__).with_name("rtsp_server.py")

Camera = Callable[[Path, int], "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def has_server() -> None:
    probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
    if not shutil.which(PYTHON) or subprocess.run([PYTHON, "-c", probe], capture_output=True).returncode:
        pytest.skip("GStreamer's RTSP server is not installed; .ci/debian-packages names it")


@pytest.fixture
def rtsp_camera(has_server: None) -> Iterator[Camera]:
    """Starts RTSP cameras."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, port: int) -> "subprocess.Popen[str]":
        command = [PYTHON, str(SERVER), str(folder), str(port)]
        started.append(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_the_tests
            )
        )
        assert started[-1].stdout is not None
        assert started[-1].stdout.readline() == "listening\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def pictures(folder: Path, frames: list[np.ndarray]) -> Path:
    folder.mkdir()
    for i, frame in enumerate(frames):
        cv2.imwrite(str(folder / f"{i:03}.jpg"), frame)
    return folder


def test_a_slow_reader_sees_the_newest_frame(
    rtsp_camera: Camera, tmp_path: Path, free_port: int, numbers: Any, oldest_shown: Any
) -> None:
    camera = rtsp_camera(pictures(tmp_path / "numbers", [numbers[0](i) for i in range(600)]), free_port)
    sent: dict[int, float] = {}

    def listen() -> None:
        assert camera.stdout is not None
        for number, when in map(str.split, camera.stdout):
            sent[int(number)] = float(when)

    def let_go(pictures: int) -> None:
        assert camera.stdin is not None
        camera.stdin.write(f"{pictures}\n")
        camera.stdin.flush()

    threading.Thread(target=listen, daemon=True).start()
    with Capture(f"rtsp://127.0.0.1:{free_port}/live", CaptureSettings(), print) as capture:
        assert capture.live
        let_go(0)
        age, delay = oldest_shown(capture, sent, let_go)
    assert age <= 12
    assert delay < 0.4


def test_a_camera_that_restarts_and_one_that_stalls_come_back(
    rtsp_camera: Camera, webcam: Callable[..., Any], tmp_path: Path, free_port: int
) -> None:
    rows = ["30714", "2568"]
    folders = [
        pictures(tmp_path / row, [noisy(sheet([row], seed), i) for i in range(5)]) for seed, row in enumerate(rows, 1)
    ]
    camera = rtsp_camera(folders[0], free_port)
    program = webcam("--headless", "--source", f"rtsp://maker:secret@127.0.0.1:{free_port}/live")
    first = json.loads(program.stdout.readline())
    assert first["rows"] == rows[:1]

    camera.kill()
    camera.wait()
    name = f"rtsp://127.0.0.1:{free_port}/live"
    assert program.stderr.readline() == f"{name}: no more frames; trying again\n"
    camera = rtsp_camera(folders[1], free_port)
    assert re.fullmatch(rf"{name}: back after [\d.]+ seconds\n", program.stderr.readline())
    second = json.loads(program.stdout.readline())
    assert second["rows"] == rows[1:]
    assert second["frame"] > first["frame"]

    camera.send_signal(signal.SIGSTOP)  # the connection stays open, and nothing comes
    assert program.stderr.readline() == f"{name}: no more frames; trying again\n"
    camera.send_signal(signal.SIGCONT)
    assert "back after" in program.stderr.readline()
    program.send_signal(signal.SIGTERM)
    assert program.wait(30) == 0
    assert program.stderr.read() == ""


def test_what_gives_no_stream_is_one_line(
    rtsp_camera: Camera, webcam: Callable[..., Any], tmp_path: Path, free_port: int
) -> None:
    camera = rtsp_camera(pictures(tmp_path / "any", [sheet(["1"])]), free_port)

    def tell(*addresses: str) -> None:
        programs = [webcam("--headless", "--source", address) for address in addresses]
        for address, program in zip(addresses, programs, strict=True):
            out, err = program.communicate(timeout=60)
            assert (program.returncode, out) == (1, "")
            assert err == f"error: {address} gives no video; check the address, the network and the camera's password\n"

    tell(f"rtsp://127.0.0.1:{free_port}/no-such-stream", "rtsp://127.0.0.1:9/live")
    camera.send_signal(signal.SIGSTOP)
    tell(f"rtsp://127.0.0.1:{free_port}/live")  # somebody listens, and says nothing
