"""Confidence fitted so that it is the share that is right."""

import numpy as np

from edgedigits_export.reader.confidence import calibration_error, fit_confidence


def test_scale_and_bias_are_found_again():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, 50_000).astype(np.float32)
    right = random.random(50_000) < 1 / (1 + np.exp(-(1.7 * logits - 0.6)))
    np.testing.assert_allclose(fit_confidence(logits, right), (1.7, -0.6), atol=0.06)


def test_nothing_is_fitted_to_examples_of_one_kind():
    assert fit_confidence(np.ones(5, np.float32), np.ones(5, bool)) == (1.0, 0.0)


def test_calibration_error_by_hand():
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5], np.float32)
    right = np.array([True, True, True, False, True, False])
    np.testing.assert_allclose(calibration_error(confidence, right), 4 / 6 * 0.15, atol=1e-6)
    assert calibration_error(confidence[:0], right[:0]) == 0
