"""The window, on a real screen, with real keys."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgedigits_data.synthetic.clips import noisy, sheet

pytestmark = pytest.mark.slow
PAPER = sheet(["30714"], 1)


class Screen:
    """What a person sees, and the keys they press."""

    def __init__(self, display: str, folder: Path) -> None:
        self._environment = {**os.environ, "DISPLAY": display}
        self._file = folder / "screen.png"

    def run(self, *command: str) -> str:
        return subprocess.run(command, env=self._environment, capture_output=True, text=True).stdout

    def picture(self) -> np.ndarray:
        self.run("import", "-window", "root", str(self._file))
        picture = cv2.imread(str(self._file))
        assert picture is not None
        return picture

    def press(self, key: str) -> None:
        self.run("xdotool", "mousemove", "300", "300", "key", key)

    def wait_for(self, seen: Callable[[np.ndarray], bool], what: str, program: Any = None) -> np.ndarray:
        for turn in range(1, 601):
            picture = self.picture()
            if seen(picture):
                return picture
            # Qt now and then misses that its window was mapped, and never draws it. A desktop's window manager would
            # make it draw; here is none.
            if turn % 10 == 0 and not picture.any():
                self.run("xdotool", "search", "--name", "edgedigits", "windowunmap", "%@", "windowmap", "%@")
            ended = program and program.poll() is not None
            assert not ended, f"never seen: {what}; the program said {program.stderr.read()}"
            time.sleep(0.2)
        raise AssertionError(f"never seen: {what}")


def shows(paper: np.ndarray) -> Callable[[np.ndarray], bool]:
    """Whether the screen shows a frame, boxes or not, where the window has it: top left, as there is no desktop."""
    expected = paper.astype(np.float32) - paper.mean()

    def look(screen: np.ndarray) -> bool:
        part = screen[: paper.shape[0], : paper.shape[1]].astype(np.float32)
        part -= part.mean()
        return float((part * expected).sum()) > 0.4 * float(np.linalg.norm(part) * np.linalg.norm(expected) + 1)

    return look


def labelled(screen: np.ndarray) -> bool:
    """Whether there are boxes: nothing else on the screen is green or orange."""
    part = screen[:480, :640].astype(np.int16)
    return bool(((part.max(axis=2) - part.min(axis=2)) > 60).sum() > 200)


@pytest.fixture
def window(
    display: str, webcam: Callable[..., Any], network_camera: Callable[..., Any], tmp_path: Path
) -> tuple[Screen, Any]:
    if not shutil.which("import"):
        pytest.skip("ImageMagick is not installed")
    camera = network_camera([noisy(PAPER, i) for i in range(4)])
    screen = Screen(display, tmp_path)
    program = webcam("--source", camera.address, env={**os.environ, "DISPLAY": display}, cwd=tmp_path)
    screen.wait_for(shows(PAPER), "the sheet", program)
    return screen, program


def test_the_window_and_its_keys(window: tuple[Screen, Any], tmp_path: Path) -> None:
    screen, program = window
    screen.wait_for(labelled, "boxes around the digits")
    screen.press("s")
    assert program.stderr.readline().startswith("saved edgedigits-")
    screen.press("a")
    assert program.stderr.readline().startswith("artifact ")
    screen.press("m")
    screen.wait_for(shows(PAPER[:, ::-1]), "the mirrored sheet")
    screen.press("m")
    screen.wait_for(shows(PAPER), "the sheet as it was")
    screen.press("space")
    time.sleep(1)
    first, second = screen.picture(), screen.picture()
    assert np.array_equal(first, second), "a paused picture stands still, noise and all"
    screen.press("space")
    screen.wait_for(lambda now: not np.array_equal(now, first), "the picture going on")
    screen.press("q")
    program.communicate(timeout=60)
    assert program.returncode == 0
    saved = list(tmp_path.glob("edgedigits-*.png"))
    assert len(saved) == 1
    assert shows(PAPER)(cv2.imread(str(saved[0])))


def test_closing_the_window_quits(window: tuple[Screen, Any]) -> None:
    screen, program = window
    (found, *_) = screen.run("xdotool", "search", "--name", "edgedigits").split()
    closer = (
        "import ctypes, sys\n"
        "x = ctypes.CDLL('libX11.so.6'); x.XOpenDisplay.restype = ctypes.c_void_p\n"
        "d = ctypes.c_void_p(x.XOpenDisplay(None)); w = int(sys.argv[1])\n"
        "x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]\n"
        "x.XInternAtom.restype = ctypes.c_ulong\n"
        "class Event(ctypes.Structure):\n"
        "    _fields_ = [('type', ctypes.c_int), ('serial', ctypes.c_ulong), ('sent', ctypes.c_int),\n"
        "        ('display', ctypes.c_void_p), ('window', ctypes.c_ulong), ('kind', ctypes.c_ulong),\n"
        "        ('format', ctypes.c_int), ('data', ctypes.c_long * 5), ('pad', ctypes.c_long * 24)]\n"
        "e = Event(type=33, window=w, kind=x.XInternAtom(d, b'WM_PROTOCOLS', 0), format=32)\n"
        "e.data[0] = x.XInternAtom(d, b'WM_DELETE_WINDOW', 0)\n"
        "x.XSendEvent(d, ctypes.c_ulong(w), 0, ctypes.c_long(0), ctypes.byref(e)); x.XFlush(d); x.XCloseDisplay(d)\n"
    )
    screen.run("python3", "-c", closer, found)
    program.communicate(timeout=60)
    assert program.returncode == 0
