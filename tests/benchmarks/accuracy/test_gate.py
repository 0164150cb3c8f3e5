"""The gate, on the bundle that ships: real files, real engines, and what happens when they are damaged."""

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from edgedigits import load_bundle
from edgedigits.bundle.reading import Bundle
from edgedigits.errors import UsageError
from edgedigits_apps.cli import app
from edgedigits_bench.accuracy import gate as gate_module
from edgedigits_bench.accuracy.evaluation import evaluate, float_predictions
from edgedigits_bench.accuracy.gate import verify
from edgedigits_data import Split, load_mnist


@pytest.fixture(scope="module")
def few():
    split = load_mnist("test")
    return Split(split.images[:200], split.labels[:200])


@pytest.fixture
def bundle(tmp_path):
    """A copy of the shipped bundle, to be damaged."""
    folder = tmp_path / "bundle"
    shutil.copytree(load_bundle("edge").path, folder)
    return load_bundle(folder)


def without_float_record(bundle):
    return Bundle(bundle.folder, {**bundle.manifest, "float": {}})


def test_counts_become_points_and_a_drop_of_exactly_the_tolerance_passes(bundle, few, monkeypatch):
    labels = np.arange(10_000, dtype=np.uint8) % 10
    reference = labels.copy()
    reference[:100] = (reference[:100] + 1) % 10
    for wrong, drop, passed in ((110, 0.10, True), (111, 0.11, False), (90, -0.10, True)):
        predictions = labels.copy()
        predictions[:wrong] = (predictions[:wrong] + 1) % 10
        found = evaluate(predictions, reference, labels)
        assert found.drop_pp == pytest.approx(drop)
        assert found.accuracy == 1 - wrong / 10_000
        monkeypatch.setattr(gate_module, "predict", lambda *_, answer=predictions: answer)
        monkeypatch.setattr(gate_module, "float_predictions", lambda *_: reference)
        result = verify(bundle, 0.10, split=Split(few.images, labels))
        assert result.passed is passed


def test_agreement_and_the_worst_class_are_those_of_a_loop(few):
    random = np.random.default_rng(3)
    predictions, reference = random.integers(0, 10, (2, 200)).astype(np.uint8)
    found = evaluate(predictions, reference, few.labels)
    recalls = {}
    for digit in range(10):
        answers = [p for p, label in zip(predictions, few.labels, strict=True) if label == digit]
        recalls[digit] = answers.count(digit) / len(answers)
    assert found.worst_accuracy == pytest.approx(min(recalls.values()))
    assert recalls[found.worst_class] == min(recalls.values())
    assert found.agreement == sum(a == b for a, b in zip(predictions, reference, strict=True)) / 200


def test_the_float_models_answers_come_from_the_manifest_and_else_from_the_float_artifact(few):
    whole, shipped = load_mnist("test"), load_bundle("edge")
    recorded = float_predictions(shipped, whole)
    assert "".join(map(str, recorded)) == shipped.manifest["float"]["predictions"]
    computed = float_predictions(without_float_record(shipped), few)
    assert (computed == recorded[:200]).mean() >= 0.995


def test_a_damaged_and_a_missing_artifact_are_rows_and_the_others_are_verified(bundle, few):
    whole = bundle.path / "int8.tflite"
    whole.write_bytes(whole.read_bytes()[:1000])
    (bundle.path / "float32.onnx").unlink()
    result = verify(bundle, 100, split=few)
    rows = {row["file"]: row for row in result.to_json()["artifacts"]}
    assert not result.passed
    for name in ("int8.tflite", "float32.onnx"):
        assert rows[name]["passed"] is False
        assert name in rows[name]["error"]
        assert "\n" not in rows[name]["error"]
    assert all(row["passed"] for name, row in rows.items() if name not in ("int8.tflite", "float32.onnx"))


def test_an_engine_that_is_not_installed_is_skipped_unless_strict(bundle, few, monkeypatch):
    monkeypatch.setattr(gate_module, "available_engines", lambda: {"litert": True, "onnxruntime": False})
    result = verify(bundle, 100, split=few)
    skipped = [row for row in result.to_json()["artifacts"] if "skipped" in row]
    assert result.passed
    assert {row["file"] for row in skipped} == {"float32.onnx", "int8.onnx"}
    assert all(row["passed"] is None for row in skipped)
    assert not verify(bundle, 100, strict=True, split=few).passed


def test_without_a_single_artifact_that_ran_nothing_passes(bundle, few, monkeypatch):
    monkeypatch.setattr(gate_module, "available_engines", lambda: {"litert": False, "onnxruntime": False})
    assert not verify(bundle, 100, split=few).passed


@pytest.mark.parametrize("tolerance", [-0.1, 101, float("nan"), float("inf")])
def test_a_tolerance_that_is_none_is_refused(bundle, tolerance):
    with pytest.raises(UsageError, match="percentage points"):
        verify(bundle, tolerance)


@pytest.mark.slow
def test_the_shipped_bundle_passes_and_the_json_is_the_designs():
    done = CliRunner().invoke(app, ["verify", "edge", "--json"])
    report = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(report) == {"tolerance_pp", "images", "float", "artifacts", "not_made", "passed"}
    assert report["images"] == 10_000
    assert report["passed"] is True
    for row in report["artifacts"]:
        assert set(row) == {"file", "engine", "accuracy", "drop_pp", "agreement", "p_value", "passed"}
        assert row["drop_pp"] == pytest.approx(100 * (report["float"]["accuracy"] - row["accuracy"]))
