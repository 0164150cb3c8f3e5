"""The float model's answers: whatever the number of classes, what is written is read; nothing else is."""

import numpy as np
import pytest

from edgedigits.bundle.predictions import decode_predictions, encode_predictions


@pytest.mark.parametrize(("classes", "text"), [(10, "0491"), (11, "00040901"), (2, "0011"), (1000, "000004009001")])
def test_answers_of_one_width(classes, text):
    answers = decode_predictions(text, 4, classes)
    assert encode_predictions(answers, classes) == text


@pytest.mark.parametrize("text", [None, 4, "049", "04915", "04x1", "٠٤٩١", "0 91"])
def test_what_is_no_answer_is_none(text):
    assert decode_predictions(text, 4, 10) is None


def test_a_class_that_is_not_there_is_none():
    assert decode_predictions("0411", 2, 11) is None
    np.testing.assert_array_equal(decode_predictions("0410", 2, 11), [4, 10])
