"""What the scripts beside this share: fresh environments, built from the working tree and installed where nothing
else is; programs that must succeed; results that are printed and kept.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
# A page of digits made from the test images that the wheel carries, for installed programs to read.
PAGE = """
import sys, cv2, numpy as np
from edgedigits_data import load_mnist
test = load_mnist("test")
page = np.full((3 * 60, 6 * 44), 250, np.uint8)
for i in range(18):
    y, x = 16 + 60 * (i // 6), 8 + 44 * (i % 6)
    page[y : y + 28, x : x + 28] -= (test.images[9 + i] * 0.9).astype(np.uint8)
cv2.imwrite(sys.argv[1], cv2.resize(page, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))
"""
# What that page says: 18 test labels, after the ninth, a 5 that most models take for a 6.
ROWS = ["906901", "597349", "665407"]


class Environment:
    """A virtual environment with something installed in it."""

    def __init__(self, folder: Path, *requirements: str | Path, python: str = sys.executable) -> None:
        """Make it; it is gone when its folder is."""
        self.folder = folder
        run(python, "-m", "venv", folder)
        run(self.bin / "python", *PIP, "install", *requirements)

    @property
    def bin(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    def output(self, *command: str | Path, prefix: tuple[str | Path, ...] = (), **environment: str) -> str:
        """What one of its programs prints, started in its folder and without this process' own environment."""
        variables = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8", **environment}
        done = run(*prefix, self.bin / command[0], *command[1:], env=variables, cwd=self.folder, stdout=subprocess.PIPE)
        return str(done.stdout)


def build(out: Path, *kinds: str) -> list[Path]:
    """Build "wheel", "sdist" or both from the working tree; their files."""
    run(
        sys.executable,
        "-m",
        "build",
        "--outdir",
        out,
        *(f"--{kind}" for kind in kinds),
        ROOT,
        stdout=subprocess.DEVNULL,
    )
    return sorted([*out.glob("*.whl"), *out.glob("*.tar.gz")])


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program and stop here, with what it said, if it fails.

    It gets no input and not this process' PYTHONPATH, unless `stdin` and `env` say otherwise.
    """
    words = [str(word) for word in command]
    options.setdefault("env", {name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    if not shutil.which(words[0]):
        raise SystemExit(f"error: {words[0]} is not installed")
    try:
        return subprocess.run(words, check=True, text=True, **options)  # noqa: S603 - named above
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise SystemExit(f"error: {error}") from None


def fill(page: Path, mark: str, lines: list[str]) -> None:
    """Put lines between a page's comments `<!-- mark -->` and `<!-- /mark -->`, in place of what is there."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"error: {page} has no place {begin.strip()} ... {end}")
    page.write_text(before + begin + "".join(f"{line}\n" for line in lines) + end + after, encoding="utf-8")


def finish(result: dict[str, Any], out: Path | None) -> NoReturn:
    """Print a result as JSON, write it to `out` as well if that is given, and exit: 0 if it `passed`, else 1."""
    text = json.dumps(result, indent=1) + "\n"
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    print(text, end="")
    sys.exit(not result["passed"])
