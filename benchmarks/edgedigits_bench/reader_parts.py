"""The page reader's side of the gate: its networks' artifacts are asked about fixed synthetic views."""

import numpy as np

from edgedigits import Bundle, detector, finds, surroundings
from edgedigits.detection import answers, right_answers
from edgedigits.detector import Detector
from edgedigits.finds import finds_of
from edgedigits.surroundings import Witness
from edgedigits_bench.errors import BenchError
from edgedigits_bench.evaluate import Digits, Progress, Questions
from edgedigits_data.pages_store import CUT, TURNED, UPRIGHT, Views, gate_views

PART_TOLERANCE_PP = 1.0


def detector_questions(bundle: Bundle, progress: Progress) -> Questions:
    """What is asked of a detector, and what its float model answered.

    Raises:
        BenchError: if the bundle does not say what its float model answered.
    """
    views = _views(progress)
    truth = right_answers(views.names())

    def ask(artifact: str, _model: bytes) -> Digits:
        network = Detector(artifact, bundle=bundle)
        progress(artifact, 0, 1)
        said = answers(network.find, views.images, views.places(UPRIGHT), views.places(TURNED, CUT))
        progress(artifact, 1, 1)
        return said

    return Questions(truth, _recorded(bundle, len(truth)), ask)


def surroundings_questions(bundle: Bundle, progress: Progress) -> Questions:
    """What is asked of the network that sees finds with their surroundings, and what its float model answered.

    Raises:
        BenchError: if the bundle does not say what its float model answered.
    """
    images, truth = finds_of(_views(progress).questions())

    def ask(artifact: str, _model: bytes) -> Digits:
        witness = Witness(artifact, bundle=bundle)
        progress(artifact, 0, 1)
        said = finds.answers(witness.look(images))
        progress(artifact, 1, 1)
        return said

    return Questions(truth, _recorded(bundle, len(truth)), ask)


# By the bundle's name.
PARTS = {detector.BUNDLE: detector_questions, surroundings.BUNDLE: surroundings_questions}


def _views(progress: Progress) -> Views:
    progress("synthetic views", 0, 1)
    views = gate_views()
    progress("synthetic views", 1, 1)
    return views


def _recorded(bundle: Bundle, count: int) -> Digits:
    """The float model's answers, of which there must be so many."""
    record = bundle.manifest.get("float", {}).get("answers")
    if not isinstance(record, str) or len(record) != count:
        raise BenchError(f"{bundle.folder} has no float model's answers to these views; make it anew")
    return np.array([int(answer, 16) for answer in record], np.uint8)
