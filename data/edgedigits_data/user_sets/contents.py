"""Looks at the images of a set: which are blank, how many are alike, and whether ink is dark or light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.mnist import Split
from edgedigits_data.user_sets.found import UnusableSetError

# Less difference than this between an image's darkest and lightest level is an empty sheet.
CONTRAST = 16
# Of images of digits: the share with light paper from which on all are taken for dark ink on light paper.
LIGHT = 0.75


def check_contents(path: Path, splits: dict[str, Split], digits: bool, notes: list[str]) -> dict[str, Split]:
    """Note what is odd about a set; digits of dark ink are inverted.

    Args:
        path: for messages.
        splits: the set's parts, images uint8 (N, height, width) or (N, height, width, 3).
        digits: whether the images are to have light ink on dark paper, as MNIST has.
        notes: gets a line about what was found or done, with numbers.

    Raises:
        UnusableSetError: if all images are blank or alike.
    """
    images = np.concatenate([split.images for split in splits.values()])
    total = len(images)
    if not total:
        raise UnusableSetError(f"{path} holds no images; give a set that has some")
    flat = images.reshape(total, -1)
    blank = int((flat.max(axis=1) - flat.min(axis=1) < CONTRAST).sum())
    different = len({image.tobytes() for image in flat})
    if blank == total:
        raise UnusableSetError(f"{path}: all {total:,} images are blank; look at how they were drawn or saved")
    if different == 1:
        raise UnusableSetError(f"{path}: all {total:,} images are the same; look at how they were saved")
    if blank:
        notes.append(f"{path}: {blank:,} of {total:,} images are blank")
    if different < total // 2:
        notes.append(f"{path}: only {different:,} of {total:,} images differ from each other")
    if not digits:
        return splits
    light = float(np.mean(border_level(images) > 127))
    if light >= LIGHT:
        notes.append(f"{path}: {light:.0%} of the images have dark ink on light paper; all were inverted")
        return {role: Split(255 - split.images, split.labels) for role, split in splits.items()}
    if light > 1 - LIGHT:
        notes.append(f"{path}: {light:.0%} of the images have light paper and the others dark; make them alike")
    return splits


def border_level(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The median level along the border of each image, (N,)."""
    top, bottom, left, right = images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]
    border = np.concatenate([side.reshape(len(images), -1) for side in (top, bottom, left, right)], axis=1)
    return np.asarray(np.median(border, axis=1), np.float64)
