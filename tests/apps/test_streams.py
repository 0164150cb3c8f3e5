"""Standard output that is full or closed, and signals: a line each, and the status that the docs give."""

import subprocess
import sys

import pytest

PROGRAM = f"exec {sys.executable} -m edgedigits_apps"


@pytest.fixture
def shell(tmp_path):
    """Runs a command line of the program in a shell, which can close its streams."""

    def run(line: str) -> tuple[int, str]:
        done = subprocess.run(["sh", "-c", f"{PROGRAM} {line}"], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["--version", "info", "--help"])
def test_a_full_output_is_a_line_and_status_1(shell, monkeypatch, command, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    full = "error: [Errno 28] No space left on device: 'standard output'\n"
    assert shell(f"{command} > /dev/full") == (1, full)


def test_a_closed_output_is_refused_in_a_line(shell):
    closed = "error: standard output is closed; send it to a file or a program, or to /dev/null\n"
    assert shell("info >&-") == (2, closed)


def test_other_closed_streams_do_no_harm(shell):
    assert shell("info <&- > /dev/null") == (0, "")
    assert shell("info 2>&- > /dev/null") == (0, "")


def test_a_reader_that_has_gone_is_no_error_message(shell):
    assert shell("--help | true")[1] == ""
