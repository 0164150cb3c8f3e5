"""The images of an export, by what they are used for: the input range, calibration, the parity proof and the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.base import DIGIT_FORM, Form
from edgedigits.errors import ExportError, UsageError
from edgedigits.imaging.picture_files import load_picture
from edgedigits.imaging.resizing import preparation
from edgedigits_data import Split, load_mnist
from edgedigits_data.user_sets import DIGITS, OwnSet, Pictures, load_set
from edgedigits_data.user_sets.splitting import calibration_and_rest, fingerprints, spread
from edgedigits_export.model.input_range import MNIST_STATISTICS, InputRange, candidates
from edgedigits_export.options import ExportOptions

# Images that parity is proved on; random ones where there are none.
PROOF_IMAGES, RANDOM_IMAGES = 5000, 500
HOW = "give labelled images with --data PATH, or export float files without any: --no-data --input-range 0..1"


@dataclass(frozen=True)
class Material:
    """Images by their use; all uint8 (N, height, width), or (N, height, width, 3) in colour.

    Attributes:
        labels: the classes' names.
        proof: what parity is proved on.
        calibration: what calibrates; None where nothing can.
        judged: the labelled images of the gate, none of which calibrates; None where accuracy cannot be measured.
        ways: the candidates for the input range, by name.
        record: what the manifest says of it.
        notes: what was done to the images, and what is odd about them.
    """

    labels: tuple[str, ...]
    proof: Split
    calibration: Split | None
    judged: Split | None
    ways: dict[str, InputRange]
    record: dict[str, Any]
    notes: tuple[str, ...] = ()
    _others: tuple[Split, ...] = field(default=(), repr=False)

    @cached_property
    def labelled(self) -> Split:
        """All labelled images at hand: the input range is measured on them."""
        parts = [*self._others, *([self.judged] if self.judged is not None else [])]
        joined = parts[0] if parts else self.proof.take(np.zeros(0, int))
        for part in parts[1:]:
            joined = joined.joined(part)
        return joined


def gather(form: Form, options: ExportOptions) -> Material:
    """Load the images for a model of some form.

    Args:
        form: what the model takes, and how many classes it has.
        options: `data`, `no_data`, `labels`, `calibration` and `seed` say where they come from.

    Raises:
        UsageError: if there are no images for such a model.
        DataError: if the user's own are damaged.
    """
    if options.no_data:
        return _random(form, options)
    if options.data is not None:
        return _own(form, options, options.data)
    if form.image != DIGIT_FORM.image or form.classes < 10 or (options.labels and options.labels != DIGITS):
        raise UsageError(
            f"a model of {'x'.join(map(str, form.image))} and {form.classes} classes cannot be measured on MNIST; {HOW}"
        )
    if form.classes > 10 and not options.extra_classes:
        raise UsageError(
            f"the model has {form.classes} outputs, MNIST ten digits; --extra-classes spreads what the others get over "
            f"the digits, or {HOW}"
        )
    return _mnist(options)


def own_pictures(form: tuple[int, int, int], digits: bool) -> Pictures:
    """How pictures of the user's become images of a form."""
    return Pictures(load_picture, preparation(form, digits))


def _mnist(options: ExportOptions) -> Material:
    train, validation, test = load_mnist("train"), load_mnist("validation"), load_mnist("test")
    if options.calibration is None:
        calibration = train.balanced(options.calibration_images, options.seed)
    else:
        calibration = spread(
            load_set(options.calibration, own_pictures(DIGIT_FORM.image, True)).digits,
            options.calibration_images,
            options.seed,
        )
    ways = candidates(MNIST_STATISTICS[:1], MNIST_STATISTICS[1:])
    record = {"set": "MNIST", **_calibration_record(calibration, "training images")}
    record |= {
        "range_images": len(train) + len(validation) + len(test),
        "gate": "test images",
        "gate_images": len(test),
    }
    return Material(DIGITS, validation, calibration, test, ways, record, (), (train, validation))


