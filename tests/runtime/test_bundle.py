"""Bundles: whole or absent, refused by name when damaged, and never outside their folder."""

import json

import pytest

from edgedigits import BundleError, load_bundle
from edgedigits.bundle import MANIFEST, update_manifest, write_bundle

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
        "not json",
        "[]",
        "[" * 100_000,
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(tmp_path, change):
    path = make(tmp_path / "bundle").path / MANIFEST
    path.write_text(change if isinstance(change, str) else json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BundleError, match="manifest") as error:
        load_bundle(tmp_path / "bundle")
    assert "\n" not in str(error.value)


def test_a_missing_bundle_says_what_to_do(tmp_path):
    with pytest.raises(BundleError, match="export one"):
        load_bundle(tmp_path / "nothing")
    with pytest.raises(BundleError, match="export one"):
        load_bundle("no-such-name")
