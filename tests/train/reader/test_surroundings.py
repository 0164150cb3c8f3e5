"""The network of surroundings learns from what it is shown."""

import cv2
import numpy as np
import pytest

from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.crops import NO_DIGIT
from edgedigits_train.reader.surroundings import SIDE, fit_surroundings


@pytest.mark.slow
def test_it_learns_which_digit_stands_in_the_middle_and_which_does_not() -> None:
    digits = load_mnist("train").balanced(3000)
    shown = np.full((len(digits), SIDE, SIDE), 200, np.uint8)
    names = digits.labels.astype(np.int32)
    for i, image in enumerate(digits.images):
        small = (cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA) * 0.7).astype(np.uint8)
        x = 8 if i % 3 else int(np.random.default_rng(i).choice([0, 16]))
        shown[i, 8:24, x : x + 16] -= small
        names[i] = names[i] if i % 3 else NO_DIGIT
    steps = []
    model = fit_surroundings(shown[:2600], names[:2600], 15, report=lambda step, *_: steps.append(step))
    assert steps == list(range(1, 15 * (2600 // 128) + 1))
    said = model.predict(shown[2600:, ..., None].astype(np.float32), verbose=0)
    truth = names[2600:]
    assert np.mean((said[:, 0] > 0) == (truth != NO_DIGIT)) > 0.95
    known = truth != NO_DIGIT
    assert np.mean(said[known, 1:].argmax(axis=1) == truth[known]) > 0.75
