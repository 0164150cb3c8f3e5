"""The detector's side of the gate: its artifacts are asked about the digits of fixed synthetic views."""

import numpy as np

from edgedigits import Bundle
from edgedigits.detection import answers, right_answers
from edgedigits.detector import Detector
from edgedigits_bench.errors import BenchError
from edgedigits_bench.evaluate import Digits, Progress, Questions
from edgedigits_data.pages_store import CUT, TURNED, UPRIGHT, gate_views

TOLERANCE_PP = 1.0


def questions(bundle: Bundle, progress: Progress) -> Questions:
    """What is asked of a detector, and what its float model answered.

    Raises:
        BenchError: if the bundle does not say what its float model answered.
    """
    progress("synthetic views", 0, 1)
    views = gate_views()
    progress("synthetic views", 1, 1)
    truth = right_answers(views.names())
    record = bundle.manifest.get("float", {}).get("answers")
    if not isinstance(record, str) or len(record) != len(truth):
        raise BenchError(f"{bundle.folder} has no float model's answers to these views; make it anew")

    def ask(artifact: str, _model: bytes) -> Digits:
        detector = Detector(artifact, bundle=bundle)
        progress(artifact, 0, 1)
        said = answers(detector.find, views.images, views.places(UPRIGHT), views.places(TURNED, CUT))
        progress(artifact, 1, 1)
        return said

    return Questions(truth, np.array([int(answer, 16) for answer in record], np.uint8), ask)
