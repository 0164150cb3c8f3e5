"""The script that fetches typefaces, photographs and words: one small package for real, and what goes wrong."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgedigits_data.synthetic.views import load_sources

SCRIPT = Path(__file__).parents[4] / "scripts" / "fetch_sources.py"


def fetch(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True)


def test_every_package_is_pinned_and_splits_share_no_family():
    packages = json.loads(SCRIPT.with_suffix(".json").read_text(encoding="utf-8"))
    for package in (*packages["npm"].values(), *packages["debian"].values()):
        assert package["version"]
        assert len(package["sha256"]) == 64
    assert not [name for name in packages["npm"] if "kristi" in name or "nanum" in name]
    for role, share in (("hand", 0.08), ("print", 0.08)):
        family = [package for package in packages["npm"].values() if package["role"] == role]
        held = [package for package in family if package.get("split") == "validation"]
        assert share < len(held) / len(family) < 0.25


def test_a_package_that_is_not_listed_is_told(tmp_path):
    done = fetch("--out", tmp_path, "--only", "@fontsource/comic-sans")
    assert done.returncode == 1
    assert "not in fetch_sources.json" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_a_family_is_fetched_and_checked(tmp_path):
    done = fetch("--out", tmp_path, "--only", "@fontsource/zeyada")
    if "cannot download" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    (face,) = load_sources(tmp_path, "train").faces["hand"]
    assert face.family == "zeyada"
    assert face.has("7")
    assert not face.has("ж")
    (archive,) = (tmp_path / "archives").iterdir()
    archive.write_bytes(archive.read_bytes()[:-1])
    done = fetch("--out", tmp_path, "--only", "@fontsource/zeyada")
    assert done.returncode == 1
    assert "is not the pinned" in done.stderr
