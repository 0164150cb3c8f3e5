"""Batches of generated views, made by other processes, the same ones in the same order however many those are."""

import contextlib
import multiprocessing
import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import TrainError
from edgedigits_data.synthetic.views import Sources, View, load_sources, make_view
from edgedigits_data.synthetic.views.sources import SourceSplit
from edgedigits_train.reader.targets import training_example

Batch = tuple[NDArray[np.uint8], dict[str, NDArray[Any]]]
DELAY = 32  # steps after which a view is used again; a multiple of any sensible number of workers
AHEAD = 6  # batches that each worker keeps ready
PATIENCE = 600  # seconds without a batch after which a worker counts as dead


class BatchMaker:
    """Makes the batch of any step; half of it are new views, half those of `DELAY` steps before, lit differently.

    A view takes as long to draw as the network takes to learn from it: used twice it is worth twice as much.
    """

    def __init__(self, sources: Sources, seed: int, size: int, side: int) -> None:
        self._sources, self._seed, self._size, self._side = sources, seed, size, side
        self._kept: dict[int, View] = {}

    def batch(self, step: int) -> Batch:
        """The batch of `step`: the same one whatever was made before.

        Returns:
            the network's input, uint8 (size, side, side, 1), and the fields of `Targets`, stacked.
        """
        fresh = self._size // 2 if step >= DELAY else self._size
        first, delayed = self._first(step), self._first(step - DELAY) if step >= DELAY else 0
        wanted = [(first + i, False) for i in range(fresh)] + [(delayed + i, True) for i in range(self._size - fresh)]
        images, targets = [], []
        for index, again in wanted:
            random = np.random.default_rng((self._seed, index, int(again)))
            image, target = training_example(self._view(index), random, again)
            images.append(image[..., None])
            targets.append(target)
        for index in [index for index in self._kept if index < delayed]:
            del self._kept[index]
        return np.stack(images), {name: np.stack([getattr(t, name) for t in targets]) for name in vars(targets[0])}

    def _first(self, step: int) -> int:
        """The first new view of a step."""
        whole = min(step, DELAY)
        return whole * self._size + (step - whole) * (self._size // 2)

    def _view(self, index: int) -> View:
        if index not in self._kept:
            self._kept[index] = make_view(self._sources, self._seed, index, self._side)
        return self._kept[index]


@contextmanager
def view_batches(
    folder: Path | None, seed: int, first: int, size: int, side: int, workers: int, split: SourceSplit = "train"
) -> Iterator[Iterator[Batch]]:
    """Batches from step `first` on, without end; the workers end with the context.

    Args:
        folder: the views' sources, see `load_sources`.
        seed: the series of views.
        first: the first step.
        size: views in a batch.
        side: height and width of a view.
        workers: how many processes make them; 0 makes them in this one.
        split: which sources.
    """
    if not workers:
        maker = BatchMaker(load_sources(folder, split), seed, size, side)
        yield (maker.batch(step) for step in _from(first))
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy the framework's threads' locks
    queues = [context.Queue(AHEAD) for _ in range(workers)]
    processes = [
        context.Process(
            target=_work,
            args=(queues[i], folder, split, seed, first + i, workers, size, side),
            daemon=True,
        )
        for i in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        yield _in_turn(queues)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _from(first: int) -> Iterator[int]:
    while True:
        yield first
        first += 1


def _in_turn(queues: list[Any]) -> Iterator[Batch]:
    while True:
        for each in queues:
            try:
                made = each.get(timeout=PATIENCE)
            except queue.Empty:
                raise TrainError("the processes that make views stopped; start the same command again") from None
            if isinstance(made, str):
                raise TrainError(made)
            yield made


def _work(
    out: Any, folder: Path | None, split: SourceSplit, seed: int, first: int, stride: int, size: int, side: int
) -> None:
    cv2.setNumThreads(1)
    parent = os.getppid()
    try:
        maker = BatchMaker(load_sources(folder, split), seed, size, side)
        step = first
        while True:
            batch = maker.batch(step)
            step += stride
            while True:
                if os.getppid() != parent:  # killed, without a chance to end this process
                    return
                with contextlib.suppress(queue.Full):
                    out.put(batch, timeout=5)
                    break
    except Exception as error:  # whatever it is, the training must end with it
        out.put(f"no views could be made: {error}")
