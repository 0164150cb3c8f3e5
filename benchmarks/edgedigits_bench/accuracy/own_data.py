"""The labelled images that a bundle is judged on: MNIST's test images, or a set of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgedigits import Bundle
from edgedigits.engines.base import DIGIT_FORM
from edgedigits.errors import BenchError, UsageError
from edgedigits.imaging.picture_files import load_picture
from edgedigits.imaging.resizing import preparation
from edgedigits_bench.accuracy.evaluation import class_count
from edgedigits_data import Split, load_mnist
from edgedigits_data.user_sets import DIGITS, Pictures, load_set
from edgedigits_data.user_sets.splitting import without


def judging_images(bundle: Bundle, data: Path | None = None) -> Split:
    """Labelled images for a bundle, without those that have calibrated it.

    Args:
        bundle: what is to be judged.
        data: a set of the user's own; None for MNIST's 10,000 test images.

    Raises:
        UsageError: if the bundle was made with other data and `data` is None, or the set has no labels.
        DataError: if a set is damaged or does not fit the model.
    """
    record = bundle.manifest.get("data")
    facts: dict[str, Any] = record if isinstance(record, dict) else {}
    if data is None:
        if facts.get("set", "MNIST") != "MNIST":
            known = f"was measured on {facts['set']}" if facts["set"] else "was exported without data"
            raise UsageError(f"{bundle.folder} {known}; give labelled images with --data PATH")
        return load_mnist("test")
    form, labels = image_form(bundle), bundle.manifest.get("labels")
    names = tuple(map(str, labels)) if isinstance(labels, list) else DIGITS
    digits = form == DIGIT_FORM.image and names == DIGITS
    pictures = Pictures(load_picture, preparation(form, digits))
    found = load_set(data, pictures, form=form, classes=names, count=class_count(bundle))
    if not found.labelled:
        raise UsageError(f"{data} has no labels; accuracy cannot be measured on it")
    marks = facts.get("calibration_fingerprints", ())
    split = without(found.test or found.digits, set(map(str, marks)) if isinstance(marks, list) else set())
    if not len(split):
        raise UsageError(f"{data} has no image that has not calibrated {bundle.folder}; give others")
    return split


def image_form(bundle: Bundle) -> tuple[int, int, int]:
    """Height, width and channels of the images that a bundle's model takes.

    Raises:
        BenchError: if the manifest does not say it.
    """
    for artifact in bundle.artifacts:
        try:
            _, height, width, channels = bundle.files[artifact]["inputs"][0]["shape"]
            return int(height), int(width), int(channels)
        except (KeyError, IndexError, TypeError, ValueError):
            continue
    raise BenchError(f"{bundle.folder} does not say what images its model takes; export it again")
