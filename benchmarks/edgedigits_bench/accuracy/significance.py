"""How sure are we? Intervals and tests for counts, and what a list of durations says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054  # the normal distribution's 97.5 % point
LEVEL = 0.01  # at which the gate calls an artifact worse than its float model
Z_LEVEL = 2.3263478740408408  # the normal distribution's 99 % point


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
    """How well repeated timings know their median: from their lower quartile to the end of its interval, over it.

    The interval is the 95 % one that holds whatever the distribution (the sign test's: Conover, Practical Nonparametric
    Statistics, 3.2). Below, the lower quartile stands for it: other programs only ever slow a call down, so that a
    median which they have slowed lies far above it. A minority of slow rounds, however slow, widens nothing.
    """
    ordered, total = np.sort(values), len(values)
    rank, tail = 0, 1
    while tail <= 0.025 * 2**total:  # no fewer than `rank` lie above the true median
        rank += 1
        tail += math.comb(total, rank)
    middle = float(np.median(ordered))
    return float(ordered[total - max(rank, 1)] - np.percentile(ordered, 25)) / middle if middle else 0.0


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


def worse(lost: int, won: int) -> float:
    """The exact one-sided p-value of McNemar's test that a model is worse than another one on the same images.

    Args:
        lost: images that only the other model gets right.
        won: images that only this one gets right.

    Returns:
        The probability of losing so many or more of them if each had an even chance; near 1 where this one is better.
    """
    total = lost + won
    # Integers divide exactly however many images there are.
    return min(1.0, float(sum(math.comb(total, k) for k in range(won + 1)) / (1 << total)))


def images_to_decide(lost: int, won: int, images: int) -> int | None:
    """About how many images would show at `LEVEL` that a model is worse, if it goes on losing and winning as many.

    Solves (d k - 1) / sqrt(n k) = z for the factor k, with d = lost - won and n = lost + won: the normal approximation
    of McNemar's test with its correction for continuity.

    Args:
        lost: as for `worse`.
        won: likewise, fewer than `lost`.
        images: how many there were.

    Returns:
        The number of images; None for a model that is not worse.
    """
    if lost <= won:
        return None
    difference, total = lost - won, lost + won
    root = (Z_LEVEL * math.sqrt(total) + math.sqrt(Z_LEVEL**2 * total + 4 * difference)) / (2 * difference)
    return math.ceil(images * root * root)


def smallest_loss(images: int, level: float = LEVEL) -> float:
    """The smallest drop in percentage points that so many images can show at all: nothing won, and just enough lost."""
    return 100 * math.ceil(math.log2(1 / level)) / images
