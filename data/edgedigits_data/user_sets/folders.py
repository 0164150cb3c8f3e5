"""A folder with a folder of pictures for each class, or such folders for training and for test."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.user_sets.found import Decode, Part, Prepare, Problems, reason

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".gif"}
TRAIN, TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation")


def read_folders(
    path: Path, prepare: Prepare, decode: Decode, classes: Collection[str] | None, problems: Problems
) -> list[Part]:
    """Read the pictures of every class.

    Args:
        path: the folder.
        prepare: makes a picture an image of the wanted form.
        decode: reads a picture's file.
        classes: the names that a class's folder may have; any name if None.
        problems: gets what is wrong.
    """
    found = {child.name.lower(): child for child in path.iterdir() if child.is_dir()}
    train = next((found[name] for name in TRAIN if name in found), None)
    test = next((found[name] for name in TEST if name in found), None)
    if train is None or test is None:
        return [_classes(path, "all", prepare, decode, classes, problems)]
    return [
        _classes(train, "train", prepare, decode, classes, problems),
        _classes(test, "test", prepare, decode, classes, problems),
    ]


def _classes(
    path: Path, role: str, prepare: Prepare, decode: Decode, classes: Collection[str] | None, problems: Problems
) -> Part:
    images: list[NDArray[np.uint8]] = []
    labels: list[str] = []
    strange: list[str] = []
    for folder in sorted(child for child in path.iterdir() if child.is_dir() and not child.name.startswith(".")):
        if classes is not None and folder.name not in classes:
            expected = "one digit, 0 to 9" if list(classes) == list("0123456789") else f"one of {_listed(classes)}"
            problems.add(f"{folder} is no class: its name must be {expected}")
            continue
        before = len(images)
        for file in sorted(folder.rglob("*")):
            # What file managers leave beside pictures, such as ._7.png and Thumbs.db, is no mistake of the user's.
            if file.name.startswith(".") or file.suffix.lower() not in PICTURES:
                strange += [file.name] if file.is_file() else []
                continue
            try:
                images.append(prepare(stretched(decode(file))))
            except Exception as error:  # the caller's decoder raises its own kind
                text = reason(error)
                problems.add(text if str(file) in text else f"{file} is not a picture that can be read ({text})")
                continue
            labels.append(folder.name)
        if len(images) == before:
            problems.add(f"{folder} is empty: it holds no readable picture")
    if strange:
        problems.lines.append(f"{len(strange)} files in {path} are no pictures: {_listed(strange)}")
    return Part(path, images, np.array(labels, str), role, prepared=True)


def stretched(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture whose only levels are 0 and 1, as some programs save masks, with 255 in place of 1."""
    return picture * np.uint8(255) if picture.size and picture.max() == 1 else picture


def _listed(names: Collection[str]) -> str:
    shown = list(dict.fromkeys(names))
    return ", ".join(shown[:4]) + (", ..." if len(shown) > 4 else "")
