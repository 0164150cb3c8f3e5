"""What the network sees: batches of images with their target probabilities, prepared on a thread of its own."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edgedigits_data import Split
from edgedigits_data.synthetic.negatives import nondigits
from edgedigits_train.classifier.augmentation import augment
from edgedigits_train.classifier.distillation import Teacher, load_teacher
from edgedigits_train.settings import TrainSettings

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]
T = TypeVar("T")
# At most so many are drawn for a run; one is deformed anew each time it is used.
NONDIGITS = 20_000


def targets(labels: NDArray[np.uint8], smoothing: float) -> NDArray[np.float32]:
    """Target probabilities (N, 10) of labels (N,): one, less `smoothing` spread over the ten classes."""
    return (np.eye(10, dtype=np.float32) * np.float32(1 - smoothing) + np.float32(smoothing / 10))[labels]


@dataclass(frozen=True)
class Material:
    """What the batches are made of: digits, images uint8 (M, 28, 28) that are none, and a teacher to ask."""

    digits: Split
    nondigits: NDArray[np.uint8]
    teacher: Teacher | None = None


def gather(digits: Split, settings: TrainSettings) -> Material:
    """Draw the non-digits and load the teacher, as far as the settings want them."""
    count = min(NONDIGITS, math.ceil(len(digits) * settings.epochs * settings.nondigits))
    teachers = [Path(path) for path in settings.teachers()]
    teacher = load_teacher(teachers) if teachers else None
    return Material(digits, nondigits(count, digits, settings.seed), teacher)


def steps_per_epoch(digits: Split, settings: TrainSettings) -> int:
    return -(-len(digits) // settings.batch_size)


def epoch_batches(material: Material, settings: TrainSettings, epoch: int) -> Iterator[Batch]:
    """The batches of one epoch: images uint8 (B, 28, 28, 1) and target probabilities float32 (B, 10).

    `batch_size` counts digits; the non-digits come on top. The order depends on the seed and the epoch alone, so a
    resumed run sees what an uninterrupted one would have.
    """
    random = np.random.default_rng([settings.seed, epoch])
    order = random.permutation(len(material.digits))
    labelled = targets(material.digits.labels, settings.label_smoothing)
    for start in range(0, len(order), settings.batch_size):
        chosen = order[start : start + settings.batch_size]
        images, wanted = material.digits.images[chosen], labelled[chosen]
        if settings.augment:
            images = augment(images, random, settings.wear, settings.deformation)
        if material.teacher:
            weight = np.float32(settings.distil_weight)
            wanted = weight * material.teacher(images) + (1 - weight) * wanted
        others = round(len(chosen) * settings.nondigits)
        if others:
            picked = random.integers(0, len(material.nondigits), others)
            images = np.concatenate([images, augment(material.nondigits[picked], random)])
            wanted = np.concatenate([wanted, np.full((others, 10), 0.1, np.float32)])
        yield images[..., None], wanted


def prefetch(items: Iterable[T], ahead: int = 8) -> Generator[T, None, None]:
    """The same items, made on another thread up to `ahead` of their use; an error there is raised here.

    Close it where it is not used up, which ends the thread: one that still computes when Python ends aborts it.
    """
    made: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(ahead)
    stop = threading.Event()

    def put(item: T | None, error: BaseException | None) -> None:
        while not stop.is_set():
            try:
                made.put((item, error), timeout=0.1)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            for item in items:
                put(item, None)
                if stop.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=work, daemon=True, name="batches")
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # without an error there is an item
    finally:
        stop.set()
        thread.join()
