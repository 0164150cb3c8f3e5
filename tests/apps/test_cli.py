"""The command line as a whole: help, versions, quiet, and how mistakes are told."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgedigits_apps.cli import app
from edgedigits_apps.examples import EXAMPLES

COMMANDS = sorted(info.name or info.callback.__name__ for info in app.registered_commands if info.callback)


def test_every_command_has_two_examples_and_there_are_no_others() -> None:
    assert sorted(EXAMPLES) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_ends_with_the_examples_and_has_no_boxes_without_a_terminal(
    command: str, edgedigits: Callable[..., Any]
) -> None:
    done = edgedigits(command, "--help")
    assert done.returncode == 0
    assert [line.strip() for line in done.stdout.splitlines()[-2:]] == list(EXAMPLES[command])
    assert not set(done.stdout) & set("╭│╰\x1b")


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_name_options_that_the_command_has(command: str, edgedigits: Callable[..., Any]) -> None:
    words = edgedigits(command, "--help").stdout.replace(",", " ").split()
    for example in EXAMPLES[command]:
        assert {word for word in example.split() if word.startswith("--")} <= set(words)


def test_the_version_names_the_engines(edgedigits: Callable[..., Any]) -> None:
    lines = edgedigits("--version").stdout.splitlines()
    assert lines[0].startswith("edgedigits ")
    names = [line.split()[0] for line in lines]
    assert {"ai-edge-litert", "numpy"} <= set(names)


def test_a_command_that_is_mistyped_is_suggested(edgedigits: Callable[..., Any]) -> None:
    done = edgedigits("raed", "photo.jpg")
    assert done.returncode == 2
    assert "'read'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_quiet_leaves_data_and_errors(edgedigits: Callable[..., Any], tmp_path: Path) -> None:
    loud, quiet = (edgedigits(*option, "verify", "nano", "--format", "x") for option in ([], ["-q"]))
    assert loud.returncode == quiet.returncode == 2
    assert "error: " in quiet.stderr


def test_python_m_edgedigits_is_the_command_line() -> None:
    command = [sys.executable, "-m", "edgedigits", "read", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Read the digits on photographs" in done.stdout


def test_colours_are_left_out_where_no_color_is_set() -> None:
    program = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'edgedigits', 'info']) >> 8)"
    environment = {**os.environ, "TERM": "xterm-256color"}
    outputs = {}
    for no_color in ("", "1"):
        environment["NO_COLOR"] = no_color
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, env=environment, stdin=subprocess.DEVNULL, check=True
        )
        outputs[no_color] = done.stdout
    assert b"\x1b[3" not in outputs["1"]
