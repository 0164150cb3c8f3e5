"""Arrays as people save them into images as models take them: uint8 levels 0 to 255 in one form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.user_sets.found import Part, Prepare


def form_images(part: Part, form: tuple[int, int, int], prepare: Prepare, notes: list[str]) -> NDArray[np.uint8]:
    """The images of a part, uint8 (N, height, width), or (N, height, width, 3) in colour.

    Args:
        part: as it was read.
        form: height, width and channels.
        prepare: makes a picture an image of this form.
        notes: gets a line about what was done.

    Raises:
        DataError: if the array's shape or its numbers are none of images.
    """
    height, width, channels = form
    shape = (height, width) if channels == 1 else form
    if part.prepared:
        return np.array(part.images, np.uint8).reshape(-1, *shape)
    images = _levels(part, _arranged(part, form), notes)
    if images.shape[1:] == (*shape[:2], 1) and channels == 1:
        images = images[..., 0]
    if images.shape[1:] != shape:
        # OpenCV's order of colours, which is what pictures come in.
        pictures = images[..., ::-1] if images.ndim == 4 and images.shape[3] == 3 else images
        images = np.array([prepare(np.ascontiguousarray(picture)) for picture in pictures], np.uint8)
    return np.ascontiguousarray(images.reshape(-1, *shape))


def _arranged(part: Part, form: tuple[int, int, int]) -> NDArray[Any]:
    """An array with the channels last, (N, height, width) or (N, height, width, 1 or 3)."""
    images = np.asarray(part.images)
    height, width, channels = form
    if images.ndim == 2 and images.shape[1] == height * width * channels:
        return images.reshape(-1, *form)
    if images.ndim == 4 and images.shape[3] not in (1, 3) and images.shape[1] in (1, 3):
        return images.transpose(0, 2, 3, 1)
    if images.ndim not in (3, 4) or 0 in images.shape[1:] or (images.ndim == 4 and images.shape[3] not in (1, 3)):
        raise DataError(
            f"{part.path} has images {images.dtype} {images.shape}; give uint8 (N, height, width), 0 to 255"
        )
    return images


def _levels(part: Part, images: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
    """Levels 0 to 255, whatever range and type they were saved in."""
    if images.dtype.kind not in "buif":
        raise DataError(f"{part.path} has images of {images.dtype}; give uint8 (N, height, width), 0 to 255")
    if not images.size:
        return images.astype(np.uint8)
    least, most = float(images.min()), float(images.max())
    if not (np.isfinite(least) and np.isfinite(most)) or least < 0 or most > 65535:
        raise DataError(
            f"{part.path} has levels from {least:.3g} to {most:.3g}; give them as they are in pictures, 0 to 255"
        )
    if 0 < most <= 1:
        notes.append(f"{part.path} has levels 0 to 1; they were multiplied by 255")
        return np.rint(images.astype(np.float32) * 255).astype(np.uint8)
    if most > 255:
        notes.append(f"{part.path} has levels to {most:.0f}; they were divided by 257")
        return np.rint(images.astype(np.float32) / 257).astype(np.uint8)
    return images if images.dtype == np.uint8 else np.rint(images).astype(np.uint8)
