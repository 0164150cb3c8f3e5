"""Exact binomial probabilities, for tests of counts."""

import math

import numpy as np


def upper_tail(successes: int, trials: int, probability: float) -> float:
    """How likely `successes` or more are in `trials` of the given probability each.

    With a probability of one half, and the images that only one of two models has right as trials, this is the exact
    one-sided McNemar test.
    """
    if successes <= 0:
        return 1.0
    if probability >= 1:
        return 1.0
    counts = np.arange(successes, trials + 1)
    if not len(counts) or probability <= 0:
        return 0.0
    factorials = np.array([math.lgamma(k + 1) + math.lgamma(trials - k + 1) for k in counts.tolist()])
    logs = math.lgamma(trials + 1) - factorials + counts * math.log(probability)
    logs += (trials - counts) * math.log1p(-probability)
    peak = float(logs.max())
    return min(1.0, math.exp(peak) * float(np.exp(logs - peak).sum()))
