"""From a picture of any size to the form that an image classifier takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from edgedigits.errors import PictureError
from edgedigits.imaging.normalization import to_grey, to_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def to_form(picture: NDArray[Any], form: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Resize a picture, its aspect ratio given up, as Keras' `image_dataset_from_directory` does by default.

    Args:
        picture: uint8, any size, grey, BGR or BGRA; what is transparent shows white paper.
        form: height, width and channels (1 or 3) of the result.

    Returns:
        uint8 of that form; three channels are in the order RGB.

    Raises:
        PictureError: if it is not a picture.
    """
    height, width, channels = form
    array = to_grey(picture) if channels == 1 else _to_rgb(picture)
    if array.shape[:2] != (height, width):
        # Bilinear between pixels' centres, without a mean over the pixels passed over: what models are trained with.
        array = np.asarray(cv2.resize(array, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return array.reshape(form)


def _to_rgb(picture: NDArray[Any]) -> NDArray[np.uint8]:
    array = np.asarray(picture)
    if array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] in (3, 4) and array.size:
        if array.shape[2] == 4:
            alpha = array[:, :, 3:].astype(np.float32) / 255
            array = (array[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
        return np.ascontiguousarray(array[:, :, ::-1])
    if array.dtype != np.uint8 or array.ndim not in (2, 3):
        raise PictureError(f"a picture must be uint8 (height, width, 3), this one is {array.dtype} {array.shape}")
    return np.repeat(to_grey(array)[:, :, None], 3, axis=2)


def preparation(form: tuple[int, int, int], digits: bool) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    """What makes a user's picture an image of a form.

    Args:
        form: height, width and channels.
        digits: whether it is for a digit model: then the digit is cut out, scaled and centred as MNIST's are, unless
            the picture has the form already. Else the picture is resized.
    """

    def prepare(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if digits and picture.shape[:2] != form[:2]:
            return to_image(picture)
        image = to_form(picture, form)
        return image[..., 0] if form[2] == 1 else image

    return prepare
