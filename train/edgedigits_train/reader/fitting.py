"""Trains the page reader's network on generated views, with any of Keras' backends."""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edgedigits.errors import TrainError, UsageError
from edgedigits.files.atomic import discard_partial, whole
from edgedigits_train.reader.architecture import build_reader, plain_copy, start_from
from edgedigits_train.reader.loss import reader_loss
from edgedigits_train.reader.settings import ReaderSettings
from edgedigits_train.reader.targets import OUTPUTS
from edgedigits_train.reader.view_batches import view_batches

MODEL, SETTINGS, CHECKPOINT, LOG = "model.keras", "settings.json", "checkpoint.npz", "log.csv"
Report = Callable[[int, int, float], None]


@keras.saving.register_keras_serializable("edgedigits")
class Rate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Rises, stays, and falls along a cosine at the end: a run can be made longer before the rate falls."""

    def __init__(self, rate: float, warmup: int, steps: int, decay: int) -> None:
        self.rate, self.warmup, self.steps, self.decay = rate, warmup, steps, decay

    def __call__(self, step: Any) -> Any:
        ops = keras.ops
        step = ops.cast(step, "float32")
        rise = ops.minimum(1.0, (step + 1) / max(self.warmup, 1))
        left = ops.clip((self.steps - step) / max(self.decay, 1), 0.0, 1.0)
        return self.rate * rise * (0.002 + 0.998 * 0.5 * (1 - ops.cos(np.pi * left)))

    def get_config(self) -> dict[str, Any]:
        """As Keras wants it."""
        return {"rate": self.rate, "warmup": self.warmup, "steps": self.steps, "decay": self.decay}


class Trainer(keras.Model):  # type: ignore[misc]
    """The network with its loss; the targets are a dictionary of several arrays."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network

    def call(self, image: Any, training: bool = False) -> Any:
        return self.network(keras.ops.cast(image, "float32"), training=training)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> Any:  # noqa: ARG002
        return reader_loss(y, y_pred)


def fit_reader(
    settings: ReaderSettings,
    folder: Path,
    sources: Path | None = None,
    workers: int = 1,
    report: Report = lambda *_: None,
    every: float = 120.0,
    stop_after: int | None = None,
) -> Path:
    """Train the network, or go on where the same call was stopped.

    Args:
        settings: how it is trained.
        folder: gets `checkpoint.npz` while it runs, `log.csv`, and the plain network `model.keras` with averaged
            weights at every checkpoint and at the end.
        sources: what the views are drawn with, see `load_sources`.
        workers: processes that make views; they change nothing in the result.
        report: called after every step with the step, how many there are, and the loss.
        every: seconds between checkpoints.
        stop_after: end after this step as if killed right after a checkpoint.

    Returns:
        the path of `model.keras`.

    Raises:
        UsageError: if the folder holds a run with other settings; more steps and another fall of the rate are none.
        TrainError: if the folder cannot be written or its checkpoint is damaged.
    """
    _claim(folder, settings)
    trainer, optimizer = _compiled(settings)
    variables = [*trainer.variables, *optimizer.variables]
    done = load_checkpoint(folder / CHECKPOINT, variables)
    log = _Log(folder / LOG, done)
    last = min(settings.steps, stop_after or settings.steps)
    saved, losses = time.monotonic(), []
    with view_batches(sources, settings.seed, done, settings.batch, settings.side, workers) as batches:
        while done < last:
            image, targets = next(batches)
            losses.append(float(trainer.train_on_batch(image, targets)))
            done += 1
            report(done, settings.steps, losses[-1])
            if done % 100 == 0 or done == last:
                log.add(done, done * settings.batch, float(np.mean(losses)), _rate(optimizer))
                losses = []
            if done == last or time.monotonic() - saved >= every:
                save_checkpoint(folder / CHECKPOINT, variables, done)
                save_averaged(trainer.network, optimizer, folder / MODEL)
                saved = time.monotonic()
    return folder / MODEL


