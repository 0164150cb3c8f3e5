"""Where the time goes: how long each stage of the live reader takes."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

T = TypeVar("T")

# Durations kept for each stage: enough for percentiles, and never more after twelve hours.
KEPT = 2000


class Profile:
    """Durations by stage."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._total: dict[str, float] = defaultdict(float)
        self._count: dict[str, int] = defaultdict(int)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done in the `with` statement."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.note(name, time.perf_counter() - start)

    def each(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """The items, where getting each of them is timed; a None is waiting for something that did not come."""
        iterator = iter(items)
        while True:
            start = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            if item is not None:
                self.note(name, time.perf_counter() - start)
            yield item

    def note(self, name: str, seconds: float) -> None:
        """Add a duration."""
        self._recent[name].append(seconds)
        self._total[name] += seconds
        self._count[name] += 1

    def rows(self) -> list[tuple[str, int, float, float, float]]:
        """For each stage: name, how often, mean, median and 99th percentile in milliseconds, in order of occurrence.

        Mean is over all, median and percentile over the last KEPT.
        """
        return [
            (
                name,
                self._count[name],
                1000 * self._total[name] / self._count[name],
                1000 * float(np.median(recent)),
                1000 * float(np.percentile(recent, 99)),
            )
            for name, recent in self._recent.items()
        ]
