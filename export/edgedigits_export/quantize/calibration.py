"""The images that calibrate integer artifacts: MNIST's training part, or pictures of the user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgedigits.errors import UsageError
from edgedigits.imaging.normalization import to_image
from edgedigits.imaging.picture_files import load_picture
from edgedigits_data import DataError, Split, load_mnist
from edgedigits_data.user_sets import Pictures, load_set


def calibration_set(path: Path | None, count: int, seed: int) -> Split:
    """A seeded random subset, equally spread over the classes as far as the data allows.

    Args:
        path: a set that `edgedigits_data.user_sets.load_set` reads; None for MNIST's 55,000 training images.
        count: how many images.
        seed: picks them.

    Raises:
        UsageError: if `count` is not positive.
        DataError: if the set cannot be read, or MNIST has too few images.
    """
    if count < 1:
        raise UsageError(f"{count} images calibrate nothing; ask for 1 or more, 500 are usual")
    if path is None:
        return load_mnist("train").balanced(count, seed)
    if not path.exists():
        raise DataError(f"{path} does not exist; name a folder of pictures, an IDX file or an .npz")
    own = load_set(path, Pictures(load_picture, to_image)).digits
    if count >= len(own):
        return own
    # A class with fewer pictures than its share gives all it has.
    random = np.random.default_rng(seed)
    order = random.permutation(len(own))
    rank = np.empty(len(own), int)
    for label in np.unique(own.labels):
        members = order[own.labels[order] == label]
        rank[members] = np.arange(len(members))
    chosen = order[np.argsort(rank[order], kind="stable")][:count]
    return own.take(chosen)
