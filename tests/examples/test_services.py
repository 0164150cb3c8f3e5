"""The examples that start the reader as a service."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgedigits_apps.webcam.mqtt import parse_broker

EXAMPLES = Path(__file__).parents[2] / "examples"
UNIT = EXAMPLES / "systemd" / "edgedigits-webcam.service"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/edgedigits/bin/edgedigits", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert done.returncode == 0, done.stderr
    assert not complaints


def test_the_units_command_is_one_that_the_program_takes(edgedigits: Callable[..., Any]) -> None:
    [command] = re.findall(r"^ExecStart=\S+/edgedigits (.*)$", UNIT.read_text(), re.M)
    check_options(edgedigits, shlex.split(command))


def test_the_compose_files_command_is_one_that_the_program_takes(edgedigits: Callable[..., Any]) -> None:
    text = (EXAMPLES / "home-assistant" / "compose.yaml").read_text()
    [command] = re.findall(r"command: >-\n((?:      .*\n)+)", text)
    words = shlex.split(command)
    check_options(edgedigits, words)
    assert parse_broker(words[words.index("--mqtt") + 1], None).topic == "home/meter"


def check_options(edgedigits: Callable[..., Any], words: list[str]) -> None:
    """The command is there and has these options: with a source that is missing, that is all there is to say."""
    place = words.index("--source") + 1
    done = edgedigits(*words[:place], "no-such.mp4", *words[place + 1 :])
    assert done.returncode in (1, 2)
    assert "no-such.mp4" in done.stderr
