"""Where the time goes: how long each stage of the live reader takes, and what it costs the processor."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")

# Durations kept for each stage: enough for percentiles, and never more after twelve hours.
KEPT = 2000


@dataclass(frozen=True)
class Stage:
    """What one stage took, in milliseconds.

    Attributes:
        name: the stage.
        count: how often it ran.
        mean: by the clock, over all.
        median: by the clock, over the last KEPT.
        high: their 99th percentile.
        processor: mean processor time over all, of the thread that ran the stage; other threads and programs not.
    """

    name: str
    count: int
    mean: float
    median: float
    high: float
    processor: float


class StageTimes:
    """Durations by stage."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._total: dict[str, float] = defaultdict(float)
        self._processor: dict[str, float] = defaultdict(float)
        self._count: dict[str, int] = defaultdict(int)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done in the `with` statement."""
        start, processor = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self._note(name, time.perf_counter() - start, time.thread_time() - processor)

    def each(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The items, where getting each of them is timed; a None is waiting for something that did not come."""
        iterator = iter(items)
        while True:
            start, processor = time.perf_counter(), time.thread_time()
            try:
                item = next(iterator)
            except StopIteration:
                return
            if item is not None:
                self._note(name, time.perf_counter() - start, time.thread_time() - processor)
            yield item

    def _note(self, name: str, seconds: float, processor: float) -> None:
        self._recent[name].append(seconds)
        self._total[name] += seconds
        self._processor[name] += processor
        self._count[name] += 1

    def stages(self) -> list[Stage]:
        """What each stage took, in order of occurrence."""
        return [
            Stage(
                name,
                self._count[name],
                1000 * self._total[name] / self._count[name],
                1000 * float(np.median(recent)),
                1000 * float(np.percentile(recent, 99)),
                1000 * self._processor[name] / self._count[name],
            )
            for name, recent in self._recent.items()
        ]
