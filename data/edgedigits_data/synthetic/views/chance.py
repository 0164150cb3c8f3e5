"""Fast scalar draws: NumPy's own cost microseconds each, and a view needs hundreds."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Random = np.random.Generator
T = TypeVar("T")


def generator(seed: int, index: int) -> Random:
    """The generator of one view, which depends on nothing but `seed` and `index`."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence((seed, index))))


def chance(random: Random, share: float) -> bool:
    """True in `share` of all calls."""
    return random.random() < share


def between(random: Random, low: float, high: float) -> float:
    """Uniform in [low, high)."""
    return low + (high - low) * random.random()


def whole_between(random: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int((high - low + 1) * random.random())


def pick(random: Random, choices: Sequence[T]) -> T:
    """One of `choices`, each as likely."""
    return choices[int(len(choices) * random.random())]


def log_between(random: Random, low: float, high: float) -> float:
    """Log-uniform in [low, high)."""
    return float(low * (high / low) ** random.random())


def normal(random: Random, sigma: float) -> float:
    """Gaussian around 0."""
    return sigma * float(random.standard_normal())
