"""The page reader's side of the gate: its networks' artifacts are asked about fixed synthetic views."""

import string
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from edgedigits import Bundle
from edgedigits.errors import BenchError
from edgedigits.reading import detector, finds, surroundings
from edgedigits.reading.detection import answers, right_answers
from edgedigits.reading.detector import Detector
from edgedigits.reading.finds import finds_of
from edgedigits.reading.surroundings import Witness
from edgedigits_bench.accuracy.evaluation import Digits, Progress, Questions
from edgedigits_data.synthetic.stored_views import CUT, TURNED, UPRIGHT, gate_views

PART_TOLERANCE_PP = 1.0
VIEWS = "synthetic views"
T = TypeVar("T")


def detector_questions(bundle: Bundle, progress: Progress) -> Questions:
    """What is asked of a detector, and what its float model answered.

    Raises:
        BenchError: if the bundle does not say what its float model answered.
    """
    views = _told(progress, VIEWS, gate_views)
    truth = right_answers(views.names())

    def ask(artifact: str, _model: bytes) -> Digits:
        find, asked, ignored = Detector(artifact, bundle=bundle).find, views.places(UPRIGHT), views.places(TURNED, CUT)
        return _told(progress, artifact, lambda: answers(find, views.images, asked, ignored))

    return Questions(truth, _recorded(bundle, len(truth)), ask)


def surroundings_questions(bundle: Bundle, progress: Progress) -> Questions:
    """What is asked of the network that sees finds with their surroundings, and what its float model answered.

    Raises:
        BenchError: if the bundle does not say what its float model answered.
    """
    images, truth = finds_of(_told(progress, VIEWS, gate_views).questions())

    def ask(artifact: str, _model: bytes) -> Digits:
        witness = Witness(artifact, bundle=bundle)
        return _told(progress, artifact, lambda: finds.answers(witness.look(images)))

    return Questions(truth, _recorded(bundle, len(truth)), ask)


# By the bundle's name.
PARTS = {detector.BUNDLE: detector_questions, surroundings.BUNDLE: surroundings_questions}


def _told(progress: Progress, what: str, work: Callable[[], T]) -> T:
    """What `work` returns; `progress` is told when it begins and when it is done."""
    progress(what, 0, 1)
    done = work()
    progress(what, 1, 1)
    return done


def _recorded(bundle: Bundle, count: int) -> Digits:
    """The float model's answers, of which there must be so many."""
    record = bundle.manifest.get("float", {}).get("answers")
    if not isinstance(record, str) or len(record) != count or set(record) - set(string.hexdigits):
        raise BenchError(f"{bundle.folder} has no float model's answers to these views; make it anew")
    return np.array([int(answer, 16) for answer in record], np.uint8)
