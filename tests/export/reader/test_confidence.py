"""Confidence fitted so that it is the share that is right."""

import numpy as np

from edgedigits_export.reader.confidence import fit_confidence


def test_scale_and_bias_are_found_again():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, 50_000).astype(np.float32)
    right = random.random(50_000) < 1 / (1 + np.exp(-(1.7 * logits - 0.6)))
    np.testing.assert_allclose(fit_confidence(logits, right), (1.7, -0.6), atol=0.06)


def test_nothing_is_fitted_to_examples_of_one_kind():
    assert fit_confidence(np.ones(5, np.float32), np.ones(5, bool)) == (1.0, 0.0)