def _own(form: Form, options: ExportOptions, path: Path) -> Material:
    digits = are_digits(form, options.labels, path)
    names: Sequence[str] | None = DIGITS if digits else options.labels
    found = load_set(path, own_pictures(form.image, digits), form=form.image, classes=names, count=form.classes)
    labels = tuple(names or found.classes or map(str, range(form.classes)))
    if len(labels) != form.classes:
        raise UsageError(
            f"{path} has {len(labels)} classes ({', '.join(labels[:4])} ...), the model {form.classes} outputs; "
            "name all of them in the model's order with --labels"
        )
    calibration, judged = _parts(found, options)
    if options.calibration is not None:
        own = load_set(
            options.calibration, own_pictures(form.image, digits), form=form.image, classes=names, count=form.classes
        )
        calibration = spread(own.digits, options.calibration_images, options.seed)
    marks = set(fingerprints(calibration))
    record = {
        "set": path.name,
        **_calibration_record(calibration, "a part of its own"),
        "calibration_fingerprints": sorted(marks),
    }
    pixels = (found.digits if found.test is None else found.digits.joined(found.test)).pixels
    mean, deviation = pixels.mean(axis=(0, 1, 2), dtype=np.float64), pixels.std(axis=(0, 1, 2), dtype=np.float64)
    notes = (*found.notes, *found.skipped)
    if not found.labelled:
        notes = (*notes, f"{path} has no labels; accuracy was not measured")
        return Material(labels, judged, calibration, None, candidates(mean, deviation), record, notes)
    record |= {"range_images": len(pixels), "gate": "all that do not calibrate", "gate_images": len(judged)}
    if found.test is not None:
        record["gate"] = "the set's own test images"
    others = (calibration,) if found.test is None else (found.digits,)
    ways = candidates(mean.tolist(), deviation.tolist())
    return Material(
        labels, judged.take(np.arange(min(PROOF_IMAGES, len(judged)))), calibration, judged, ways, record, notes, others
    )


def _parts(found: OwnSet, options: ExportOptions) -> tuple[Split, Split]:
    if found.test is not None:
        return spread(found.digits, options.calibration_images, options.seed), found.test
    calibration, judged = calibration_and_rest(found.digits, options.calibration_images, options.seed)
    if not len(judged):
        raise ExportError(f"{options.data} has too few different images: some must calibrate, and others judge")
    return calibration, judged


def are_digits(form: Form, labels: Sequence[str] | None, path: Path) -> bool:
    """Whether a model and a set are of digits as MNIST has them: light ink on dark paper, 28x28, ten classes."""
    if form != DIGIT_FORM or (labels and tuple(labels) != DIGITS):
        return False
    folders = [child for child in path.iterdir() if child.is_dir()] if path.is_dir() else []
    inner = [child for folder in folders for child in folder.iterdir() if child.is_dir()]
    names = {folder.name for folder in inner or folders if not folder.name.startswith(".")}
    return not names or any(name in DIGITS for name in names)


def _random(form: Form, options: ExportOptions) -> Material:
    """Images that nobody has labelled: noise, and what is hard to scale: blank, full, near the ends, one pixel."""
    random = np.random.default_rng(options.seed)
    shape = (RANDOM_IMAGES, *form.image)
    images = random.integers(0, 256, shape, np.uint8)
    quarter = RANDOM_IMAGES // 4
    images[:quarter] = np.where(random.random((quarter, *form.image)) < 0.15, images[:quarter], 0)
    images[quarter : 2 * quarter] = random.integers(0, 2, (quarter, *form.image), np.uint8) * 255
    for place, level in enumerate((0, 255, 1, 127, 128, 254)):
        images[place] = level
    images[6], images[7] = 0, 255
    images[6, 0, 0], images[7, 0, 0] = 255, 0
    images = images[..., 0] if form.image[2] == 1 else images
    labels: NDArray[Any] = np.zeros(len(images), np.uint8)
    names = options.labels or tuple(map(str, range(form.classes)))
    if len(names) != form.classes:
        raise UsageError(f"--labels names {len(names)} classes, the model has {form.classes} outputs; name all of them")
    channels = form.image[2]
    note = "no images were given: accuracy was not measured, parity is proved on random images"
    record = {"set": None, "proof": f"{RANDOM_IMAGES} random images"}
    ways = candidates(list(MNIST_STATISTICS[:1]) * channels, list(MNIST_STATISTICS[1:]) * channels)
    return Material(names, Split(images, labels), None, None, ways, record, (note,))


def _calibration_record(calibration: Split, source: str) -> dict[str, Any]:
    return {
        "calibration_source": source,
        "calibration_sha256": calibration.sha256(),
        "calibration_images": len(calibration),
    }
