"""Decodes a picture's file where the caller brings no decoder of its own, as the runtime's is."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError


def decode_file(path: Path) -> NDArray[np.uint8]:
    """A picture, uint8 BGR (height, width, 3); what is transparent shows white paper, 16 bits become 8.

    Raises:
        DataError: if it is no picture that OpenCV can read.
    """
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if len(content) else None
    except (OSError, cv2.error, MemoryError):
        picture = None
    if picture is None or picture.dtype not in (np.uint8, np.uint16):
        raise DataError(f"{path} is not a picture that can be read")
    levels = picture if picture.dtype == np.uint8 else (picture // 256).astype(np.uint8)
    if levels.ndim == 2:
        return np.repeat(levels[..., None], 3, axis=2)
    if levels.shape[2] == 4:
        alpha = levels[..., 3:].astype(np.float32) / 255
        return np.asarray(levels[..., :3] * alpha + 255 * (1 - alpha), np.float32).round().astype(np.uint8)
    return np.ascontiguousarray(levels[..., :3])
