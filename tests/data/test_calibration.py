"""Expected calibration error against a calculation by hand."""

import numpy as np

from edgedigits_data.calibration import calibration_error


def test_calibration_error_by_hand():
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5], np.float32)
    right = np.array([True, True, True, False, True, False])
    np.testing.assert_allclose(calibration_error(confidence, right), 4 / 6 * 0.15, atol=1e-6)
    assert calibration_error(confidence[:0], right[:0]) == 0
