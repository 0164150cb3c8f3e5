"""Sets of a user's own digits: a folder of pictures by class, IDX files as MNIST has them, or an NPZ archive."""

import gzip
import math
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError, MissingDataError
from edgedigits_data.mnist import Split

Prepare = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"}
NPZ_KEYS = (("images", "labels"), ("x_train", "y_train"), ("x", "y"))
# An IDX header is a few bytes and may claim anything; nobody has a gigabyte of digits.
MOST_PIXELS = 1 << 30


@dataclass(frozen=True)
class OwnSet:
    """A set as read: the digits, and a line about each thing that was left out."""

    digits: Split
    skipped: tuple[str, ...]


def load_set(path: Path, prepare: Prepare, errors: str = "refuse") -> OwnSet:
    """Read a set of labelled digits.

    Args:
        path: a folder with the folders 0 to 9 of pictures; an IDX file of images (or a folder with one) whose labels
            lie beside it, packed or not; or an .npz with `images` and `labels` (or x_train, y_train, or x, y).
        prepare: makes a picture, uint8 grey or BGR of any size, an image (28, 28) as models take them. Images in
            IDX and NPZ that already are 28x28 are taken as they are.
        errors: "refuse" raises at the first wrong label, unreadable picture or empty class; "skip" leaves it out and
            says so in `skipped`.

    Raises:
        MissingDataError: if there is nothing at `path`.
        DataError: naming the file, if the set cannot be read, something in it is wrong and `errors` is "refuse", or
            nothing is left, or only one class.
    """
    if not path.exists():
        raise MissingDataError(f"{path} does not exist; name a folder of pictures, an IDX file or an .npz")
    problems = _Problems(errors == "skip")
    if path.is_dir() and any(child.is_dir() for child in path.iterdir()):
        images, labels = _from_folder(path, prepare, problems)
    elif path.suffix == ".npz":
        images, labels = _checked(path, *_from_npz(path), prepare, problems)
    else:
        images, labels = _checked(path, *_from_idx(path), prepare, problems)
    found = np.unique(labels)
    if len(found) < 2:
        what = f"only the digit {found[0]}" if len(found) else "no digits"
        raise DataError(f"{path} holds {what}; training needs two classes or more{problems.count()}")
    return OwnSet(Split(images, labels), tuple(problems.lines))


class _Problems:
    """Raises what is wrong, or collects it."""

    def __init__(self, skip: bool) -> None:
        self._skip = skip
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        if not self._skip:
            raise DataError(f"{line}; correct it, or skip such things with --data-errors skip")
        self.lines.append(line)

    def count(self) -> str:
        return f" ({len(self.lines)} skipped)" if self.lines else ""


def _from_folder(path: Path, prepare: Prepare, problems: _Problems) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    for folder in sorted(child for child in path.iterdir() if child.is_dir() and not child.name.startswith(".")):
        if folder.name not in "0123456789" or len(folder.name) != 1:
            problems.add(f"{folder} is no class: its name must be one digit, 0 to 9")
            continue
        before = len(images)
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() not in PICTURES:
                continue
            picture = _decode(file)
            if picture is None:
                problems.add(f"{file} is not a picture that can be read")
                continue
            images.append(prepare(picture))
            labels.append(int(folder.name))
        if len(images) == before:
            problems.add(f"{folder} is empty: it holds no readable picture")
    return np.array(images, np.uint8).reshape(-1, 28, 28), np.array(labels, np.uint8)


def _decode(file: Path) -> NDArray[np.uint8] | None:
    try:
        content = np.frombuffer(file.read_bytes(), np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    except (OSError, cv2.error, MemoryError):
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def _from_npz(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            announced = sum(member.file_size for member in archive.infolist())
        if announced > MOST_PIXELS:
            raise DataError(
                f"{path} unpacks to {announced / 1e9:.1f} GB; give at most {MOST_PIXELS / 1e9:.1f} GB at once"
            )
        with np.load(path, allow_pickle=False) as arrays:
            for images, labels in NPZ_KEYS:
                if images in arrays and labels in arrays:
                    return arrays[images], arrays[labels]
            raise DataError(f"{path} has the arrays {', '.join(arrays) or 'none'}; name them images and labels")
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib, numpy and its tokenizer raise whatever they like on a damaged file
        raise DataError(f"{path} is no archive of arrays ({_reason(error)}); save it with numpy.savez") from error


def _from_idx(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    if path.is_dir():
        found = sorted(path.glob("*images*idx3*"))
        if not found:
            raise DataError(f"{path} has neither folders 0 to 9 nor an images-idx3 file; see the help of --data")
        path = next((file for file in found if "train" in file.name), found[0])
    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if labels == path or not labels.exists():
        raise DataError(f"{path} has no labels beside it; put {labels.name.replace('images', 'labels')} there")
    return _idx(path, 3), _idx(labels, 1)


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
        raise DataError(f"{path} cannot be read ({_reason(error)}); unpack it again") from error
    if len(content) != announced:
        held = f"{len(content)} bytes" if len(content) < announced else "more"
        raise DataError(f"{path} is damaged: it announces {shape} and holds {held}; unpack it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _checked(
    path: Path, images: NDArray[Any], labels: NDArray[Any], prepare: Prepare, problems: _Problems
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The images as models take them and the labels as bytes, without what is wrong."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or 0 in images.shape[1:]:
        raise DataError(f"{path} has images {images.dtype} {images.shape}; give uint8 (N, height, width), 0 to 255")
    if labels.shape != (len(images),) or labels.dtype.kind not in "iuf":
        raise DataError(f"{path} has {len(images)} images and labels {labels.dtype} {labels.shape}; give one an image")
    wrong = ~np.isin(labels, np.arange(10))
    for i in np.flatnonzero(wrong):
        problems.add(f"{path}: image {i} has the label {labels[i]}, which is not 0 to 9")
    images, labels = images[~wrong], labels[~wrong].astype(np.uint8)
    if images.shape[1:] != (28, 28):
        images = np.array([prepare(image) for image in images], np.uint8).reshape(-1, 28, 28)
    return images, labels
