"""Words drawn from strokes."""

import numpy as np

from edgedigits_data.synthetic.words import STROKES, write

HEIGHT, BASELINE, LEFT = 40, 90, 60


def written(seed: int, letters: int = 8) -> np.ndarray:
    mask = np.zeros((140, 900), np.uint8)
    write(np.random.default_rng(seed), mask, (LEFT, BASELINE), HEIGHT, letters)
    return mask


def test_the_alphabet_has_every_letter() -> None:
    assert set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") <= set(STROKES)


def test_words_stand_on_their_line_as_high_as_asked_for() -> None:
    for seed in range(60):
        rows, columns = np.nonzero(written(seed) > 64)
        above, below = BASELINE - rows.min(), rows.max() - BASELINE
        assert 0.5 * HEIGHT < above < 1.5 * HEIGHT
        assert below < 0.7 * HEIGHT
        assert abs(columns.min() - LEFT) < 0.5 * HEIGHT
        assert np.ptp(columns) > 0.5 * HEIGHT  # no letter stands alone


def test_more_letters_are_a_longer_line() -> None:
    longer = [np.ptp(np.nonzero(written(seed, 20))[1]) > np.ptp(np.nonzero(written(seed, 4))[1]) for seed in range(20)]
    assert np.mean(longer) > 0.9


def test_no_two_hands_are_alike_and_a_seed_writes_the_same_again() -> None:
    pictures = {written(seed).tobytes() for seed in range(20)}
    assert len(pictures) == 20
    assert written(3).tobytes() in pictures
