"""What README and the guide show works: `console` and Python blocks are run, and every link leads somewhere.

A block marked `console` holds commands behind "$ ", run one after the other; what follows a command until the next is
what a reader sees and is not compared. `slow` after the language marks what takes more than a few seconds.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)( slow)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    page: Path
    number: int
    language: str
    slow: bool
    text: str


def blocks(language: str) -> list[object]:
    """Every block of a language, as parameters of a test."""
    found = [
        Block(page, i, match[1], bool(match[2]), match[3])
        for page in PAGES
        for i, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")), 1)
    ]
    return [
        pytest.param(block, id=f"{block.page.stem}-{block.number}", marks=[pytest.mark.slow] if block.slow else [])
        for block in found
        if block.language == language
    ]


@pytest.mark.parametrize("block", blocks("console"))
def test_a_console_block_runs(block):
    lines = [line for line in block.text.splitlines() if line.startswith("$ ")]
    assert lines, "a console block has commands behind $"
    program = f'"{sys.executable}" -m edgedigits_apps'
    for line in lines:
        command = re.sub(r"^edgedigits\b", lambda _: program, line.removeprefix("$ "))
        done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert done.stdout


# Blocks that need a server, a camera, or a picture of the reader's.
ELSEWHERE = {"web", "webcam", "raspberry-pi", "README"}


@pytest.mark.parametrize("block", blocks("python"))
def test_a_python_block_runs(block):
    if block.page.stem in ELSEWHERE:
        compile(block.text, str(block.page), "exec")
        return
    done = subprocess.run([sys.executable, "-c", block.text], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


LINKING = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.stem)
def test_links_lead_to_files(page):
    generated = {"commands.md", "json.md"}
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and Path(target).name not in generated:
            assert (page.parent / target).exists(), target


def test_the_site_can_be_built_strictly(tmp_path):
    pytest.importorskip("material")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    commands = (tmp_path / "reference" / "commands" / "index.html").read_text(encoding="utf-8")
    assert all(word in commands for word in ("--every-frame", "--calibration", "--tolerance"))
