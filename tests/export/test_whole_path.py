"""Whole or not at all: the same bytes twice, nothing overwritten, and an old bundle that outlives Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from edgedigits import BundleError, load_bundle
from edgedigits_export import ExportError, ExportOptions, export_bundle
from edgedigits_export.formats import attempts


@pytest.mark.slow
def test_exporting_twice_gives_the_same_bytes(tiny_model, tiny_bundle, tmp_path):
    again = export_bundle(tiny_model, tmp_path / "again")
    first = load_bundle(tiny_bundle)
    assert {name: record["sha256"] for name, record in again.files.items()} == {
        name: record["sha256"] for name, record in first.files.items()
    }


def test_nothing_is_converted_where_a_bundle_is_in_the_way(tiny_bundle, tmp_path):
    """It is refused before the model is even looked for."""
    with pytest.raises(BundleError, match="--force"):
        export_bundle(tmp_path / "no such model.keras", tiny_bundle)


def test_an_artifact_that_differs_from_its_model_is_not_written(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(attempts, "LIMIT", 1e-12)
    with pytest.raises(ExportError, match=r"float32\.tflite is not the Keras model"):
        export_bundle(tiny_model, tmp_path / "bundle", ["float32.tflite"])
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_options_reach_the_files(tiny_model, tmp_path):
    options = ExportOptions(input_dtype="int8", output_dtype="int8", batch="free", per_channel=False, opset=13)
    bundle = export_bundle(tiny_model, tmp_path / "bundle", ["int8.tflite", "float32.onnx"], options=options)
    record = bundle.files["int8.tflite"]
    assert [record[side][0]["dtype"] for side in ("inputs", "outputs")] == ["int8", "int8"]
    assert (record["inputs"][0]["scale"], record["inputs"][0]["zero_point"]) == (1.0, -128)
    assert record["inputs"][0]["shape"] == ["N", 28, 28, 1]
    assert bundle.manifest["proof"]["int8.tflite"]["agreement"] > 0.95


@pytest.mark.slow
def test_ctrl_c_leaves_the_old_bundle_whole(tiny_model, tiny_bundle, tmp_path):
    target = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    command = [sys.executable, "-m", "edgedigits_apps", "export", str(tiny_model), "--out", str(target), "--force"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "dynamic.tflite" in line:  # in the middle of it
            process.send_signal(signal.SIGINT)
            break
    process.communicate(timeout=120)
    assert process.returncode not in (0, 1)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    time.sleep(0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert load_bundle(target).read("int8.tflite")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 96 KB with a bundle on it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("making a small file system needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_full_disk_leaves_the_old_bundle_whole(tiny_model, small_disk):
    target = small_disk / "bundle"
    export_bundle(tiny_model, target, ["int8.tflite"])
    (small_disk / "filler").write_bytes(bytes(1000))
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    command = [sys.executable, "-m", "edgedigits_apps", "export", str(tiny_model), "--out", str(target), "--force"]
    done = subprocess.run([*command, "--format", "tflite"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert f"error: {target} cannot be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert sorted(path.name for path in small_disk.iterdir()) == ["bundle", "filler"]


@pytest.mark.slow
def test_the_export_after_a_killed_one_works(tiny_model, tmp_path):
    """Killed as soon as its working folder is there, whatever it has got to."""
    target = tmp_path / "bundle"
    export_bundle(tiny_model, target, ["int8.tflite"])
    command = [sys.executable, "-m", "edgedigits_apps", "export", str(tiny_model), "--out", str(target), "--force"]
    process = subprocess.Popen([*command, "--format", "float32.tflite"], stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp_path.glob(".bundle.*")):
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with pytest.raises(BundleError, match="--force"):
        export_bundle(tiny_model, target, ["int8.tflite"])
    assert load_bundle(target).read("model.keras")
    assert export_bundle(tiny_model, target, ["int8.tflite"], force=True).read("int8.tflite")
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
