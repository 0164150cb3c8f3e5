"""The figures, against values worked out by hand and against each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgedigits_train.classifier import measures
from edgedigits_train.classifier.calibration import temperature


def _sure(digit: int, confidence: float) -> list[float]:
    rest = (1 - confidence) / 9
    return [confidence if i == digit else rest for i in range(10)]


def test_calibration_error_of_eight_right_in_ten_at_ninety_per_cent_is_ten_per_cent() -> None:
    probabilities = np.array([_sure(3, 0.9)] * 10, np.float32)
    labels = np.array([3] * 8 + [4] * 2, np.uint8)
    assert measures.calibration_error(probabilities, labels) == pytest.approx(0.1, abs=1e-6)
    assert measures.accuracy(probabilities, labels) == 0.8


def test_gaps_of_different_bins_do_not_cancel() -> None:
    probabilities = np.array([_sure(0, 0.95)] * 2 + [_sure(0, 0.55)] * 2, np.float32)
    labels = np.array([0, 1, 0, 0], np.uint8)  # 50 % at 0.95, 100 % at 0.55
    assert measures.calibration_error(probabilities, labels) == pytest.approx(0.45, abs=1e-6)


@given(st.lists(st.floats(0.11, 1), min_size=1, max_size=300))
def test_the_threshold_accepts_at_least_its_share_and_would_not_if_it_were_higher(confidences: list[float]) -> None:
    probabilities = np.array([_sure(1, confidence) for confidence in confidences], np.float32)
    highest = probabilities.max(axis=1)
    threshold = measures.rejection_threshold(probabilities)
    assert np.mean(highest >= threshold) >= 0.99
    assert np.mean(highest > threshold) <= 0.99 or len(confidences) < 100


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_temperature_finds_what_logits_were_multiplied_by(true: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 10))
    honest = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (honest.cumsum(1) > random.random((len(logits), 1))).argmax(1).astype(np.uint8)
    bold = np.exp(logits * true) / np.exp(logits * true).sum(1, keepdims=True)
    assert temperature(bold.astype(np.float32), labels) == pytest.approx(true, rel=0.05)
