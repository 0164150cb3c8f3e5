"""What the page reader takes for digits on synthetic pages whose truth is known: its judges learn from it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.belief import Evidence
from edgedigits_data.mnist import Split, load_mnist
from edgedigits_data.synthetic.crops import NO_DIGIT

# One page in so many has no digits for certain; others may have none by chance.
EMPTY_EVERY = 6
# What was found and what is there are one digit when they cover at least so much of their union.
SAME = 0.35
SEED = 9_000_000
# The training digits in parts of so many. Who judges what others say of digits must learn it from digits that those
# have not learned themselves, so the last part, of 5,000, is for belief alone.
PART, PARTS = 10_000, 6
FOR_WITNESS, FOR_BELIEF = range(PARTS - 1), PARTS - 1


class Lesson(NamedTuple):
    """One page.

    Attributes:
        evidence: what the reader knows of what it found.
        images: uint8 (N, 32, 32), each with what stands around it.
        names: int32 (N,), which digit each is, or NO_DIGIT.
    """

    evidence: Evidence
    images: NDArray[np.uint8]
    names: NDArray[np.int32]


def lessons(part: int, count: int) -> Iterator[Lesson | None]:
    """Pages of one part of the training digits, none seen by a detector; None where there is nothing to learn."""
    import cv2

    from edgedigits import DigitReader
    from edgedigits.imaging.normalization import to_grey
    from edgedigits.reading.detector import overlaps
    from edgedigits.reading.surroundings import surroundings
    from edgedigits_data.synthetic.glyphs import make_glyphs
    from edgedigits_data.synthetic.page import PageMaker
    from edgedigits_data.synthetic.scoring import SIZES

    cv2.setNumThreads(1)
    maker, reader = PageMaker(make_glyphs(_digits(part), SEED + part)), DigitReader()
    for i in range(count):
        seed = SEED + part * 100_000 + i
        page = maker.page(seed, SIZES[i % len(SIZES)], "none" if i % EMPTY_EVERY == 0 else None)
        evidence = reader.candidates(page.picture)
        boxes = evidence.found.boxes
        if not len(boxes) or page.partial:
            yield None
            continue
        names = np.full(len(boxes), NO_DIGIT, np.int32)
        places = np.array([digit.box for digit in page.digits], np.float32).reshape(-1, 4)
        for digit, row in zip(page.digits, overlaps(places, boxes), strict=True):
            if row.max() > SAME:
                names[row.argmax()] = digit.digit
        yield Lesson(evidence, surroundings(to_grey(page.picture), boxes), names)


def _digits(part: int) -> Split:
    digits = load_mnist("train")
    chosen = np.random.default_rng(SEED).permutation(len(digits))[part * PART : (part + 1) * PART]
    return digits.take(chosen)
