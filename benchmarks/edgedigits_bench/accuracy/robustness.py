"""How much of its accuracy does each artifact keep when digits look worse than MNIST's?"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from edgedigits.engines.base import Engine
from edgedigits_bench.accuracy.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from edgedigits_bench.accuracy.evaluation import Evaluation, Progress, evaluate, predict, silent
from edgedigits_bench.device import usable_cores
from edgedigits_data import Split

# For each artifact and each corruption, one evaluation a strength.
Robustness = dict[str, dict[str, list[Evaluation]]]


def robustness(engines: Mapping[str, Engine], reference: str, split: Split, progress: Progress = silent) -> Robustness:
    """Evaluate artifacts on corrupted images.

    Args:
        engines: each artifact, loaded.
        reference: the artifact among them that stands for the float model, whose answers to these images nobody has
            recorded.
        split: the images before anything happens to them.
        progress: told after every corruption and strength.
    """
    found: Robustness = {artifact: {name: [] for name in CORRUPTIONS} for artifact in engines}
    steps = [(name, strength) for name in CORRUPTIONS for strength in STRENGTHS]
    # Nothing is timed here, so that all cores may help; the engines let go of Python's lock while they work.
    with ThreadPoolExecutor(usable_cores()) as pool:
        for done, (name, strength) in enumerate(steps, 1):
            images = corrupt(split.images, name, strength)
            jobs = {artifact: pool.submit(predict, engine, images) for artifact, engine in engines.items()}
            answers = {artifact: job.result() for artifact, job in jobs.items()}
            for artifact, predictions in answers.items():
                found[artifact][name].append(evaluate(predictions, answers[reference], split.labels))
            progress("robustness", done, len(steps))
    return found
