"""Bundles: whole or absent, refused by name when damaged, and never outside their folder."""

import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest

from edgedigits import BundleError, load_bundle
from edgedigits.bundle.reading import MANIFEST
from edgedigits.bundle.writing import update_manifest, write_bundle

FILES = {"a.bin": b"alpha", "micro/b.txt": b"beta"}


def make(folder, **options):
    return write_bundle(folder, FILES, {"name": "tiny", "files": {"a.bin": {"engine": "none"}}}, **options)


def test_what_was_written_is_read_back(tmp_path):
    make(tmp_path / "bundle")
    bundle = load_bundle(tmp_path / "bundle")
    assert {name: bundle.read(name) for name in bundle.files} == FILES
    assert bundle.artifacts == ["a.bin"]
    assert update_manifest(bundle, gate={"passed": True}).manifest["gate"] == {"passed": True}
    assert load_bundle(bundle.path).manifest["gate"] == {"passed": True}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle"]


def test_nothing_is_overwritten_without_force(tmp_path):
    make(tmp_path / "bundle")
    with pytest.raises(BundleError, match="--force"):
        make(tmp_path / "bundle")
    make(tmp_path / "bundle", force=True)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="not a bundle"):
        make(stranger, force=True)
    assert (stranger / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("harm", [b"alphA", b"alpha and more", b"alp", None])
def test_a_damaged_file_is_refused_by_name(tmp_path, harm):
    bundle = make(tmp_path / "bundle")
    path = bundle.path / "a.bin"
    if harm is None:
        path.unlink()
    else:
        path.write_bytes(harm)
    with pytest.raises(BundleError, match=r"a\.bin"):
        bundle.read("a.bin")
    assert bundle.read("micro/b.txt") == b"beta"


def test_an_interrupted_write_leaves_the_old_bundle(tmp_path):
    """The last file's content arrives with a Ctrl-C instead of bytes."""

    class Interrupting(dict):
        def items(self):
            yield from list(super().items())
            if (tmp_path / "bundle").exists() and any(tmp_path.glob(".bundle.*")):
                raise KeyboardInterrupt

    make(tmp_path / "bundle")
    with pytest.raises(KeyboardInterrupt):
        write_bundle(tmp_path / "bundle", Interrupting({"a.bin": b"new"}), {"name": "tiny"}, force=True)
    assert load_bundle(tmp_path / "bundle").read("a.bin") == b"alpha"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle"]


KILLED = """
import os, signal, sys
from pathlib import Path
from edgedigits.bundle.writing import write_bundle

def hook(event, arguments):
    if event == sys.argv[2] and str(arguments[0]).endswith(sys.argv[3]) and '.bundle.' in str(arguments):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
write_bundle(Path(sys.argv[1]), {"a.bin": b"new", "micro/b.txt": b"new"}, {"name": "tiny"}, force=True)
"""


@pytest.mark.parametrize(
    ("event", "path"),
    [("open", "new/micro/b.txt"), ("os.rename", "/bundle"), ("os.rename", "/new")],
)
def test_the_next_writer_cleans_up_after_a_killed_one(tmp_path, event, path):
    """Killed while it writes a file, just before it takes the old bundle away, and just after."""
    make(tmp_path / "bundle")
    command = [sys.executable, "-c", KILLED, str(tmp_path / "bundle"), event, path]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert any(tmp_path.glob(".bundle.*"))
    with pytest.raises(BundleError, match="--force"):
        make(tmp_path / "bundle")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle"]
    bundle = load_bundle(tmp_path / "bundle")
    assert {name: bundle.read(name) for name in bundle.files} == FILES
    make(tmp_path / "bundle", force=True)


def test_only_what_a_killed_writer_left_is_cleaned_up(tmp_path):
    """Not the folder of a writer that is at work, nor anybody's notes."""
    (tmp_path / ".bundle.atwork00" / "new").mkdir(parents=True)
    (tmp_path / ".bundle.notes").mkdir()
    (tmp_path / ".bundle.notes" / "thesis.txt").write_text("years of work")
    (tmp_path / ".bundle.txt").write_text("a file")
    (tmp_path / ".bundle.link").symlink_to(tmp_path / ".bundle.atwork00")
    before = sorted(tmp_path.rglob("*"))
    handle = os.open(tmp_path / ".bundle.atwork00", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    make(tmp_path / "bundle")
    assert [path for path in sorted(tmp_path.rglob("*")) if tmp_path / "bundle" not in [path, *path.parents]] == before
    os.close(handle)
    make(tmp_path / "bundle", force=True)
    assert not (tmp_path / ".bundle.atwork00").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 99},
        {"name": 7},
        {"files": []},
        {"reject_below": "high"},
        {"reject_below": 7},
        {"files": {"../a.bin": {"sha256": "0", "size_bytes": 1}}},
        {"files": {"/etc/passwd": {"sha256": "0", "size_bytes": 1}}},
        {"files": {"a.bin": {"sha256": "0"}}},
        {"files": {"a.bin": {"sha256": "0", "size_bytes": -1}}},
        {"files": {"a.bin": {"size_bytes": 1}}},
        {"files": {"a.bin": {"sha256": "0" * 64, "size_bytes": 10**30}}},
        {"files": {"a.bin": {"sha256": "0" * 64, "size_bytes": 10**12}}},
        {"files": {"a.bin": {"sha256": "0" * 64, "size_bytes": True}}},
        {"files": {"a\n.bin": {"sha256": "0" * 64, "size_bytes": 1}}},
        {"files": {"a.bin": {"sha256": "0" * 64, "size_bytes": 1, "inputs": [{"name": 3}]}}},
        {"name": "a/b"},
        {"name": "a\nb"},
        {"name": ""},
        {"training": [1]},
        {"training": {"settings": [1]}},
        {"float": 5},
        {"not_made": ["int8.onnx"]},
        {"labels": [1, 2]},
        '{"schema": 1, "name": "x", "files": {}, "reject_below": NaN}',
        '{"schema": 1, "name": "x", "files": {}, "reject_below": 1' + "0" * 5000 + "}",
        '{"schema": 1, "name": "x", "files": {}, "reject_below": 1e999}',
        '"\udcff"',
        "not json",
        "[]",
        "[" * 100_000,
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(tmp_path, change):
    path = make(tmp_path / "bundle").path / MANIFEST
    text = change if isinstance(change, str) else json.dumps(json.loads(path.read_text()) | change)
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(BundleError, match="manifest") as error:
        load_bundle(tmp_path / "bundle")
    assert "\n" not in str(error.value)


def test_pipes_and_devices_in_a_bundle_are_refused_at_once(tmp_path):
    bundle = make(tmp_path / "bundle")
    for name in ("a.bin", MANIFEST):
        (bundle.path / name).unlink()
        os.mkfifo(bundle.path / name)
    with pytest.raises(BundleError, match="it is a pipe"):
        bundle.read("a.bin")
    with pytest.raises(BundleError, match="it is a pipe"):
        load_bundle(bundle.path)
    (bundle.path / MANIFEST).unlink()
    (bundle.path / MANIFEST).symlink_to("/dev/zero")
    with pytest.raises(BundleError, match="it is a device"):
        load_bundle(bundle.path)


def test_a_missing_bundle_says_what_to_do(tmp_path):
    with pytest.raises(BundleError, match="export one"):
        load_bundle(tmp_path / "nothing")
    with pytest.raises(BundleError, match="export one"):
        load_bundle("no-such-name")
