"""Files appear whole or not at all, and folders have one writer."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from edgedigits.errors import OccupiedError
from edgedigits.files.atomic import discard_partial, locked, whole, write_whole


def test_a_file_is_the_old_one_until_it_is_the_new_one(tmp_path):
    path = tmp_path / ("x" * 250 + ".txt")
    write_whole(path, b"old")
    with whole(path) as partial:
        assert partial.suffix == ".txt"
        partial.write_bytes(b"half")
        assert path.read_bytes() == b"old"
        with whole(path) as other:
            assert other != partial
            other.write_bytes(b"between")
    assert path.read_bytes() == b"half"
    with pytest.raises(NotADirectoryError), whole(path) as partial:
        (partial.parent / path.name / "of a file").touch()
    assert path.read_bytes() == b"half"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_the_disks_refusal_names_the_file_and_leaves_nothing(full_disk):
    with pytest.raises(OSError, match=r"No space left on device.*disk/large"):
        write_whole(full_disk / "large", bytes(100_000))
    assert not list(full_disk.iterdir())


def test_a_file_gets_the_rights_that_others_get(tmp_path):
    (tmp_path / "other").touch()
    write_whole(tmp_path / "file", b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "other")]
    assert modes[0] == modes[1]


def test_a_pipe_is_written_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    thread.start()
    write_whole(pipe, b"through")
    thread.join()
    assert read == [b"through"]
    assert pipe.is_fifo()


def test_what_killed_processes_left_is_discarded(tmp_path):
    (tmp_path / ".partial.1.ab.keras").touch()
    (tmp_path / "kept").touch()
    discard_partial(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_lock_ends_with_its_process_and_a_child_does_not_keep_it(tmp_path):
    script = "import subprocess, sys; from pathlib import Path; from edgedigits.files.atomic import locked\n"
    script += (
        "with locked(Path(sys.argv[1])): child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); "
    )
    script += "sys.stdin.read()"
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        child = int(other.stdout.readline())
        with pytest.raises(OccupiedError), locked(tmp_path):
            pass
        other.kill()
    with locked(tmp_path), locked(tmp_path / "."):
        pass
    os.kill(child, 9)
