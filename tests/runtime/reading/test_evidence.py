"""Which box a digit gets where the detector and connected ink speak of the same place."""

import numpy as np

from edgedigits.reading.detector import Found
from edgedigits.reading.evidence import PIECE, join_evidence


def _found(*boxes: tuple[float, float, float, float], score: float = 0.8) -> Found:
    digits = np.full((len(boxes), 10), 0.02, np.float32)
    digits[:, 4] = 0.82
    return Found(np.array(boxes, np.float32), np.full(len(boxes), score, np.float32), digits)


def _pieces(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(boxes, np.float32)


def test_ink_gives_the_box_and_the_detector_the_belief() -> None:
    joined = join_evidence(_found((12, 8, 40, 60)), _pieces((10, 10, 44, 64)))
    np.testing.assert_array_equal(joined.boxes, [[10, 10, 44, 64]])
    assert joined.scores[0] > 0.8
    assert joined.digits[0].argmax() == 4


def test_ink_alone_is_a_little_believed_and_not_named() -> None:
    joined = join_evidence(_found((300, 300, 20, 30)), _pieces((10, 10, 44, 64)))
    assert joined.scores[0] == np.float32(PIECE)
    np.testing.assert_array_equal(joined.seen, [False, True])


def test_a_part_of_a_broken_stroke_does_not_take_the_digits_box() -> None:
    """The stem of a four whose hook is a stroke of its own."""
    whole = (10, 10, 50, 60)
    joined = join_evidence(_found(whole), _pieces((42, 10, 18, 60)))
    np.testing.assert_array_equal(joined.boxes, [whole])
    assert joined.digits[0].argmax() == 4


def test_two_digits_in_one_piece_keep_their_own_boxes() -> None:
    left, right = (10, 10, 40, 60), (48, 10, 40, 60)
    joined = join_evidence(_found(left, right), _pieces((10, 8, 80, 64)))
    np.testing.assert_array_equal(joined.boxes, [left, right])
