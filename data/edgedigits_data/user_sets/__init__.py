"""Sets of a user's own images: a folder of pictures by class, a CSV table, NumPy arrays, or IDX files.

Whatever the form, the result is one `Split` of images in the form that a model takes. Formats have a module each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgedigits_data.errors import MissingDataError
from edgedigits_data.mnist import Split
from edgedigits_data.user_sets.arrays import find_npy, read_npy, read_npz
from edgedigits_data.user_sets.contents import check_contents
from edgedigits_data.user_sets.decoding import decode_file
from edgedigits_data.user_sets.folders import read_folders
from edgedigits_data.user_sets.forming import form_images
from edgedigits_data.user_sets.found import Decode, Part, Pictures, Prepare, Problems, UnusableSetError
from edgedigits_data.user_sets.idx import read_idx
from edgedigits_data.user_sets.labelling import class_names, class_numbers
from edgedigits_data.user_sets.tables import read_csv

__all__ = ["DIGITS", "Decode", "OwnSet", "Pictures", "Prepare", "UnusableSetError", "load_set"]

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class OwnSet:
    """A set as read.

    Attributes:
        digits: all images, or those for training where the set keeps others for testing.
        skipped: a line about each thing that was left out.
        test: the images that the set itself keeps for testing.
        classes: the classes' names in the order of their numbers; empty where nothing names them.
        labelled: whether the images have labels; without, the labels of `digits` are all 0.
        notes: what was done to the images, and what is odd about them, with numbers.
    """

    digits: Split
    skipped: tuple[str, ...]
    test: Split | None = None
    classes: tuple[str, ...] = ()
    labelled: bool = True
    notes: tuple[str, ...] = ()


def load_set(
    path: Path,
    pictures: Pictures | Prepare,
    errors: str = "refuse",
    *,
    form: tuple[int, int, int] = (28, 28, 1),
    classes: Sequence[str] | None = DIGITS,
    count: int | None = None,
) -> OwnSet:
    """Read a set of images.

    Args:
        path: a folder with a folder of pictures for each class, or with such folders in `train` and `test`; a .csv
            with one image a line, the label first or none; an .npz with `images` and `labels` (or x, y, or x_train,
            y_train and x_test, y_test); an .npy of images with its labels beside it, or a folder with both; an IDX
            file of images (or a folder with one) whose labels lie beside it. Packed with gzip where that is usual.
        pictures: decodes a picture's file and makes a picture an image of the form; a function alone does the latter.
            Images in arrays that have the form already are taken as they are.
        errors: "refuse" raises at the first wrong label, unreadable picture or empty class; "skip" leaves it out and
            says so in `skipped`.
        form: height, width and channels of the images, as the model takes them.
        classes: the names of the classes in the order of their numbers; None takes whatever names there are, in
            alphabetical order as Keras does. With the ten digits, images of dark ink on light paper are inverted.
        count: how many classes there are, to check numbers against; as many as `classes` where these are given.

    Raises:
        MissingDataError: if there is nothing at `path`.
        DataError: naming the file, if the set cannot be read, something in it is wrong and `errors` is "refuse".
        UnusableSetError: if nothing is left, or only one class, or all images are blank or alike.
    """
    if not path.exists():
        raise MissingDataError(f"{path} does not exist; name a folder of pictures, a .csv, .npz, .npy or IDX file")
    pictures = pictures if isinstance(pictures, Pictures) else Pictures(decode_file, pictures)
    problems = Problems(errors == "skip")
    notes: list[str] = []
    parts = _read(path, pictures, form, classes, problems)
    names = tuple(classes) if classes is not None else class_names(parts)
    count = count or len(names) or None
    splits: dict[str, Split] = {}
    for part in parts:
        labels, kept = class_numbers(part, names, count, problems, notes)
        images = form_images(part, form, pictures.prepare, notes)[kept]
        split = Split(images, labels[kept])
        splits[part.role] = splits[part.role].joined(split) if part.role in splits else split
    labelled = all(part.labels is not None for part in parts)
    if labelled:
        _check_classes(path, splits, names, problems)
    splits = check_contents(path, splits, list(classes or ()) == list(DIGITS), notes)
    first = splits.pop("train") if "train" in splits else splits.pop(next(iter(splits)))
    return OwnSet(first, tuple(problems.lines), splits.get("test"), names, labelled, tuple(dict.fromkeys(notes)))


def _read(
    path: Path, pictures: Pictures, form: tuple[int, int, int], classes: Sequence[str] | None, problems: Problems
) -> list[Part]:
    if path.is_dir():
        if any(child.is_dir() and not child.name.startswith(".") for child in path.iterdir()):
            return read_folders(path, pictures.prepare, pictures.decode, classes, problems)
        return find_npy(path) or read_idx(path)
    ending = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    if ending.lower() in (".csv", ".csv.gz"):
        return read_csv(path, int(np.prod(form)))
    if ending == ".npz":
        return read_npz(path)
    return read_npy(path) if ending == ".npy" else read_idx(path)


def _check_classes(path: Path, splits: dict[str, Split], names: tuple[str, ...], problems: Problems) -> None:
    """Refuse a set with no image or one class only."""
    found = np.unique(np.concatenate([split.labels for split in splits.values()]))
    if len(found) < 2:
        one = names[found[0]] if len(found) and len(names) > found[0] else ""
        kind = "digit" if names == DIGITS else "class"
        what = f"only the {kind} {one or found[0]}" if len(found) else "no digits" if names == DIGITS else "no images"
        raise UnusableSetError(f"{path} holds {what}; training needs two classes or more{problems.count()}")
