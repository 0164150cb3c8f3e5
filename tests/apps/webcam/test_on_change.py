"""A command for each new reading."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edgedigits import Page
from edgedigits.live.stabilizing import Reading
from edgedigits_apps.webcam.on_change import OnChange
from edgedigits_apps.webcam.readings import AcceptedReading, as_json

READING = Reading(Page([], (10, 10)), 5.0, 12)
ACCEPTED = AcceptedReading(READING, "", "7", datetime.now(UTC), as_json(READING))
NOTE = """
import json, os, sys
with open(sys.argv[1], "a") as file:
    print(json.dumps([os.environ["EDGEDIGITS_VALUE"], json.load(sys.stdin)["rows"], sys.argv[2:]]), file=file)
"""


@pytest.mark.slow
def test_each_new_reading_runs_the_command_with_the_reading(
    webcam: Callable[..., Any], two_sheets: tuple[Path, list[list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "note.py").write_text(NOTE)
    command = f"{sys.executable} {tmp_path / 'note.py'} {tmp_path / 'out'} '$HOME' ; touch {tmp_path / 'shell'}"
    program = webcam("--source", two_sheets[0], "--headless", "--on-change", command)
    out, _ = program.communicate(timeout=120)
    assert program.returncode == 0
    assert len(out.splitlines()) == 2
    seen = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [rows for _, rows, _ in seen] == two_sheets[1]
    assert [value for value, _, _ in seen] == [" ".join(rows) for rows in two_sheets[1]]
    assert seen[0][2] == ["$HOME", ";", "touch", str(tmp_path / "shell")]  # words, not a shell's syntax
    assert not (tmp_path / "shell").exists()


@pytest.mark.slow
def test_a_command_that_fails_is_reported_and_reading_goes_on(
    webcam: Callable[..., Any], two_sheets: tuple[Path, list[list[str]]]
) -> None:
    program = webcam("--source", two_sheets[0], "--headless", "--on-change", "false")
    out, err = program.communicate(timeout=120)
    assert program.returncode == 0
    assert len(out.splitlines()) == 2
    assert err.count("error: --on-change false: exit status 1") == 2


@pytest.mark.parametrize(
    ("command", "message"), [("no-such-command x", "no command"), ("'", "split"), ("", "no command")]
)
def test_a_command_that_cannot_run_is_wrong_usage(
    edgedigits: Callable[..., Any], command: str, message: str, tmp_path: Path
) -> None:
    done = edgedigits("webcam", "--headless", "--source", tmp_path, "--on-change", command)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_same_value_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "note.py").write_text("import sys; open(sys.argv[1], 'a').write('x')")
    with OnChange(f"{sys.executable} {tmp_path / 'note.py'} {tmp_path / 'out'}") as output:
        for _ in range(2):
            output.take(ACCEPTED)
    assert (tmp_path / "out").read_text() == "x"
