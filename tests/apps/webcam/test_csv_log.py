"""Readings in a CSV file: whole lines, whatever stops the program."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edgedigits import Box, Digit, Page
from edgedigits.live.stabilizing import Reading
from edgedigits_apps.webcam.csv_log import COLUMNS, CsvLog
from edgedigits_apps.webcam.readings import AcceptedReading, as_json

READING = Reading(Page([Digit(7, 0.91234, Box(1, 2, 3, 4), 0, [(7, 0.91234)])], (10, 10)), 5.0, 12)
ACCEPTED = AcceptedReading(READING, "gas", "0.7", datetime(2026, 1, 2, 3, 4, 5, 678000, UTC), as_json(READING))


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_header_is_written_once_and_readings_are_appended(tmp_path: Path) -> None:
    for _ in range(2):
        with CsvLog(tmp_path / "log.csv") as log:
            log.take(ACCEPTED)
    row = {"time": "2026-01-02T03:04:05.678+00:00", "region": "gas", "value": "0.7", "rows": "7"}
    assert lines(tmp_path / "log.csv") == [{**row, "confidence": "0.9123", "frame": "12"}] * 2
    assert (tmp_path / "log.csv").read_text().count("region") == 1


def test_a_line_that_was_cut_off_is_ended_first(tmp_path: Path) -> None:
    with CsvLog(tmp_path / "log.csv") as log:
        log.take(ACCEPTED)
    whole = (tmp_path / "log.csv").read_bytes()
    (tmp_path / "log.csv").write_bytes(whole[:-9])
    with CsvLog(tmp_path / "log.csv") as log:
        log.take(ACCEPTED)
    assert lines(tmp_path / "log.csv")[-1]["confidence"] == "0.9123"


@pytest.mark.parametrize("content", [b"a,b\r\n1,2\r\n", b"x"])
def test_a_file_of_something_else_is_left_alone(
    content: bytes, tmp_path: Path, edgedigits: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    (tmp_path / "mine.csv").write_bytes(content)
    done = edgedigits("webcam", "--headless", "--csv", tmp_path / "mine.csv", "--source", tmp_path)
    assert done.returncode == 2
    assert "is not a log of readings" in done.stderr
    assert (tmp_path / "mine.csv").read_bytes() == content


def test_a_pipe_does_not_hang_it(tmp_path: Path, edgedigits: Callable[..., Any]) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = edgedigits("webcam", "--headless", "--csv", tmp_path / "pipe", "--source", tmp_path, timeout=60)
    assert done.returncode == 2


@pytest.mark.slow
def test_a_kill_leaves_whole_lines(tmp_path: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, {here!r}); from pathlib import Path; import test_csv_log as t\n"
        "with t.CsvLog(Path({path!r})) as log:\n while True: log.take(t.ACCEPTED)"
    ).format(here=str(Path(__file__).parent), path=str(tmp_path / "log.csv"))
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", program]) as writer:
            while not (tmp_path / "log.csv").exists() or (tmp_path / "log.csv").stat().st_size < 20_000:
                assert writer.poll() is None
            writer.send_signal(signal.SIGKILL)
        content = (tmp_path / "log.csv").read_bytes()
        assert content.endswith(b"\r\n")
        assert all(line.count(b",") == len(COLUMNS) - 1 for line in content.split(b"\r\n")[:-1])
        (tmp_path / "log.csv").unlink()
