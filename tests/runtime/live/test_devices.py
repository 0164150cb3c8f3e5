"""What is no camera, or one that cannot be used: the real program on real device files, pipes and other people's files.

There is no camera here, and no driver that would play one. A device file with a camera's numbers and no driver behind
it comes near: it opens for nobody, but it has an owner, and programs that hold it.
"""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgedigits_data.synthetic.clips import noisy, sheet, write_clip

pytestmark = pytest.mark.slow
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
is_root = pytest.mark.skipif(not shutil.which("setpriv") or os.geteuid() != 0, reason="needs root to be somebody else")


def told(source: Path | str, *who: str) -> str:
    """The one line that the program ends with; it must be an error, with status 1 and nothing on standard output."""
    command = [*who, sys.executable, "-m", "edgedigits_apps", "webcam", "--headless", "--source", str(source)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, cwd="/")
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith(f"error: {source} ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder below /dev that everybody may look into."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("there is no /dev/shm")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def device(shared: Path) -> Path:
    """A camera's device file, without a driver."""
    path = shared / "video0"
    try:
        os.mknod(path, stat.S_IFCHR | 0o660, os.makedev(81, 250))
    except PermissionError:
        pytest.skip("no device files can be made here")
    return path


@pytest.mark.parametrize("source", ["/dev/null", "/dev/zero", "/dev/stdin"])
def test_a_device_that_is_no_camera(source: str) -> None:
    assert "is not a camera; name one such as /dev/video0" in told(source)


def test_a_pipe_and_a_socket_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("pipe.mp4", "socket"):
            assert "is a pipe or a device, not a file; name a video" in told(tmp_path / name)


@is_root
def test_a_file_that_this_account_may_not_read(shared: Path) -> None:
    clip = write_clip(shared / "clip.avi", [sheet(["1"])])
    clip.chmod(0o600)
    assert "cannot be opened: Permission denied; name a video" in told(clip, *NOBODY)
    shared.chmod(0o700)
    assert "is in a folder that this account may not look into" in told(clip, *NOBODY)


@is_root
def test_a_camera_that_this_account_may_not_use(device: Path) -> None:
    shutil.chown(device, group="video")
    assert "may not be used by this account; let it, and log in again: sudo usermod -aG video $USER" in told(
        device, *NOBODY
    )


@is_root
def test_a_camera_that_is_busy(device: Path) -> None:
    hold = f"import os, time; os.open({str(device)!r}, os.O_PATH); print('holds it', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        name = Path(f"/proc/{other.pid}/comm").read_text().strip()
        assert f"is busy: {name} ({other.pid}) uses it; close that first" in told(device)
        other.kill()
    assert "gives no frames that OpenCV can read; try another index" in told(device)


def test_a_recording_in_shared_memory_is_a_recording(shared: Path) -> None:
    clip = write_clip(shared / "clip.avi", (noisy(sheet(["1"]), i) for i in range(3)))
    command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--headless", "--every-frame", "--source", str(clip)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 3)


def test_a_recording_that_broke_off_or_has_a_foreign_codec(tmp_path: Path) -> None:
    content = write_clip(tmp_path / "clip.avi", (sheet(["1"]) for _ in range(3))).read_bytes()
    begun, foreign = tmp_path / "begun.avi", tmp_path / "foreign.avi"
    begun.write_bytes(content[: content.index(b"movi") + 20])
    foreign.write_bytes(content.replace(b"MJPG", b"ZZZZ").replace(b"mjpg", b"ZZZZ"))
    for damaged in (begun, foreign):
        assert "is no video that OpenCV can read, or is damaged; convert it first, as with: ffmpeg" in told(damaged)
