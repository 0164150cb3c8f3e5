"""The detector learns from views, the first of which are still in the making."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from edgedigits.reading.detector import flatten
from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker
from edgedigits_data.synthetic.stored_views import make_views
from edgedigits_train.reader.detector_fit import fit_detector


@pytest.mark.slow
def test_the_detector_learns_from_files_in_the_making(tmp_path: Path) -> None:
    maker = PageMaker(make_glyphs(load_mnist("train").balanced(100)))
    losses: list[float] = []

    def files() -> Iterator[Path]:
        for i in range(2):
            views = make_views(maker, i, 64)
            np.savez(tmp_path / f"{i}.npz", images=views.images, boxes=views.boxes)
            yield tmp_path / f"{i}.npz"

    def report(step: int, steps: int, loss: float) -> None:
        losses.append(loss)

    fit_detector(files(), 2, flatten, tmp_path / "model.keras", passes=4, report=report)
    assert len(losses) == 4 * 2 * 4
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:4])
    model = keras.saving.load_model(tmp_path / "model.keras")
    assert model.output_shape == (None, 64, 64, 15)
