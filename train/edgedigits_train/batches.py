"""What the network sees: batches of images with their target probabilities, prepared on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edgedigits_data import Split
from edgedigits_train.settings import TrainSettings

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]
T = TypeVar("T")


def targets(labels: NDArray[np.uint8], smoothing: float) -> NDArray[np.float32]:
    """Target probabilities (N, 10) of labels (N,): one, less `smoothing` spread over the ten classes."""
    return (np.eye(10, dtype=np.float32) * np.float32(1 - smoothing) + np.float32(smoothing / 10))[labels]


def steps_per_epoch(split: Split, settings: TrainSettings) -> int:
    return -(-len(split) // settings.batch_size)


def epoch_batches(split: Split, settings: TrainSettings, epoch: int) -> Iterator[Batch]:
    """The batches of one epoch: images uint8 (B, 28, 28, 1) and target probabilities float32 (B, 10).

    The order depends on the seed and the epoch alone, so a resumed run sees what an uninterrupted one would have.
    """
    random = np.random.default_rng([settings.seed, epoch])
    order = random.permutation(len(split))
    wanted = targets(split.labels, settings.label_smoothing)
    for start in range(0, len(order), settings.batch_size):
        chosen = order[start : start + settings.batch_size]
        yield split.images[chosen][..., None], wanted[chosen]


def prefetch(items: Iterable[T], ahead: int = 8) -> Iterator[T]:
    """The same items, made on another thread up to `ahead` of their use; an error there is raised here."""
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

    threading.Thread(target=work, daemon=True, name="batches").start()
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
