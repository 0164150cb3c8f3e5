"""A training run from settings to a finished folder."""

from __future__ import annotations

import math
import pickle
import time
from pathlib import Path
from typing import Any

import cv2
import keras
import tensorflow as tf

from edgedigits_data import Split
from edgedigits_data.sets import Prepare
from edgedigits_train import folder, measure
from edgedigits_train.batches import epoch_batches, gather, prefetch, steps_per_epoch
from edgedigits_train.calibrate import cool, temperature
from edgedigits_train.errors import TrainError
from edgedigits_train.progress import bar
from edgedigits_train.settings import TrainSettings
from edgedigits_train.sources import Sources, load_sources
from edgedigits_train.step import make_models, make_optimizer, make_step, predict


def train(
    settings: TrainSettings, out: Path, *, pickled: bool = False, prepare: Prepare | None = None
) -> dict[str, Any]:
    """Train into the folder `out`, or go on where an interrupted run of the same settings stopped.

    Args:
        settings: what to train and how; checked before anything starts.
        out: the run's folder; `folder` says what it holds. A finished run of the same settings is used as it is.
        prepare: makes a picture of the user's own set an image, as the runtime will when the model is used.
        pickled: whether to write `model.pkl` beside `model.keras`.

    Returns:
        The metrics that `metrics.json` holds: accuracy and calibration error on the validation and test images, the
        rejection threshold, parameters, seconds, hashes of the data.

    Raises:
        TrainError: if a setting cannot work, `out` holds another run, or the loss is no longer a number (the best
            epoch so far stays in `out`).
        DataError: if the data is missing or damaged.
    """
    settings = settings.checked()
    # The batches are made on one thread; OpenCV's own would take the cores from the network.
    cv2.setNumThreads(1)
    metrics = folder.claim(out, settings)
    if metrics is None:
        sources = load_sources(settings, prepare)
        seconds = _fit(settings, sources, out)
        if settings.calibrate:
            _calibrate(sources.validation, out)
        metrics = _measure(settings, sources, seconds, out)
        folder.write_json(out / folder.METRICS, metrics)
        (out / folder.CHECKPOINT).unlink(missing_ok=True)
    if pickled:
        model = keras.models.load_model(out / folder.MODEL, compile=False)
        (out / "model.pkl").write_bytes(pickle.dumps(model))
    return metrics


def _fit(settings: TrainSettings, sources: Sources, out: Path) -> float:
    """The epochs that are still to do; returns the seconds of all epochs, earlier sessions' included."""
    validation = sources.validation
    steps = steps_per_epoch(sources.training, settings)
    material = gather(sources.training, settings)
    model, averaged = make_models(settings)
    optimizer = make_optimizer(settings, settings.epochs * steps)
    step = make_step(model, averaged, optimizer, settings)
    state = [*model.variables, *optimizer.variables, *(averaged.variables if averaged is not model else [])]
    done = folder.load_checkpoint(out, state)
    history: list[dict[str, float]] = folder.read_json(out / folder.HISTORY)[:done] if done else []

    with bar(settings.epochs, steps, done) as progress:
        for epoch in range(done, settings.epochs):
            started = time.perf_counter()
            loss, right, seen = 0.0, 0, 0
            for images, wanted in prefetch(epoch_batches(material, settings, epoch)):
                step_loss, step_right = step(tf.constant(images), tf.constant(wanted))
                loss, right, seen = loss + float(step_loss) * len(images), right + int(step_right), seen + len(images)
                if not math.isfinite(loss):
                    raise TrainError(
                        f"the loss is no longer a number in epoch {epoch + 1}; {_kept(out)}; try a lower learning rate"
                    )
                progress.step(epoch + 1, loss / seen)
            scores = predict(averaged, validation.images)
            entry = {
                "epoch": epoch + 1,
                "loss": loss / seen,
                "accuracy": right / seen,
                "validation_accuracy": measure.accuracy(scores, validation.labels),
                "seconds": time.perf_counter() - started,
            }
            best = max((past["validation_accuracy"] for past in history), default=-1.0)
            history.append(entry)
            # Of equal epochs the later one: it has seen more.
            if entry["validation_accuracy"] >= best:
                _save(averaged, out)
            folder.write_json(out / folder.HISTORY, history)
            folder.save_checkpoint(out, state, epoch + 1)
            progress.epoch(entry["validation_accuracy"], max(best, entry["validation_accuracy"]))
    return sum(entry["seconds"] for entry in history)


def _save(model: keras.Model, out: Path) -> None:
    partial = out / ".partial.keras"
    model.save(partial, include_optimizer=False)
    partial.replace(out / folder.MODEL)


def _kept(out: Path) -> str:
    return "the best epoch so far is kept" if (out / folder.MODEL).exists() else "no epoch was finished"


def _calibrate(validation: Split, out: Path) -> None:
    model = keras.models.load_model(out / folder.MODEL, compile=False)
    cool(model, temperature(predict(model, validation.images), validation.labels))
    _save(model, out)


def _measure(settings: TrainSettings, sources: Sources, seconds: float, out: Path) -> dict[str, Any]:
    model = keras.models.load_model(out / folder.MODEL, compile=False)
    on_validation = predict(model, sources.validation.images)
    return {
        "model": settings.model,
        "seed": settings.seed,
        "command": settings.command(),
        "commit": folder.commit(),
        "parameters": model.count_params(),
        "seconds": round(seconds, 1),
        "validation": _figures(on_validation, sources.validation),
        **{name: _figures(predict(model, split.images), split) for name, split in sources.tests.items()},
        "reject_below": measure.rejection_threshold(on_validation) if settings.nondigits else None,
        "data_sha256": sources.training.sha256(),
        "data_skipped": len(sources.skipped),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def _figures(probabilities: Any, split: Split) -> dict[str, float]:
    return {
        "accuracy": measure.accuracy(probabilities, split.labels),
        "calibration_error": round(measure.calibration_error(probabilities, split.labels), 5),
        "images": len(split),
    }
