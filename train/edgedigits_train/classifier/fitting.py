"""A training run from settings to a finished folder."""

from __future__ import annotations

import math
import pickle  # nosec B403 # model.pkl is written on request and never read
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf

from edgedigits import __version__
from edgedigits.errors import MissingExtraError, TrainError, missing_extra
from edgedigits.files.atomic import whole, write_whole
from edgedigits_data import Split
from edgedigits_data.synthetic.crops import Cut
from edgedigits_data.user_sets import Pictures
from edgedigits_train import run_folder
from edgedigits_train.classifier import measures
from edgedigits_train.classifier.batches import Batch, epoch_batches, gather, prefetch, steps_per_epoch
from edgedigits_train.classifier.calibration import cool, cooled_loss, temperature
from edgedigits_train.classifier.digit_sources import Sources, load_sources
from edgedigits_train.classifier.step import Step, make_models, make_optimizer, make_step, predict
from edgedigits_train.classifier.workers import Workers, open_workers
from edgedigits_train.progress import bar
from edgedigits_train.settings import TrainSettings

Entry = dict[str, float]
MOST_TOLD = 10  # lines about what was left out of the user's own images; all of it is counted


def train(
    settings: TrainSettings,
    out: Path,
    *,
    pictures: Pictures | None = None,
    cut: Cut | None = None,
    workers: str = "one",
    tensorboard: bool = False,
    pickled: bool = False,
) -> dict[str, Any] | None:
    """Train into the folder `out`, or go on where an interrupted run of the same settings stopped.

    Args:
        settings: what to train and how; checked before anything starts.
        out: the run's folder; `run_folder` says what it holds. A finished run of the same settings is used as it is.
        pictures: decodes the pictures of the user's own set and makes them images, as the runtime does later on.
        cut: a reader's way from a grey page and boxes to images, where the settings ask for synthetic pages.
        workers: "one", or "multiworker" for all machines of TF_CONFIG; they share every batch between them.
        tensorboard: whether to write TensorBoard's logs into the folder `tensorboard` of the run.
        pickled: whether to write `model.pkl` beside `model.keras`.

    Returns:
        The metrics that `metrics.json` holds: accuracy and calibration error on the validation and test images, the
        rejection threshold, parameters, seconds, hashes of the data. None on a worker that is not the chief.

    Raises:
        UsageError: if a setting cannot work.
        OccupiedError: if `out` holds another run or something else, or another process trains into it.
        TrainError: if the loss is no longer a number (the best epoch so far stays in `out`).
        DataError: if the data is missing or damaged.
    """
    settings = settings.checked()
    if tensorboard and find_spec("tensorboard") is None:
        raise MissingExtraError(missing_extra("--tensorboard", "tensorboard"))
    # The batches are made on one thread; OpenCV's own would take the cores from the network.
    cv2.setNumThreads(1)
    team = open_workers(workers)
    sources = load_sources(settings, pictures, cut)
    with run_folder.owned(out) if team.chief else nullcontext():
        metrics = run_folder.claim(out, settings, _inputs(settings, sources)) if team.chief else None
        if team.follow_chief([], int(metrics is None)):
            seconds = _fit(settings, sources, out, team, tensorboard)
            if team.chief:
                metrics = _finish(settings, sources, seconds, out)
        team.wait()
        if pickled and team.chief:
            write_whole(out / "model.pkl", pickle.dumps(keras.models.load_model(out / run_folder.MODEL, compile=False)))
    return metrics


def _inputs(settings: TrainSettings, sources: Sources) -> run_folder.Inputs:
    """All that a run's result depends on besides its settings."""
    splits = {"training": sources.training, "validation": sources.validation, **sources.tests}
    models = [*settings.teachers(), *([settings.from_model] if settings.from_model else [])]
    versions = {"edgedigits": __version__, "tensorflow": tf.__version__, "keras": keras.__version__}
    return {
        "images": {f"{name} images": split.sha256() for name, split in splits.items()},
        "models": {model: run_folder.digest(model) for model in models},
        "versions": versions | {"numpy": np.__version__, "opencv": cv2.__version__},
    }


