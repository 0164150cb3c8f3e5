"""`kill -9` in the middle of `train` and `bench`: what is left is whole, and the same command goes on with it."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from edgedigits import load_bundle
from edgedigits.bundle.writing import write_bundle
from edgedigits_data import load_mnist

pytestmark = pytest.mark.slow


def names(folder: Path) -> set[str]:
    """The files of a folder; all that are not whole yet by one name."""
    return {".partial" if path.name.startswith(".partial.") else path.name for path in folder.iterdir()}


def test_training_goes_on_after_being_killed_at_any_moment(edgedigits, killed, tmp_path):
    digits, run = tmp_path / "digits.npz", tmp_path / "run"
    few = load_mnist("train").balanced(300)
    np.savez(digits, images=few.images, labels=few.labels)
    command = ["train", "--model", "reference", "--epochs", 1, "--data", digits, "--data-only", "--out", run]
    # Each run goes on with what the one before it left.
    killed("os.rename model.keras 1", *command)
    assert names(run) == {"settings.json", ".partial"}
    killed("os.rename checkpoint.npz 1", *command)
    assert names(run) == {"settings.json", "model.keras", "history.json", ".partial"}
    killed("os.rename metrics.json 1", *command)
    assert names(run) == {"settings.json", "model.keras", "history.json", "checkpoint.npz", ".partial"}
    trained = (run / "model.keras").stat().st_mtime_ns
    killed("os.remove checkpoint.npz 1", *command)
    assert (run / "model.keras").stat().st_mtime_ns == trained  # the only epoch was not trained again
    done = edgedigits(*command)
    assert done.returncode == 0, done.stderr
    assert names(run) == {"settings.json", "model.keras", "history.json", "metrics.json"}
    (epoch,) = json.loads((run / "history.json").read_text())
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["validation"]["accuracy"] == epoch["validation_accuracy"]
    assert keras.models.load_model(run / "model.keras", compile=False).count_params() == metrics["parameters"]


def test_a_killed_benchmark_leaves_the_report_of_the_last_one(edgedigits, killed, tmp_path):
    model = load_bundle("edge").read("float32.tflite")
    manifest = {"name": "one", "files": {"float32.tflite": {"engine": "litert"}}}  # one is enough here
    bundle = write_bundle(tmp_path / "bundle", {"float32.tflite": model}, manifest).path
    report = tmp_path / "report.html"
    report.write_text("the last one")
    command = ["bench", bundle, "--quick", "--seconds", 0.01, "--html", report]
    for moment in (f"subprocess.Popen {Path(sys.executable).name} 4", "os.rename report.html 1"):
        killed(moment, *command)
        assert report.read_text() == "the last one"
    done = edgedigits(*command)
    assert done.returncode == 0, done.stderr
    assert report.read_text(encoding="utf-8").endswith("</html>\n")
    assert names(tmp_path) == {"bundle", "report.html"}
