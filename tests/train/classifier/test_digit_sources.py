"""Which digits are trained on: synthetic pages join the training digits, and nothing else."""

import numpy as np
import pytest

from edgedigits.reading.cut import cut
from edgedigits_data import load_mnist
from edgedigits_train import TrainError, TrainSettings
from edgedigits_train.classifier.digit_sources import load_sources


def test_the_digits_of_pages_are_trained_on_and_never_chosen_by() -> None:
    plain = load_mnist("train")
    settings = TrainSettings.for_model("edge", pages=4)
    first, second = (load_sources(settings, cut=cut) for _ in range(2))
    more = len(first.training) - len(plain)
    assert more > 10
    assert np.array_equal(first.training.images, second.training.images)
    assert np.array_equal(first.training.images[: len(plain)], plain.images)
    assert len(first.validation) == 5000
    assert set(first.training.labels[-more:]) <= set(range(10))
    assert (first.training.images[-more:].max(axis=(1, 2)) > 200).mean() > 0.9


def test_pages_need_a_way_to_be_cut() -> None:
    with pytest.raises(TrainError, match="pass `cut`"):
        load_sources(TrainSettings.for_model("edge", pages=4))
