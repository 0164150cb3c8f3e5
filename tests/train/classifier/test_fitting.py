"""Runs on a few hundred digits: what is in the folder, resuming, fine-tuning, distilling, and what stops a run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from edgedigits.errors import OccupiedError, UsageError
from edgedigits_data import load_mnist
from edgedigits_train import TrainError, TrainSettings
from edgedigits_train.classifier.fitting import train
from edgedigits_train.classifier.step import predict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An .npz of 600 MNIST digits: sixty are kept for validation, sixty for the test."""
    path = tmp_path_factory.mktemp("own") / "digits.npz"
    digits = load_mnist("train").balanced(600)
    np.savez(path, images=digits.images, labels=digits.labels)
    return str(path)


def settings(own: str, model: str = "reference", **others: Any) -> TrainSettings:
    return TrainSettings.for_model(model, data=own, data_only=True, **{"epochs": 2, "batch_size": 32} | others)


@pytest.fixture(scope="module")
def run(own: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the reference network, with everything that can be asked for."""
    folder = tmp_path_factory.mktemp("run")
    train(settings(own), folder, tensorboard=True, pickled=True)
    return folder


def test_a_run_leaves_its_model_settings_history_and_metrics(own: str, run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    history = json.loads((run / "history.json").read_text())
    assert metrics["parameters"] == 607_394
    assert metrics["own"]["images"] == 60
    assert metrics["own"]["accuracy"] > 0.7  # a tenth by chance
    assert [entry["epoch"] for entry in history] == [1, 2]
    assert history[1]["loss"] < history[0]["loss"]
    assert TrainSettings(**json.loads((run / "settings.json").read_text())) == settings(own)
    assert not (run / "checkpoint.npz").exists()
    assert (run / "model.pkl").stat().st_size > 1_000_000
    assert list((run / "tensorboard").glob("events.out.*"))


def test_the_metrics_are_those_of_the_saved_model(own: str, run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    history = json.loads((run / "history.json").read_text())
    best = min(history, key=lambda entry: entry["validation_loss"])
    assert metrics["validation"]["accuracy"] == best["validation_accuracy"]
    model = keras.models.load_model(run / "model.keras", compile=False)
    with np.load(own) as digits:
        assert np.mean(predict(model, digits["images"]).argmax(1) == digits["labels"]) > 0.8


def test_a_finished_run_is_used_as_it_is_and_never_overwritten_by_another(own: str, run: Path) -> None:
    before = (run / "model.keras").stat().st_mtime_ns
    assert train(settings(own), run) == json.loads((run / "metrics.json").read_text())
    with pytest.raises(UsageError, match="another learning_rate"):
        train(settings(own, learning_rate=0.01), run)
    assert (run / "model.keras").stat().st_mtime_ns == before


def test_a_run_is_refused_whose_images_or_models_have_changed(own: str, run: Path, tmp_path: Path) -> None:
    data, teacher = tmp_path / "digits.npz", tmp_path / "teacher.keras"
    teacher.write_bytes((run / "model.keras").read_bytes())
    with np.load(own) as digits:
        images, labels = digits["images"], digits["labels"]
    np.savez(data, images=images, labels=labels)
    wanted = settings(str(data), epochs=1, distil_from=str(teacher))
    out = tmp_path / "run"
    train(wanted, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    np.savez(data, images=images, labels=np.where(labels == 3, 5, labels).astype(np.uint8))
    with pytest.raises(OccupiedError, match="inputs have changed since: own images, training images, validation"):
        train(wanted, out)
    np.savez(data, images=images, labels=labels)
    teacher.write_bytes(teacher.read_bytes() + b" ")
    with pytest.raises(OccupiedError, match=f"inputs have changed since: {teacher}; choose another folder"):
        train(wanted, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_the_recipe_trains_nano_with_non_digits_averaging_and_a_teacher(own: str, run: Path, tmp_path: Path) -> None:
    metrics = train(settings(own, "nano", epochs=6, distil_from=str(run)), tmp_path / "nano")
    assert metrics is not None
    assert metrics["validation"]["accuracy"] > 0.4
    assert 0.1 < metrics["reject_below"] < 1


def test_layers_in_bfloat16_learn_as_in_float32_which_is_saved(own: str, tmp_path: Path) -> None:
    losses = []
    for bfloat16 in (False, True):
        out = tmp_path / str(bfloat16)
        train(settings(own, "nano", epochs=3, averaging=0.0, bfloat16=bfloat16), out)
        losses.append([entry["loss"] for entry in json.loads((out / "history.json").read_text())])
    assert losses[0] == pytest.approx(losses[1], rel=0.03)
    assert losses[0] != losses[1]
    model = keras.models.load_model(tmp_path / "True" / "model.keras", compile=False)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


def test_fine_tuning_starts_where_the_other_run_ended(own: str, run: Path, tmp_path: Path) -> None:
    metrics = train(settings(own, from_model=str(run), epochs=1, learning_rate=1e-7), tmp_path / "tuned")
    assert metrics is not None
    assert metrics["own"]["accuracy"] == json.loads((run / "metrics.json").read_text())["own"]["accuracy"]
    with pytest.raises(TrainError, match="is not a nano"):
        train(settings(own, "nano", from_model=str(run)), tmp_path / "other")


def test_from_takes_the_folder_of_a_run_and_trains_the_same_network(
    edgedigits, own: str, run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuned"
    some = ("--data", own, "--data-only", "--epochs", 1, "--learning-rate", 1e-7, "--out", out)
    done = edgedigits("train", "--from", run, *some)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["model"] == "reference"
    assert metrics["own"]["accuracy"] == json.loads((run / "metrics.json").read_text())["own"]["accuracy"]


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_best_epoch(own: str, tmp_path: Path) -> None:
    _interrupted(settings(own, epochs=9), tmp_path)
    good = (tmp_path / "best.keras").read_bytes()
    with np.load(tmp_path / "checkpoint.npz") as kept:
        arrays: dict[str, Any] = dict(kept)
    arrays["0"] = np.full_like(arrays["0"], np.inf)  # the first kernel
    np.savez(tmp_path / "checkpoint.npz", **arrays)
    with pytest.raises(TrainError, match=r"no longer a number in epoch \d; the best epoch so far is kept"):
        train(settings(own, epochs=9), tmp_path)
    assert (tmp_path / "best.keras").read_bytes() == good
    assert not (tmp_path / "metrics.json").exists()


def test_after_ctrl_c_the_same_command_goes_on_and_ends_like_an_uninterrupted_run(own: str, tmp_path: Path) -> None:
    wanted = settings(own, epochs=5)
    _interrupted(wanted, tmp_path / "twice")
    done = json.loads((tmp_path / "twice" / "history.json").read_text())
    assert 1 <= len(done) < 5
    twice, once = train(wanted, tmp_path / "twice"), train(wanted, tmp_path / "once")
    assert twice is not None
    assert once is not None
    history = [json.loads((tmp_path / name / "history.json").read_text()) for name in ("twice", "once")]
    assert history[0][: len(done)] == done
    np.testing.assert_allclose(*[[entry["loss"] for entry in entries] for entries in history], rtol=1e-3)
    assert twice["own"]["accuracy"] == pytest.approx(once["own"]["accuracy"], abs=0.02)


def _interrupted(wanted: TrainSettings, out: Path) -> None:
    """Start the command line in a process of its own and press Ctrl-C after its first epoch."""
    command = [*wanted.command().split()[1:], "--out", str(out)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        [sys.executable, "-m", "edgedigits_apps", *command], env=environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (out / "checkpoint.npz").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert "Traceback" not in complaints


def test_a_damaged_checkpoint_is_named(own: str, tmp_path: Path) -> None:
    _interrupted(settings(own, epochs=9), tmp_path)
    (tmp_path / "checkpoint.npz").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(TrainError, match=r"checkpoint\.npz is damaged"):
        train(settings(own, epochs=9), tmp_path)
