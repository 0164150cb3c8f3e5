"""Which digits a run trains on, chooses by, and is scored on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import TrainError
from edgedigits_data import Split, load_mnist
from edgedigits_data.synthetic.crops import Cut, training_crops
from edgedigits_data.user_sets import Pictures, load_set
from edgedigits_train.settings import TrainSettings

# Of a user's own set: one image in ten chooses the epoch, another one in ten is only for the final score.
SHARE = 10


@dataclass(frozen=True)
class Sources:
    """Digits by their use; `tests` by name: "test" is MNIST's, "own" the user's; `skipped`, `notes` as of `OwnSet`."""

    training: Split
    validation: Split
    tests: dict[str, Split]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def load_sources(settings: TrainSettings, pictures: Pictures | None = None, cut: Cut | None = None) -> Sources:
    """Load MNIST, the user's own set, or both, and add the digits of synthetic pages to those that are trained on.

    Args:
        settings: `data`, `data_only` and `data_errors` say what to load.
        pictures: decodes a user's picture and makes it an image; needed where the set holds pictures.
        cut: a reader's way from a page and boxes to images; needed where the settings ask for pages.

    Raises:
        DataError: if a set is missing, damaged or too small to be split.
        TrainError: if pages are asked for, but not how to cut them.
    """
    sources = _labelled(settings, pictures)
    if not settings.pages:
        return sources
    if cut is None:
        raise TrainError("pages must be cut into digits; train with the command line, or pass `cut`")
    # The pages must not follow the run's seed: two seeds are compared on the same digits.
    return replace(sources, training=sources.training.joined(training_crops(settings.pages, cut)))


def _labelled(settings: TrainSettings, pictures: Pictures | None) -> Sources:
    mnist = None
    if not settings.data_only:
        mnist = Sources(load_mnist("train"), load_mnist("validation"), {"test": load_mnist("test")})
        if settings.data is None:
            return mnist
    own = _own(Path(settings.data or ""), pictures or Pictures(_refuse_file, _refuse), settings)
    if mnist is None:
        return own
    return Sources(
        mnist.training.joined(own.training),
        mnist.validation.joined(own.validation),
        mnist.tests | own.tests,
        own.skipped,
        own.notes,
    )


def _own(path: Path, pictures: Pictures, settings: TrainSettings) -> Sources:
    found = load_set(path, pictures, settings.data_errors)
    if not found.labelled:
        raise TrainError(f"{path} has no labels; training needs one for each image")
    digits, kept = found.digits, found.test
    # The split must not follow the run's seed: two seeds are compared on the same images.
    place = np.empty(len(digits), int)
    for label in np.unique(digits.labels):
        members = np.flatnonzero(digits.labels == label)
        place[np.random.default_rng(0).permutation(members)] = np.arange(len(members)) % SHARE
    scored = place == 1 if kept is None else np.zeros(len(digits), bool)  # unless the set itself keeps a test part
    parts = [digits.take(~scored & (place != 0)), digits.take(place == 0), kept or digits.take(scored)]
    if any(len(np.unique(part.labels)) < 2 for part in parts):
        raise TrainError(f"{path} has only {len(digits)} digits; two classes need 3 pictures each, and more is better")
    return Sources(parts[0], parts[1], {"own": parts[2]}, found.skipped, found.notes)


def _refuse_file(path: Path) -> NDArray[np.uint8]:
    raise TrainError(f"{path} must be decoded; train with the command line, or pass `pictures`")


def _refuse(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    raise TrainError(
        f"pictures of {picture.shape[:2]} must become 28x28; train with the command line, or pass `pictures`"
    )
