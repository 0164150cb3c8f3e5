"""The whole path in one command, as `make demo` runs it, with one epoch."""

from pathlib import Path

import cv2
import pytest

from edgedigits import load_bundle


@pytest.mark.slow
def test_the_pipeline_leaves_a_bundle_a_report_and_a_page_and_uses_them_again(edgedigits, tmp_path):
    run = tmp_path / "a run"
    first = edgedigits("pipeline", "--epochs", 1, "--out", run, timeout=1200)
    bundle, report, page = map(Path, first.stdout.splitlines()[-3:])
    assert first.returncode == edgedigits("verify", bundle).returncode
    assert len(load_bundle(bundle).artifacts) == 6
    assert "<html" in report.read_text(encoding="utf-8")[:2000]
    assert cv2.imread(str(page)).shape == cv2.imread(str(run / "page.png")).shape

    made = [bundle / "manifest.json", report, run / "model.keras"]
    before = [path.stat().st_mtime_ns for path in made]
    second = edgedigits("pipeline", "--epochs", 1, "--out", run, timeout=1200)
    assert second.stdout.splitlines()[-3:] == [str(bundle), str(report), str(page)]
    assert [path.stat().st_mtime_ns for path in made] == before

    spoil(run / "model.keras")
    third = edgedigits("pipeline", "--epochs", 1, "--out", run, timeout=1200)
    assert third.returncode == 1
    assert "error: int8.tflite is right on" in third.stderr
    assert third.stdout.splitlines()[-3:] == [str(bundle), str(report), str(page)]
    assert all(path.stat().st_mtime_ns > time for path, time in zip(made, before, strict=True))


def spoil(path: Path) -> None:
    """Give a model the same results by way of a layer whose outputs are too large for eight bits."""
    import keras
    import numpy as np

    model = keras.models.load_model(path, compile=False)
    last = model.get_layer("probabilities")
    weights, bias = last.get_weights()
    far = keras.layers.Dense(len(weights), name="far")
    near = keras.layers.Dense(10, activation="softmax", name="probabilities")
    spoilt = keras.Model(model.input, near(far(last.input)), name=model.name)
    far.set_weights([np.eye(len(weights), dtype=np.float32), np.full(len(weights), 1000, np.float32)])
    near.set_weights([weights, bias - 1000 * weights.sum(axis=0)])
    spoilt.save(path)


def test_a_folder_with_another_run_is_refused_in_one_line(edgedigits, tmp_path):
    (tmp_path / "settings.json").write_text("{}")
    done = edgedigits("pipeline", "--out", tmp_path)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert str(tmp_path) in errors[0]
