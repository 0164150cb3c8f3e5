"""IDX files as MNIST has them: images with their labels beside them, packed or not."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.user_sets.found import MOST_PIXELS, Part, reason


def read_idx(path: Path) -> list[Part]:
    """A file of images with its labels, or a folder's: its training and its test images where it has both."""
    if not path.is_dir():
        return [_part(path, "all")]
    found = sorted(path.glob("*images*idx3*"))
    if not found:
        raise DataError(f"{path} has neither a folder for each class nor an images-idx3 file; see the help of --data")
    train = [file for file in found if "train" in file.name]
    test = [file for file in found if "t10k" in file.name or "test" in file.name]
    if train and test:
        return [_part(train[0], "train"), _part(test[0], "test")]
    return [_part((train or found)[0], "all")]


def _part(path: Path, role: str) -> Part:
    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if labels == path or not labels.exists():
        raise DataError(f"{path} has no labels beside it; put {labels.name.replace('images', 'labels')} there")
    return Part(path, _idx(path, 3), _idx(labels, 1), role)


def _idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
            if header[:4] != bytes([0, 0, 8, dimensions]) or len(header) < 4 + 4 * dimensions:
                raise DataError(f"{path} is no IDX file of bytes in {dimensions} dimensions; check what it is")
            shape = [int(size) for size in np.frombuffer(header, ">u4", offset=4)]
            announced = math.prod(shape)
            if announced > MOST_PIXELS:  # said before anything is unpacked
                raise DataError(f"{path} announces {shape}, more than {MOST_PIXELS} pixels; check what it is")
            content = file.read(announced + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); unpack it again") from error
    if len(content) != announced:
        held = f"{len(content)} bytes" if len(content) < announced else "more"
        raise DataError(f"{path} is damaged: it announces {shape} and holds {held}; unpack it again")
    return np.frombuffer(content, np.uint8).reshape(shape)
