"""The gate, on the bundle that ships: real files, real engines, and what happens when they are damaged."""

import json
import shutil
from xml.etree import ElementTree

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
from edgedigits_bench.report.gate import to_junit, to_markdown
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


def answers(lost, won, total=10_000, wrong=500):
    """Labels, a float model's answers of which `wrong` are wrong, and an artifact's that loses and wins so many."""
    labels = np.arange(total, dtype=np.uint8) % 10
    reference, predictions = labels.copy(), labels.copy()
    reference[:wrong] = predictions[won:wrong] = 11
    predictions[wrong : wrong + lost] = 11
    return labels, reference, predictions


def judged(bundle, few, monkeypatch, lost, won, strict=False, total=10_000, tolerance=0.10):
    labels, reference, predictions = answers(lost, won, total)
    monkeypatch.setattr(gate_module, "predict", lambda *_: predictions)
    monkeypatch.setattr(gate_module, "float_predictions", lambda *_: reference)
    return verify(bundle, tolerance, strict, split=Split(few.images, labels))


def test_a_drop_that_chance_explains_passes_unless_strict_and_says_how_many_images_would_tell(bundle, few, monkeypatch):
    # a model that is right on 95 %: 60 images tip one way and 45 the other
    result = judged(bundle, few, monkeypatch, 60, 45)
    row = result.to_json()["artifacts"][0]
    assert result.passed
    assert row["p_value"] == pytest.approx(0.0859, abs=1e-3)
    assert 20_000 < row["images_needed"] < 40_000
    assert any(f"some {row['images_needed']:,} would" in note for note in result.notes)
    assert not judged(bundle, few, monkeypatch, 60, 45, strict=True).passed


def test_a_drop_beyond_chance_fails_and_a_gain_however_large_never_does(bundle, few, monkeypatch):
    assert not judged(bundle, few, monkeypatch, 60, 30).passed
    for strict in (False, True):
        better = judged(bundle, few, monkeypatch, 30, 300, strict=strict)
        assert better.passed
        assert better.to_json()["artifacts"][0]["p_value"] == pytest.approx(1)
        assert better.to_json()["artifacts"][0]["drop_pp"] < 0


def test_too_few_images_are_said_to_be_too_few(bundle, few, monkeypatch):
    result = judged(bundle, few, monkeypatch, 0, 0, total=1000)
    assert result.passed
    assert result.notes == ["1,000 images show no loss below 0.70 pp; 7,000 would show one of 0.10 pp."]
    assert judged(bundle, few, monkeypatch, 0, 0).notes == []


def test_formats_that_were_not_made_are_in_the_report_and_fail_nothing(bundle, few):
    entry = {"file": "int8.onnx", "reason": "ONNX has no operator for TensorFlow's Erfc.", "tried": [], "remedy": "x."}
    kept = {name: record for name, record in bundle.files.items() if name != "int8.onnx"}
    lacking = Bundle(bundle.folder, {**bundle.manifest, "files": kept, "not_made": [entry]})
    result = verify(lacking, 100, split=few)
    assert result.passed
    assert result.to_json()["not_made"] == [entry]
    assert "int8.onnx: ONNX has no operator" in to_markdown(result)
    suite = ElementTree.fromstring(to_junit("edge", result).split("\n", 1)[1])
    assert suite.attrib["skipped"] == "1"
    assert len(suite) == len(kept) - len(set(kept) - set(bundle.artifacts)) + 1


def test_a_junit_report_and_a_markdown_table_say_what_the_table_says(bundle, few, monkeypatch):
    result = judged(bundle, few, monkeypatch, 60, 30)
    suite = ElementTree.fromstring(to_junit("edge", result).split("\n", 1)[1])
    assert suite.attrib["failures"] == suite.attrib["tests"] == str(len(bundle.artifacts))
    assert "+0.30 pp" in suite.find("testcase/failure").attrib["message"]
    table = to_markdown(result)
    assert "| int8.tflite | litert | 94.70% | +0.30 pp |" in table
    assert "failed" in table


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
