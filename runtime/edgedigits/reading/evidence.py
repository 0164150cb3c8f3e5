"""Joins what the detector sees with what contrast alone shows.

The detector knows what a digit is, and gets a large one's box only roughly; a connected piece of ink has an exact box,
and may be anything. A piece that the detector half believes in is a digit, and its box is the better one, unless it is
but one of the pieces that a broken stroke left.
"""

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.detector import Found, intersections, overlaps, surest

# How likely a piece of ink of a plausible size is a digit when the detector says nothing.
PIECE = 0.25
# A piece and a detection that overlap at least this much are one thing.
SAME = 0.3
# Two detections of at least this score in one piece are two digits that touch.
TOUCHING = 0.3
# A piece within a detection that it shares less with is only part of the digit: its stroke is broken.
BROKEN = 0.6
# What has at least this part of its box in another's is the same ink, found twice; where both have one name, less of it
# says so: two scales, or two looks at one large digit, seldom agree on its box.
ONE_PLACE, ONE_NAME = 0.5, 0.35


def join_evidence(found: Found, pieces: NDArray[np.float32]) -> Found:
    """All candidates: pieces with the detector's support, and what the detector found besides.

    Args:
        found: the detector's.
        pieces: float32 (N, 4), boxes around connected ink.
    """
    if not len(pieces):
        return found
    if not len(found):
        return Found(pieces, np.full(len(pieces), PIECE, np.float32), np.full((len(pieces), 10), 0.1, np.float32))
    shared = overlaps(pieces, found.boxes)
    within = _covered(found.boxes, pieces)  # (pieces, found): how much of a detection's box lies in the piece
    same = (shared > SAME) | ((within > 0.8) & (shared > 0.12))
    strong = (found.scores[None] >= TOUCHING) & (within > 0.6)
    whole = strong.sum(axis=1) < 2
    support = np.where(same, found.scores[None], 0.0)
    best = support.argmax(axis=1)
    each = (np.arange(len(pieces)), best)
    score = 1 - (1 - support[each]) * (1 - PIECE)
    # What a believed piece stands for is not counted twice.
    spent = (same & whole[:, None]).any(axis=0)
    digits = np.where(same[each][:, None], found.digits[best], 0.1)
    broken = same[each] & (shared[each] < BROKEN) & (_covered(pieces, found.boxes).T[each] > 0.7)
    pieces = np.where(broken[:, None], found.boxes[best], pieces)
    joined = Found(pieces[whole], score[whole].astype(np.float32), digits[whole].astype(np.float32))
    return joined.joined(found.take(~spent))


def one_in_a_place(
    boxes: NDArray[np.float32], names: NDArray[np.integer], sureness: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Which of the boxes, (N, 4), stand for ink of their own: of two in one place the surer one, bool (N,)."""
    covered = _covered(boxes, boxes)
    least = np.where(names[:, None] == names[None], ONE_NAME, ONE_PLACE)
    return surest(np.maximum(covered, covered.T) >= least, sureness)


def _covered(boxes: NDArray[np.float32], by: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(intersections(by, boxes) / np.maximum(np.prod(boxes[None, :, 2:], axis=-1), 1e-6), np.float32)
