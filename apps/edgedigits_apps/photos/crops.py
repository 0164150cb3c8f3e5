"""Digits cut out of pictures into a folder for each class, to be looked through and trained on."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edgedigits.imaging.picture_files import save_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgedigits.page import Page

MARGIN = 1 / 6  # of a digit's longer side, around its box


def save_crops(
    folder: Path,
    name: str,
    picture: "NDArray[np.uint8]",
    page: "Page",
    free: Callable[[Path, str, str], Path],
) -> None:
    """Write each digit to `folder/DIGIT/CONFIDENCE-name-NUMBER.png`, so that by name the least certain comes first.

    Args:
        folder: gets the folders 0 to 9, the form that `edgedigits train --data` takes.
        name: what the picture is called.
        picture: uint8, what was read.
        page: what was found on it.
        free: gives a path in a folder, with a stem and an ending, that no file has.

    Raises:
        PictureError: if the disk refuses.
    """
    for number, digit in enumerate(page.digits):
        x, y, width, height = digit.box
        margin = round(max(width, height) * MARGIN)
        crop = picture[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]
        stem = f"{digit.confidence:.3f}-{name}-{number:03}"
        save_picture(free(folder / str(digit.digit), stem, ".png"), crop)
