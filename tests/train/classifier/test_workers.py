"""Two real workers on loopback learn what one learns, and a lost worker costs no more than the epoch it was lost in."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edgedigits.errors import UsageError
from edgedigits_data import load_mnist
from edgedigits_train import TrainError
from edgedigits_train.classifier.workers import open_workers

ARGUMENTS = ["--data", "digits.npz", "--data-only", "--batch-size", "32"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    digits = load_mnist("train").balanced(600)
    np.savez(tmp_path / "digits.npz", images=digits.images, labels=digits.labels)
    return tmp_path


def _start(place: Path, *arguments: str, config: dict[str, object] | None = None) -> "subprocess.Popen[str]":
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    if config:
        environment["TF_CONFIG"] = json.dumps(config)
    command = [sys.executable, "-m", "edgedigits_apps", "train", *ARGUMENTS, *arguments]
    return subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True)


def _two(place: Path, *arguments: str) -> list["subprocess.Popen[str]"]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (first, second)]
    tasks = [{"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}} for i in range(2)]
    return [_start(place, "--strategy", "multiworker", *arguments, config=task) for task in tasks]


def _finish(*processes: "subprocess.Popen[str]") -> None:
    for process in processes:
        _, complaints = process.communicate(timeout=240)
        assert process.returncode == 0, complaints


def _history(folder: Path) -> list[dict[str, float]]:
    return json.loads((folder / "history.json").read_text())  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["reference", "nano"])
def test_two_workers_learn_what_one_learns(place: Path, model: str) -> None:
    arguments = ["--model", model, "--epochs", "2", "--learning-rate", "0.001"]
    _finish(_start(place, *arguments, "--out", "one"))
    _finish(*_two(place, *arguments, "--out", "two"))
    one, two = _history(place / "one"), _history(place / "two")
    # Without batch normalization the two compute the same sums in another order.
    tolerance = 0.01 if model == "reference" else 0.1
    np.testing.assert_allclose([e["loss"] for e in two], [e["loss"] for e in one], rtol=tolerance)
    scores = [json.loads((place / name / "metrics.json").read_text())["own"]["accuracy"] for name in ("one", "two")]
    assert scores[0] == pytest.approx(scores[1], abs=0.04 if model == "reference" else 0.15)


@pytest.mark.slow
def test_the_run_goes_on_from_the_chiefs_checkpoint_after_a_worker_was_lost(place: Path) -> None:
    arguments = ["--model", "reference", "--epochs", "6", "--out", "run"]
    chief, worker = _two(place, *arguments)
    deadline = time.monotonic() + 120
    while not (place / "run" / "checkpoint.npz").exists() and time.monotonic() < deadline:
        assert chief.poll() is None, chief.communicate()[1]
        time.sleep(0.02)
    worker.kill()
    worker.communicate()
    try:
        chief.communicate(timeout=60)
        assert chief.returncode != 0
    except subprocess.TimeoutExpired:  # it may wait for ever for the other's gradients, as it would for a slow one
        chief.kill()
        chief.communicate()
    before = _history(place / "run")
    assert 1 <= len(before) < 6
    _finish(*_two(place, *arguments))
    assert len(_history(place / "run")) == 6
    assert _history(place / "run")[: len(before)] == before


def test_workers_are_refused_unless_tf_config_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(TrainError, match="TF_CONFIG does not say"):
        open_workers("multiworker")
    monkeypatch.setenv(
        "TF_CONFIG", json.dumps({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 3}})
    )
    with pytest.raises(TrainError, match="index 3 of 1 workers"):
        open_workers("multiworker")
    with pytest.raises(UsageError, match="no strategy 'all'"):
        open_workers("all")
