"""`edgedigits batch`: every picture once, whatever stops the work and wherever it goes on; and nobody can reach it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.apps.batch.pages import draw, table
from tests.fixtures.processes import listening, tree, wait_until

pytest.importorskip("pyarrow", reason="needs the extra batch")


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_a_running_batch_listens_nowhere(start, fault, tmp_path):
    pages = draw(tmp_path / "pages", 2)
    program = start("batch", pages, tmp_path / "out", "--workers", 2, "--part", 1, env=fault("hold open .png 1"))
    wait_until(lambda: len(tree(program.pid)) == 3, program)
    time.sleep(1)
    assert listening(program.pid) == {}


@pytest.mark.slow
def test_the_reading_processes_import_nothing_from_the_folder_they_are_started_in(tmp_path):
    pages = draw(tmp_path / "pages", 1)
    (pages / "cv2.py").write_text("raise SystemExit('imported')")
    command = [sys.executable, "-P", "-m", "edgedigits_apps", "batch", ".", str(tmp_path / "out"), "--json"]
    done = subprocess.run(command, cwd=pages, capture_output=True, text=True, timeout=300)
    assert json.loads(done.stdout)["pictures"] == 2, done.stderr


@pytest.mark.slow
def test_a_picture_that_ends_processes_becomes_a_row_with_an_error_until_it_is_tried_again(edgedigits, fault, tmp_path):
    pages, out = draw(tmp_path / "pages", 4), tmp_path / "out"
    command = ["batch", pages, out, "--workers", 1, "--json"]
    done = edgedigits(*command, env=fault("kill open 000002.png 1"))
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"out": str(out), "pictures": 5, "errors": 2}
    deadly = str(pages / "000002.png")
    error = table(out)[deadly]["error"]
    assert "ended the process 2 times (killed" in error
    assert "--retry-failed" in error

    again = edgedigits(*command)
    assert json.loads(again.stdout)["errors"] == 2
    retried = edgedigits(*command, "--retry-failed")
    assert json.loads(retried.stdout) == {"out": str(out), "pictures": 5, "errors": 1}
    assert table(out)[deadly]["error"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status", "line"),
    [(signal.SIGTERM, 143, "error: stopped by SIGTERM"), (signal.SIGINT, 130, "error: interrupted")],
)
def test_it_stops_in_one_line_leaves_nothing_behind_and_blames_no_picture(
    start, edgedigits, fault, tmp_path, sent, status, line
):
    pages, out, temporary = draw(tmp_path / "pages", 3), tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    command = ["batch", pages, out, "--workers", 1]
    held = fault("hold open 000001.png 1") | {"TMPDIR": str(temporary)}
    for _ in range(2):  # as often as a process may die of a picture
        program = start(*command, env=held)
        wait_until(lambda process=program: len(tree(process.pid)) == 2, program)
        wait_until(lambda process=program: is_waiting(tree(process.pid)[-1]), program)
        children = tree(program.pid)[1:]
        program.send_signal(sent)
        _, complaints = program.communicate(timeout=60)
        assert (program.returncode, lines(complaints)) == (status, [line])
        assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert [path.name for path in out.iterdir()] == ["batch.json"]
    assert not list(temporary.iterdir())
    assert edgedigits(*command).returncode == 1  # one file is no picture
    assert [row["error"] for row in table(out).values()].count(None) == 3


def is_waiting(process: int) -> bool:
    """Whether a process sleeps in the fault's hold, a sleep by the clock, and not for its input."""
    try:
        return "nanosleep" in Path(f"/proc/{process}/wchan").read_text()
    except OSError:
        return False


@pytest.mark.slow
def test_the_processes_end_with_a_program_that_is_killed(start, fault, tmp_path):
    pages = draw(tmp_path / "pages", 3)
    held = fault("hold open 000001.png 1")
    program = start("batch", pages, tmp_path / "out", "--workers", 1, env=held)
    wait_until(lambda: len(tree(program.pid)) == 2, program)
    child = tree(program.pid)[1]
    wait_until(lambda: is_waiting(child), program)
    program.kill()
    program.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}/fd").exists() and list(Path(f"/proc/{child}/fd").glob("*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_second_batch_into_the_same_folder_is_refused(start, edgedigits, fault, tmp_path):
    pages, out = draw(tmp_path / "pages", 2), tmp_path / "out"
    program = start("batch", pages, out, "--workers", 1, env=fault("hold open 000001.png 1"))
    wait_until(lambda: (out / "batch.json").exists(), program)
    done = edgedigits("batch", pages, out)
    assert done.returncode == 2
    assert lines(done.stderr) == [
        f"error: {out} is being written by another process; wait for its end, or choose another folder"
    ]


@pytest.mark.slow
def test_a_part_that_a_power_cut_left_empty_is_made_again(edgedigits, tmp_path):
    pages, out = draw(tmp_path / "pages", 4), tmp_path / "out"
    command = ["batch", pages, out, "--part", 2, "--json"]
    first = edgedigits(*command)
    found = table(out)
    (out / "part-000001.parquet").write_bytes(b"")
    (out / "part-000000.parquet").write_bytes((out / "part-000002.parquet").read_bytes()[:-9])
    again = edgedigits(*command)
    assert again.stdout == first.stdout
    assert table(out) == found


def test_a_full_disk_is_named(edgedigits, full_disk, tmp_path):
    pages = draw(tmp_path / "pages", 4)
    (full_disk / "filler").write_bytes(b"x" * 60_000)
    out = full_disk / "out"
    done = edgedigits("batch", pages, out)
    assert done.returncode == 1
    (line,) = lines(done.stderr)
    assert "No space left on device" in line
    assert str(out / "part-000000.parquet") in line or str(out / "batch.json") in line
    assert not list(out.glob(".partial*"))


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_twice_when_workers_and_the_program_are_killed(start, tmp_path):
    count = int(os.environ.get("EDGEDIGITS_BATCH_PAGES", "1200"))
    pages, out = draw(tmp_path / "pages", count, digits=1), tmp_path / "out"
    command = ["batch", pages, out, "--workers", 2, "--part", max(20, count // 40), "--json"]

    def start_and_wait(parts):
        program = start(*command)
        wait_until(lambda: len(list(out.glob("part-*"))) >= parts, program)
        return program

    program = start_and_wait(3)
    program.kill()
    program.communicate()
    program = start_and_wait(12)
    workers = tree(program.pid)[1:]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    printed, complaints = program.communicate(timeout=3000)
    assert program.returncode == 1, complaints  # one file is no picture
    assert json.loads(printed) == {"out": str(out), "pictures": count + 1, "errors": 1}
    assert set(table(out)) == {str(path) for path in pages.iterdir()}
    assert not list(out.glob(".part*"))
