"""Training of the page reader's network: batches that do not depend on who makes them, and runs that can be stopped."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import matplotlib
import numpy as np
import pytest

from edgedigits.errors import TrainError, UsageError
from edgedigits_data.synthetic.views import load_sources
from edgedigits_train.reader.fitting import CHECKPOINT, LOG, Rate, fit_reader
from edgedigits_train.reader.settings import ReaderSettings
from edgedigits_train.reader.view_batches import DELAY, BatchMaker, view_batches

TYPEFACES = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
TINY = ReaderSettings(steps=4, decay=2, batch=2, side=64, warmup=2, bfloat16=False)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    faces = [
        {"family": role, "role": role, "split": "train", "files": {"latin": str(TYPEFACES / "DejaVuSans.ttf")}}
        for role in ("hand", "print")
    ]
    (folder / "sources.json").write_text(json.dumps({"faces": faces, "textures": [], "words": []}))
    return folder


def same(a, b):
    return np.array_equal(a[0], b[0]) and all(np.array_equal(a[1][name], b[1][name]) for name in a[1])


def test_a_steps_batch_is_the_same_whatever_was_made_before(sources):
    loaded = load_sources(sources, "train")
    maker = BatchMaker(loaded, 5, 4, 64)
    made = [maker.batch(step) for step in range(DELAY + 3)]
    assert same(made[-1], BatchMaker(loaded, 5, 4, 64).batch(DELAY + 2))
    assert not same(made[-1], made[-2])


def test_half_of_a_later_batch_are_views_seen_before_in_other_light(sources):
    maker = BatchMaker(load_sources(sources, "train"), 5, 4, 64)
    first, later = maker.batch(0), maker.batch(DELAY)
    assert later[0].shape == first[0].shape == (4, 64, 64, 1)
    assert not np.array_equal(later[0][2], first[0][0])
    assert np.array_equal(later[1]["map"][2], first[1]["map"][0]) or not first[1]["weight"][0].any()


@pytest.mark.slow
def test_worker_processes_make_the_same_batches_in_the_same_order(sources):
    with view_batches(sources, 5, 3, 2, 64, workers=0) as own:
        expected = [next(own) for _ in range(4)]
    with view_batches(sources, 5, 3, 2, 64, workers=2) as theirs:
        assert all(same(next(theirs), batch) for batch in expected)


@pytest.mark.slow
def test_a_worker_that_cannot_go_on_ends_the_training(tmp_path):
    with view_batches(tmp_path, 5, 0, 2, 64, workers=1) as batches, pytest.raises(TrainError, match=r"fetch_sources"):
        next(batches)


def test_a_stopped_run_goes_on_to_the_same_result(sources, tmp_path):
    whole = fit_reader(TINY, tmp_path / "whole", sources, workers=0)
    fit_reader(TINY, tmp_path / "parts", sources, workers=0, stop_after=2)
    (tmp_path / "parts" / LOG).open("a").write("3,6,9.0,0.1\n")  # written after the last checkpoint
    parts = fit_reader(TINY, tmp_path / "parts", sources, workers=0)
    one, two = keras.saving.load_model(whole), keras.saving.load_model(parts)
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    steps = [line.split(",")[0] for line in (tmp_path / "parts" / LOG).read_text().splitlines()]
    assert steps == ["step", "2", "4"]


def test_a_damaged_checkpoint_is_named(sources, tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"no archive")
    with pytest.raises(TrainError, match=CHECKPOINT):
        fit_reader(TINY, tmp_path, sources, workers=0)


def test_a_folder_of_another_run_is_refused_but_a_run_may_be_made_longer(sources, tmp_path):
    fit_reader(TINY, tmp_path, sources, workers=0, stop_after=1)
    fit_reader(replace(TINY, steps=5), tmp_path, sources, workers=0, stop_after=2)
    with pytest.raises(UsageError, match=r"another seed"):
        fit_reader(replace(TINY, seed=9), tmp_path, sources, workers=0)


def test_the_rate_rises_stays_and_falls():
    rate = Rate(1.0, warmup=10, steps=100, decay=20)
    values = [float(rate(step)) for step in (0, 9, 50, 80, 90, 100)]
    np.testing.assert_allclose(values, [0.1, 1, 1, 1, 0.501, 0.002], atol=1e-3)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 5, "decay": 6}, {"side": 100}])
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(UsageError):
        ReaderSettings(**wrong)
