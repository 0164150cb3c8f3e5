"""How long does a call take? Everything that is compared takes turns, so that a machine that drifts hurts all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgedigits_bench.accuracy.evaluation import Progress, silent
from edgedigits_bench.accuracy.significance import Latency, spread, summarize

# A call in one or more stages, timed apart; each gets what the one before it returned.
Stages = Sequence[Callable[[Any], Any]]
Key = TypeVar("Key")

NOISY_SPREAD = 0.10  # a median that is known no better than this is no measurement
WARM_UP_CALLS = 3
WARM_UP_SECONDS = 0.02
EXTRA = 3  # a noisy subject gets up to this many times the rounds


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        seconds: at least this long for each subject, over all rounds.
        calls: and at least so many calls.
        rounds: how often the subjects take turns.
    """

    seconds: float = 2.0
    calls: int = 1000
    rounds: int = 20


@dataclass(frozen=True)
class Configuration:
    """What one row of the table is about."""

    artifact: str
    engine: str
    threads: int
    batch: int


@dataclass(frozen=True)
class Timing:
    """What the calls of one subject took.

    Attributes:
        runs: how many calls were timed.
        total: the whole call.
        stages: the median of each stage, in microseconds.
        round_medians: the median of the whole call in each round, in microseconds.
    """

    runs: int
    total: Latency
    stages: tuple[float, ...]
    round_medians: tuple[float, ...]

    @property
    def spread(self) -> float:
        """How well the median of the rounds is known, relative to it."""
        return spread(self.round_medians)

    @property
    def calmest_us(self) -> float:
        """The median of the fastest round: what the call takes when the machine is left alone."""
        return min(self.round_medians)

    def relative_to(self, bare: "Timing") -> float:
        """How long this call takes, in units of another one that took its turns beside it.

        Only what the other does once its input is ready counts: its stages after the first. The median over the
        rounds, since two turns that follow each other see the same machine.
        """
        share = sum(bare.stages[1:]) / sum(bare.stages)
        pairs = zip(self.round_medians, bare.round_medians, strict=False)
        return float(np.median([ours / (other * share) for ours, other in pairs]))

    @property
    def noisy(self) -> bool:
        """Whether the rounds disagree so much that no figure should be given."""
        return self.spread > NOISY_SPREAD


def measure(stages: Stages, seconds: float, calls: int) -> NDArray[np.int64]:
    """Time a call again and again: the one place where anything is timed.

    Args:
        stages: the call.
        seconds: at least this long.
        calls: and at least so many calls.

    Returns:
        int64 (N, stages), nanoseconds.
    """
    clock = time.perf_counter_ns
    durations: list[list[int]] = []
    end = clock() + int(seconds * 1e9)
    while len(durations) < calls or clock() < end:
        value, marks = None, [clock()]
        for stage in stages:
            value = stage(value)
            marks.append(clock())
        durations.append(marks)
    marks_ns = np.array(durations, np.int64)
    return marks_ns[:, 1:] - marks_ns[:, :-1]


def time_interleaved(
    subjects: Mapping[Key, Stages], effort: Effort, what: str = "latency", progress: Progress = silent
) -> dict[Key, Timing]:
    """Time several subjects in rounds; whatever is still noisy then gets more rounds, all of which count.

    Args:
        subjects: the calls to compare.
        effort: how long, how often.
        what: the name that progress is reported under.
        progress: told after every turn.
    """
    found: dict[Key, list[NDArray[np.int64]]] = {key: [] for key in subjects}
    seconds, calls = effort.seconds / effort.rounds, -(-effort.calls // effort.rounds)
    waiting = list(subjects)
    for _ in range(EXTRA):
        for turn in range(effort.rounds):
            for i, key in enumerate(waiting):
                measure(subjects[key], WARM_UP_SECONDS, WARM_UP_CALLS)
                found[key].append(measure(subjects[key], seconds, calls))
                progress(what, turn * len(waiting) + i + 1, effort.rounds * len(waiting))
        waiting = [key for key in waiting if _timing(found[key]).noisy]
    return {key: _timing(rounds) for key, rounds in found.items()}


def _timing(rounds: Sequence[NDArray[np.int64]]) -> Timing:
    durations = np.concatenate(rounds)
    return Timing(
        runs=len(durations),
        total=summarize(durations.sum(axis=1)),
        stages=tuple(float(value) for value in np.median(durations, axis=0) / 1000),
        round_medians=tuple(float(np.median(part.sum(axis=1)) / 1000) for part in rounds),
    )
