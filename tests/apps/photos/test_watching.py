"""A folder that pictures are put into while it is watched."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import pytest

from edgedigits_apps.photos.watching import SETTLED, FolderWatch
from edgedigits_data.synthetic.clips import sheet


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watched(tmp_path: Path) -> Any:
    clock, lines = Clock(), []
    watch = FolderWatch([tmp_path], lines.append, clock)

    def look(seconds: float = 0.0) -> list[str]:
        clock.now += seconds
        return [Path(path).name for path in watch.completed()]

    look.lines = lines
    return look


def test_a_picture_is_given_once_it_no_longer_grows(watched: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12")
    assert watched() == []
    with (tmp_path / "a.jpg").open("ab") as file:
        file.write(b"3")
    assert watched(SETTLED) == []
    assert watched(SETTLED / 2) == []
    assert watched(SETTLED / 2) == ["a.jpg"]
    assert watched(SETTLED) == []


def test_several_come_by_name_and_other_files_never(watched: Any, tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "notes.txt", ".hidden.jpg", "empty.jpg"):
        (tmp_path / name).write_bytes(b"" if name == "empty.jpg" else b"1")
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    watched()
    assert watched(SETTLED) == ["a.jpg", "b.png"]


def test_new_content_under_an_old_name_is_given_again(watched: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    watched()
    assert watched(SETTLED) == ["a.jpg"]
    (tmp_path / "new").write_bytes(b"2")
    (tmp_path / "new").replace(tmp_path / "a.jpg")
    watched()
    assert watched(SETTLED) == ["a.jpg"]


def test_a_picture_that_is_deleted_and_comes_back_is_given_again(watched: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    watched()
    assert watched(SETTLED) == ["a.jpg"]
    facts = (tmp_path / "a.jpg").stat()
    (tmp_path / "a.jpg").unlink()
    assert watched() == []
    (tmp_path / "a.jpg").write_bytes(b"1")
    os.utime(tmp_path / "a.jpg", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    watched()
    assert watched(SETTLED) == ["a.jpg"]


def test_a_folder_that_goes_is_waited_for(watched: Any, tmp_path: Path) -> None:
    tmp_path.rmdir()
    assert watched() == []
    assert watched() == []
    assert len(watched.lines) == 1
    assert "waiting" in watched.lines[0]
    tmp_path.mkdir()
    (tmp_path / "a.jpg").write_bytes(b"1")
    watched()
    assert watched(SETTLED) == ["a.jpg"]
    assert watched.lines[1].endswith("is back")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_reads_what_arrives_until_it_is_stopped(number: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    cv2.imwrite(str(folder / "first.png"), sheet(["30714"], 1))
    command = [sys.executable, "-m", "edgedigits_apps", "read", str(folder), "--watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert json.loads(program.stdout.readline())["rows"] == ["30714"]
        whole = cv2.imencode(".png", sheet(["2568", "91"], 2))[1].tobytes()
        with (folder / "second.png").open("wb") as file:  # slowly, as over a network
            for begin in range(0, len(whole), len(whole) // 4):
                file.write(whole[begin : begin + len(whole) // 4])
                file.flush()
                time.sleep(0.3)
        second = json.loads(program.stdout.readline())
        assert second["source"] == str(folder / "second.png")
        assert second["rows"] == ["2568", "91"]
        (folder / "broken.png").write_bytes(whole[:100])
        assert "damaged" in json.loads(program.stdout.readline())["error"]
        program.send_signal(number)
        out, err = program.communicate(timeout=30)
    assert program.returncode == 0
    assert out == ""
    assert "Traceback" not in err
