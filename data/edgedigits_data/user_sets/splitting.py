"""Keeps images apart by what they are used for: none that calibrates a model judges it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.mnist import Split

# Of a set that keeps no images for testing: at most this share calibrates.
CALIBRATION_SHARE = 5


def fingerprints(split: Split) -> list[str]:
    """For each image the first 16 hexadecimal digits of the SHA-256 of its pixels."""
    return [hashlib.sha256(image.tobytes()).hexdigest()[:16] for image in split.images]


def without(split: Split, known: Collection[str]) -> Split:
    """The images whose `fingerprints` are not among those."""
    if not known:
        return split
    return split.take(np.array([mark not in known for mark in fingerprints(split)], bool))


def spread(split: Split, count: int, seed: int) -> Split:
    """A seeded random subset, as equally spread over the classes as the data allows; all where there are fewer.

    A class with fewer images than its share gives all it has.
    """
    if count >= len(split):
        return split
    return split.take(_spread_order(split, seed)[:count])


def calibration_and_rest(split: Split, count: int, seed: int) -> tuple[Split, Split]:
    """Images that calibrate, and others that judge.

    Args:
        split: all images.
        count: how many calibrate, at most one in `CALIBRATION_SHARE`.
        seed: picks them.

    Returns:
        Those that calibrate, spread over the classes, and all that are not equal to one of them.
    """
    calibration = spread(split, max(1, min(count, len(split) // CALIBRATION_SHARE)), seed)
    return calibration, without(split, set(fingerprints(calibration)))


def _spread_order(split: Split, seed: int) -> NDArray[np.intp]:
    """All places, first one of each class, then a second one of each, and so on; random within a class."""
    order = np.random.default_rng(seed).permutation(len(split))
    rank = np.empty(len(split), int)
    for label in np.unique(split.labels):
        members = order[split.labels[order] == label]
        rank[members] = np.arange(len(members))
    return order[np.argsort(rank[order], kind="stable")]
