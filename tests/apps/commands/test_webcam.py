"""`edgedigits webcam` as a person or a service starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgedigits_data.synthetic.clips import noisy, sheet

Start = Callable[..., "subprocess.Popen[str]"]
Clip = tuple[Path, list[list[str]]]


def finish(process: "subprocess.Popen[str]", seconds: float = 120) -> tuple[int, list[dict[str, Any]], str]:
    """Exit status, the JSON objects, and what went to standard error."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.mark.slow
def test_headless_prints_each_steady_reading_once(webcam: Start, two_sheets: Clip) -> None:
    clip, expected = two_sheets
    status, readings, err = finish(webcam("--source", clip, "--headless", "--profile"))
    assert status == 0
    assert [reading["rows"] for reading in readings] == expected
    for reading, begin in zip(readings, (0, 30), strict=True):
        assert list(reading) == ["time", "rows", "digits", "confidence", "frame"]
        assert begin <= reading["frame"] < begin + 10
        assert reading["time"] == pytest.approx(reading["frame"] / 30, abs=0.05)
        assert reading["confidence"] == min(digit["confidence"] for digit in reading["digits"])
        assert "".join(str(digit["digit"]) for digit in reading["digits"]) == "".join(reading["rows"])
    stages = {line.split()[0]: line.split()[1] for line in err.splitlines()}
    assert [stages[name] for name in ("capture", "look", "show")] == ["60"] * 3
    assert 12 <= int(stages["read"]) < 60, "a sheet that lies still is not read on every frame"
    assert stages["read"] == stages["track"]


@pytest.mark.slow
def test_every_frame_prints_every_frame(webcam: Start, two_sheets: Clip) -> None:
    status, objects, _ = finish(webcam("--source", two_sheets[0], "--headless", "--every-frame", "--frames", 20))
    assert status == 0
    assert [found["frame"] for found in objects] == list(range(20))
    assert objects[0]["rows"] == []
    assert objects[-1]["rows"] == two_sheets[1][0]


@pytest.mark.slow
def test_a_stream_that_breaks_off_is_opened_again_and_a_signal_ends_it(
    webcam: Start, network_camera: Callable[..., Any]
) -> None:
    pages = [[noisy(sheet([row], seed), i) for i in range(5)] for seed, row in ((1, "30714"), (2, "2568"))]
    camera = network_camera(pages[0])
    program = webcam("--source", camera.address, "--headless")
    assert program.stdout is not None
    assert program.stderr is not None
    first = json.loads(program.stdout.readline())
    assert abs(first["time"] - time.time()) < 60
    camera.close()
    lines = [program.stderr.readline()]
    assert lines[-1].endswith("no more frames; trying again\n")
    network_camera(pages[1], camera.port)
    assert "back after" in program.stderr.readline()
    second = json.loads(program.stdout.readline())
    assert second["rows"] != first["rows"]
    assert second["frame"] > first["frame"]
    program.send_signal(signal.SIGTERM)
    assert finish(program)[0] == 0


@pytest.mark.slow
def test_ctrl_c_ends_it_while_a_stream_is_silent(webcam: Start, network_camera: Callable[..., Any]) -> None:
    camera = network_camera([noisy(sheet(["30714"], 1), i) for i in range(5)])
    program = webcam("--source", camera.address, "--headless")
    assert program.stdout is not None
    program.stdout.readline()
    camera.stalled.set()
    time.sleep(0.5)
    program.send_signal(signal.SIGINT)
    status, _, err = finish(program)
    assert status == 0
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--source", "no-such.mp4", "--headless"], 1, "error: no-such.mp4 cannot be opened"),
        (["--source", "/dev/video98", "--headless"], 1, "error: /dev/video98 does not exist"),
        (["--source", "http://127.0.0.1:9/", "--headless"], 1, "gives no video"),
        (["--source", "picamera", "--headless"], 1, "needs picamera2"),
        (["--every-frame"], 2, "--headless"),
        (["--roi", "1,2", "--headless"], 2, "x,y,width,height"),
        (["--headless", "--serve", "nonsense", "--source", str(Path(__file__).parent)], 1, "folder without pictures"),
    ],
)
def test_what_a_user_can_get_wrong(webcam: Start, arguments: list[str], status: int, message: str) -> None:
    code, objects, err = finish(webcam(*arguments))
    assert (code, objects) == (status, [])
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("screen", [None, ":4123"])
def test_without_a_screen_it_says_what_to_do(webcam: Start, two_sheets: Clip, screen: str | None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    if screen:
        environment["DISPLAY"] = screen
    status, _, err = finish(webcam("--source", two_sheets[0], env=environment))
    assert status == 1
    assert "display" in err
    assert "--headless" in err
    assert len(err.splitlines()) == 1


def test_without_libgl_it_says_what_to_install(webcam: Start, tmp_path: Path) -> None:
    """A library that the loader cannot load, as on a system without it."""
    (tmp_path / "libGL.so.1").write_bytes(b"")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    probe = subprocess.run([sys.executable, "-c", "import cv2"], env=environment, capture_output=True, text=True)
    if probe.returncode == 0:
        pytest.skip("this OpenCV needs no libGL.so.1")
    status, _, err = finish(webcam("--source", "0", "--headless", env=environment))
    assert status == 1
    assert err.startswith("error: ")
    assert "libGL.so.1" in err
    assert "libgl1" in err
    assert len(err.splitlines()) == 1


@pytest.mark.slow
def test_a_folder_with_a_broken_picture_is_read_to_its_end(webcam: Start, tmp_path: Path, reader: Any) -> None:
    import cv2

    image = sheet(["30714"], 1)
    for i in range(15):
        cv2.imwrite(str(tmp_path / f"{i}.png"), noisy(image, i))
    (tmp_path / "7.png").write_bytes(b"broken")
    status, readings, err = finish(webcam("--source", tmp_path, "--headless"))
    assert [reading["rows"] for reading in readings] == [reader.read(image).rows]
    assert "7.png is not a picture" in err
    assert status == 1


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_traceback(webcam: Start, two_sheets: Clip) -> None:
    program = webcam("--source", two_sheets[0], "--headless", "--every-frame")
    assert program.stdout is not None
    program.stdout.readline()
    program.stdout.close()
    assert program.stderr is not None
    err = program.stderr.read()
    program.wait(60)
    assert "Traceback" not in err