def _fit(settings: TrainSettings, sources: Sources, out: Path, workers: Workers, tensorboard: bool) -> float:
    """The epochs that are still to do; returns the seconds of all epochs, earlier sessions' included."""
    steps = steps_per_epoch(sources.training, settings)
    material = gather(sources.training, settings)
    model, averaged = make_models(settings, workers)
    optimizer = make_optimizer(settings, settings.epochs * steps, workers)
    step = make_step(model, averaged, optimizer, settings, workers)
    state = [*model.variables, *optimizer.variables, *(averaged.variables if averaged is not model else [])]
    done = run_folder.load_checkpoint(out, state) if workers.chief else 0
    done = workers.follow_chief(state, done)
    known = run_folder.read_json(out / run_folder.HISTORY, list[Entry]) if done and workers.chief else []
    history: list[Entry] = known[:done]
    logs = tf.summary.create_file_writer(str(out / "tensorboard")) if tensorboard and workers.chief else None

    with bar(settings.epochs, steps, done, shown=workers.chief) as progress:
        for epoch in range(done, settings.epochs):
            started = time.perf_counter()
            with closing(prefetch(epoch_batches(material, settings, epoch))) as batches:
                loss, right = one_epoch(step, batches, workers, lambda loss: progress.step(epoch + 1, loss))  # noqa: B023
            # Some processors' ReLU turns what is no number into 0, and the loss of a dead network is a number.
            if not (math.isfinite(loss) and all(np.isfinite(weights).all() for weights in model.get_weights())):
                kept = "the best epoch so far is kept" if (out / run_folder.BEST).exists() else "no epoch was finished"
                raise TrainError(f"loss or weight is no longer a number in epoch {epoch + 1}; {kept}; try a lower rate")
            if not workers.chief:
                continue
            scores = predict(averaged, sources.validation.images)
            entry = {
                "epoch": epoch + 1,
                "loss": loss,
                "accuracy": right / len(sources.training),
                "validation_accuracy": measures.accuracy(scores, sources.validation.labels),
                "validation_loss": cooled_loss(scores, sources.validation.labels),
                "seconds": time.perf_counter() - started,
            }
            history.append(entry)
            # Every digit moves the loss, where one of 5,000 may decide which epoch is most accurate; and it is taken
            # at its best temperature, since the finished network will be cooled to that.
            best = min(history, key=lambda past: past["validation_loss"])
            if best is entry:
                _save(averaged, out / run_folder.BEST)
            run_folder.write_json(out / run_folder.HISTORY, history)
            run_folder.save_checkpoint(out, state, epoch + 1)
            progress.epoch(entry["validation_accuracy"], best["validation_accuracy"])
            if logs:
                _log(logs, entry)
    return sum(entry["seconds"] for entry in history)


def one_epoch(
    step: Step, batches: Iterator[Batch], workers: Workers, tell: Callable[[float], None]
) -> tuple[float, int]:
    """One pass over the batches; returns the mean loss (the first that is no number ends the pass) and right digits."""
    loss, right, rows = 0.0, 0, 0
    for images, wanted in batches:
        if len(images) < workers.strategy.num_replicas_in_sync:
            continue  # the last few rows of an epoch do not go round
        own_images, own_wanted = workers.share(images, wanted)
        step_loss, step_right = step(own_images, own_wanted, tf.constant(len(images)))
        loss, right, rows = loss + float(step_loss) * len(images), right + int(step_right), rows + len(images)
        if not math.isfinite(loss):
            break
        tell(loss / rows)
    return loss / max(rows, 1), right


def _log(logs: Any, entry: Entry) -> None:
    with logs.as_default(int(entry["epoch"])):
        for name, value in entry.items():
            if name != "epoch":
                tf.summary.scalar(name, value)
    logs.flush()


def _save(model: keras.Model, path: Path) -> None:
    with whole(path) as partial:
        model.save(partial, include_optimizer=False)


def _finish(settings: TrainSettings, sources: Sources, seconds: float, out: Path) -> dict[str, Any]:
    """Calibrate and measure what training left, which stays as it is until the run is marked as finished."""
    model = keras.models.load_model(out / run_folder.BEST, compile=False)
    if settings.calibrate:
        cool(model, temperature(predict(model, sources.validation.images), sources.validation.labels))
    _save(model, out / run_folder.MODEL)
    metrics = _measure(settings, sources, seconds, out)
    run_folder.write_json(out / run_folder.METRICS, metrics)
    run_folder.tidy(out)
    return metrics


def _measure(settings: TrainSettings, sources: Sources, seconds: float, out: Path) -> dict[str, Any]:
    model = keras.models.load_model(out / run_folder.MODEL, compile=False)
    on_validation = predict(model, sources.validation.images)
    return {
        "model": settings.model,
        "seed": settings.seed,
        "command": settings.command(),
        "commit": run_folder.commit(),
        "parameters": model.count_params(),
        "seconds": round(seconds, 1),
        "validation": _figures(on_validation, sources.validation),
        **{name: _figures(predict(model, split.images), split) for name, split in sources.tests.items()},
        "reject_below": measures.rejection_threshold(on_validation) if settings.nondigits else None,
        "data_sha256": sources.training.sha256(),
        "data_skipped": len(sources.skipped),
        "data_notes": [*sources.notes, *sources.skipped[:MOST_TOLD]],
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def _figures(probabilities: Any, split: Split) -> dict[str, float]:
    return {
        "accuracy": measures.accuracy(probabilities, split.labels),
        "calibration_error": round(measures.calibration_error(probabilities, split.labels), 5),
        "images": len(split),
    }
