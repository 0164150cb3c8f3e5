"""`kill -9` in the middle of `train` and `bench`: what is left is whole, and the same command goes on with it."""

import itertools
import json
import shutil
import signal
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


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """Trains a network whose confidence is calibrated; its folder is to be added."""
    digits = tmp_path_factory.mktemp("digits") / "digits.npz"
    few = load_mnist("train").balanced(300)
    np.savez(digits, images=few.images, labels=few.labels)
    return ["train", "--model", "nano", "--epochs", 1, "--data", digits, "--data-only", "--out"]


TRAINED = {"settings.json", "inputs.json", "best.keras", "history.json", "checkpoint.npz"}
FINISHED = {"settings.json", "inputs.json", "history.json", "model.keras", "metrics.json"}


def test_training_goes_on_after_being_killed_at_any_moment(edgedigits, killed, command, tmp_path):
    run = tmp_path / "run"
    command = [*command, run]
    # Each run goes on with what the one before it left.
    killed("os.rename inputs.json 1", *command)
    assert names(run) == {".partial"}
    killed("os.rename settings.json 1", *command)
    assert names(run) == {"inputs.json", ".partial"}
    killed("os.rename best.keras 1", *command)
    assert names(run) == {"settings.json", "inputs.json", ".partial"}
    killed("os.rename history.json 1", *command)
    assert names(run) == {"settings.json", "inputs.json", "best.keras", ".partial"}
    killed("os.rename checkpoint.npz 1", *command)
    assert names(run) == TRAINED - {"checkpoint.npz"} | {".partial"}
    done = edgedigits(*command)
    assert done.returncode == 0, done.stderr
    assert names(run) == FINISHED
    (epoch,) = json.loads((run / "history.json").read_text())
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["validation"]["accuracy"] == epoch["validation_accuracy"]
    assert keras.models.load_model(run / "model.keras", compile=False).count_params() == metrics["parameters"]


@pytest.mark.timeout(5400)  # twenty runs, minutes each on a machine with other work
def test_what_follows_training_is_made_once_whatever_change_it_is_killed_before(edgedigits, fault, command, tmp_path):
    trained, whole = tmp_path / "trained", tmp_path / "whole"
    done = edgedigits(*command, trained, env=fault("kill os.rename model.keras 1"))
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert names(trained) == TRAINED | {".partial"}
    shutil.copytree(trained, whole)
    assert edgedigits(*command, whole).returncode == 0
    best, expected = weights(trained / "best.keras"), weights(whole / "model.keras")
    assert not np.allclose(best[-1], expected[-1])  # the temperature changes the last layer

    for change in itertools.count(1):
        run = tmp_path / f"run-{change}"
        shutil.copytree(trained, run)
        status = edgedigits(*command, run, env=fault(f"kill change {run.name}/ {change}")).returncode
        if status == 0:
            break
        assert status == -signal.SIGKILL
        done = edgedigits(*command, run)
        assert done.returncode == 0, done.stderr
        assert names(run) == FINISHED
        for ours, theirs in zip(weights(run / "model.keras"), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert change > 6  # model and metrics begun and put into place, the leftovers removed


def weights(path: Path) -> list[np.ndarray]:
    return keras.models.load_model(path, compile=False).get_weights()


def test_a_killed_benchmark_leaves_the_report_of_the_last_one(edgedigits, killed, tmp_path):
    model = load_bundle("edge").read("float32.tflite")
    manifest = {"name": "one", "files": {"float32.tflite": {"engine": "litert"}}}  # one is enough here
    bundle = write_bundle(tmp_path / "bundle", {"float32.tflite": model}, manifest).path
    report = tmp_path / "report.html"
    report.write_text("<title>edgedigits bench: the last one</title>")
    command = ["bench", bundle, "--quick", "--seconds", 0.01, "--html", report]
    for moment in (f"subprocess.Popen {Path(sys.executable).name} 4", "os.rename report.html 1"):
        killed(moment, *command)
        assert "the last one" in report.read_text()
    done = edgedigits(*command)
    assert done.returncode == 0, done.stderr
    assert report.read_text(encoding="utf-8").endswith("</html>\n")
    assert names(tmp_path) == {"bundle", "report.html"}
