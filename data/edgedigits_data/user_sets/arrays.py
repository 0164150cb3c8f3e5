"""Arrays as NumPy saves them: an .npz archive, or .npy files of images and labels."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.user_sets.found import MOST_PIXELS, Part, reason

# Names of images and labels, and whose images they are.
NPZ_KEYS = (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "labels"), ("x_train", "y_train"))
TEST_KEYS = (("x_test", "y_test"), ("test_images", "test_labels"))
# How a file of labels is called beside a file of images.
NPY_NAMES = (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "labels"), ("X", "Y"))


def read_npz(path: Path) -> list[Part]:
    """The images and labels of an archive; training and test images apart where it has both."""
    try:
        with zipfile.ZipFile(path) as archive:
            announced = sum(member.file_size for member in archive.infolist())
        if announced > MOST_PIXELS:
            raise DataError(
                f"{path} unpacks to {announced / 1e9:.1f} GB; give at most {MOST_PIXELS / 1e9:.1f} GB at once"
            )
        with np.load(path, allow_pickle=False) as arrays:
            test = _pair(arrays, TEST_KEYS)
            for keys in NPZ_KEYS:
                if keys[0] in arrays:
                    labels = arrays.get(keys[1])
                    first = Part(path, arrays[keys[0]], labels, "train" if test else "all")
                    return [first, Part(path, *test, "test")] if test else [first]
            if test:
                return [Part(path, *test, "all")]
            raise DataError(f"{path} has the arrays {', '.join(arrays) or 'none'}; name them images and labels")
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib, numpy and its tokenizer raise whatever they like on a damaged file
        raise DataError(f"{path} is no archive of arrays ({reason(error)}); save it with numpy.savez") from error


def read_npy(path: Path) -> list[Part]:
    """A file of images, and the labels beside it where there are any."""
    for images, labels in NPY_NAMES:
        beside = path.with_name(path.name.replace(images, labels))
        if images in path.stem and beside.exists() and beside != path:
            return [Part(path, _load(path), _load(beside))]
    return [Part(path, _load(path), None)]


def find_npy(folder: Path) -> list[Part]:
    """The .npy files of a folder: training and test images apart where their names say so; [] where there are none."""
    parts = []
    for file in sorted(folder.glob("*.npy")):
        for images, labels in NPY_NAMES:
            beside = file.with_name(file.name.replace(images, labels))
            if images in file.stem and beside.exists() and beside != file:
                role = next((role for role in ("train", "test") if role in file.stem), "all")
                parts.append(Part(file, _load(file), _load(beside), role))
                break
    if len(parts) == 1:
        return [Part(parts[0].path, parts[0].images, parts[0].labels)]
    return parts


def _pair(arrays: Any, keys: tuple[tuple[str, str], ...]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    for images, labels in keys:
        if images in arrays and labels in arrays:
            return arrays[images], arrays[labels]
    return None


def _load(path: Path) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        if array.nbytes > 8 * MOST_PIXELS:
            raise DataError(f"{path} holds {array.nbytes / 1e9:.1f} GB; give a part of it")
        return np.array(array)
    except DataError:
        raise
    except Exception as error:  # as above
        raise DataError(f"{path} is no array ({reason(error)}); save it with numpy.save") from error