def _claim(folder: Path, settings: ReaderSettings) -> None:
    """Make the folder this run's own."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        discard_partial(folder)
        known = folder / SETTINGS
        before = json.loads(known.read_text(encoding="utf-8")) if known.exists() else settings.as_dict()
        changed = [
            name
            for name, value in settings.as_dict().items()
            if before.get(name) != value and name not in ("steps", "decay")
        ]
        if changed:
            raise UsageError(f"{folder} holds a run with another {', '.join(changed)}; choose another folder")
        with whole(known) as partial:
            partial.write_text(json.dumps(settings.as_dict(), indent=2) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        raise TrainError(f"{folder} cannot hold a run ({error}); choose another folder") from error


def _compiled(settings: ReaderSettings) -> tuple[Trainer, keras.optimizers.Optimizer]:
    keras.utils.set_random_seed(settings.seed)
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16" if settings.bfloat16 else "float32")
    try:
        network = build_reader(OUTPUTS, side=settings.side)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    if settings.from_model:
        start_from(network, keras.saving.load_model(settings.from_model))
    optimizer = keras.optimizers.AdamW(
        Rate(settings.rate, settings.warmup, settings.steps, settings.decay),
        weight_decay=1e-4,
        global_clipnorm=10.0,
        use_ema=True,
        ema_momentum=settings.average,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gain"])
    trainer = Trainer(network)
    trainer.compile(optimizer=optimizer, jit_compile="auto" if keras.backend.backend() == "jax" else False)
    trainer.build((None, settings.side, settings.side, 1))
    optimizer.build(trainer.trainable_variables)
    return trainer, optimizer


def _rate(optimizer: keras.optimizers.Optimizer) -> float:
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def save_averaged(network: keras.Model, optimizer: keras.optimizers.Optimizer, path: Path) -> None:
    """Write the plain network with the averaged weights; the network in training keeps its own."""
    own = [keras.ops.convert_to_numpy(variable) for variable in network.trainable_variables]
    optimizer.finalize_variable_values(network.trainable_variables)
    copy = plain_copy(network)
    for variable, value in zip(network.trainable_variables, own, strict=True):
        variable.assign(value)
    with whole(path) as partial:
        # Keras goes by the ending, which the partial file has, too
        copy.save(partial)


def save_checkpoint(path: Path, variables: list[Any], step: int) -> None:
    """Keep the values of all variables after `step` steps, atomically."""
    arrays: dict[str, Any] = {str(i): keras.ops.convert_to_numpy(v) for i, v in enumerate(variables)}
    with whole(path) as partial:
        np.savez(partial, step=step, **arrays)


def load_checkpoint(path: Path, variables: list[Any]) -> int:
    """Put a checkpoint's values into `variables`; returns its step, 0 where there is none.

    Raises:
        TrainError: if the checkpoint is damaged or from another network.
    """
    if not path.exists():
        return 0
    try:
        with np.load(path, allow_pickle=False) as kept:
            if len(kept.files) != len(variables) + 1:
                raise ValueError("it is another network's")
            for i, variable in enumerate(variables):
                variable.assign(kept[str(i)])
            return int(kept["step"])
    except Exception as error:  # numpy and zipfile raise a dozen kinds for a damaged archive
        raise TrainError(f"{path} is damaged ({error}); delete it to start over") from error


class _Log:
    """log.csv: one line for a hundred steps; what a killed run wrote after its checkpoint is cut off."""

    def __init__(self, path: Path, done: int) -> None:
        self.path = path
        rows = list(csv.reader(path.read_text().splitlines()))[1:] if path.exists() else []
        kept = [row for row in rows if int(row[0]) <= done]
        with whole(path) as partial:
            partial.write_text("\n".join(["step,views,loss,rate", *(",".join(row) for row in kept)]) + "\n")

    def add(self, step: int, views: int, loss: float, rate: float) -> None:
        with self.path.open("a") as file:
            file.write(f"{step},{views},{loss:.4f},{rate:.6f}\n")
