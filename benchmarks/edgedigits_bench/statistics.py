"""How sure are we? Intervals and tests for counts, and what a list of durations says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Latency:
    """A summary of the durations of calls, all in microseconds."""

    p50_us: float
    p90_us: float
    p99_us: float
    mean_us: float
    deviation_us: float


def summarize(durations_ns: NDArray[np.int64]) -> Latency:
    """Percentiles, mean and standard deviation of call durations, int64 (N,) nanoseconds, N at least 1."""
    microseconds = durations_ns / 1000
    p50, p90, p99 = (float(value) for value in np.percentile(microseconds, [50, 90, 99]))
    return Latency(p50, p90, p99, float(microseconds.mean()), float(microseconds.std()))


def spread(values: Sequence[float]) -> float:
    """How far repeated measurements lie apart: the range of their middle half, relative to their median."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float((high - low) / middle) if middle else 0.0


def wilson(correct: int, total: int) -> tuple[float, float]:
    """The 95 % confidence interval of a proportion (Wilson, JASA 22, 1927); good near 1, where ours are."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = correct / total, Z95 * Z95
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    # Rounding must not push a bound past what was observed.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of McNemar's test (Psychometrika 12, 1947).

    Args:
        only_first: images that only the first model gets right.
        only_second: images that only the second one gets right.

    Returns:
        The probability of so unequal a split, or a more unequal one, if both models were equally good.
    """
    total, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(total, k) for k in range(fewer + 1))
    # Integers divide exactly however many images there are; floats would overflow at 1,100.
    return min(1.0, float(2 * tail / (1 << total)))
