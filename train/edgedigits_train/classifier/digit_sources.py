"""Which digits a run trains on, chooses by, and is scored on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import TrainError
from edgedigits_data import Split, load_mnist
from edgedigits_data.synthetic.crops import Cut, training_crops
from edgedigits_data.user_sets import Prepare, load_set
from edgedigits_train.settings import TrainSettings

# Of a user's own set: one image in ten chooses the epoch, another one in ten is only for the final score.
SHARE = 10


@dataclass(frozen=True)
class Sources:
    """Digits by their use; `tests` by name: "test" is MNIST's, "own" the user's; `skipped` says what was left out."""

    training: Split
    validation: Split
    tests: dict[str, Split]
    skipped: tuple[str, ...] = ()


def load_sources(settings: TrainSettings, prepare: Prepare | None = None, cut: Cut | None = None) -> Sources:
    """Load MNIST, the user's own set, or both, and add the digits of synthetic pages to those that are trained on.

    Args:
        settings: `data`, `data_only` and `data_errors` say what to load.
        prepare: makes a user's picture an image; needed where the set holds pictures that are not 28x28.
        cut: a reader's way from a page and boxes to images; needed where the settings ask for pages.

    Raises:
        DataError: if a set is missing, damaged or too small to be split.
        TrainError: if pages are asked for, but not how to cut them.
    """
    sources = _labelled(settings, prepare)
    if not settings.pages:
        return sources
    if cut is None:
        raise TrainError("pages must be cut into digits; train with the command line, or pass `cut`")
    # The pages must not follow the run's seed: two seeds are compared on the same digits.
    return replace(sources, training=sources.training.joined(training_crops(settings.pages, cut)))


def _labelled(settings: TrainSettings, prepare: Prepare | None) -> Sources:
    mnist = None
    if not settings.data_only:
        mnist = Sources(load_mnist("train"), load_mnist("validation"), {"test": load_mnist("test")})
        if settings.data is None:
            return mnist
    own = _own(Path(settings.data or ""), prepare or _refuse, settings)
    if mnist is None:
        return own
    return Sources(
        mnist.training.joined(own.training),
        mnist.validation.joined(own.validation),
        mnist.tests | own.tests,
        own.skipped,
    )


def _own(path: Path, prepare: Prepare, settings: TrainSettings) -> Sources:
    found = load_set(path, prepare, settings.data_errors)
    digits = found.digits
    # The split must not follow the run's seed: two seeds are compared on the same images.
    place = np.empty(len(digits), int)
    for label in np.unique(digits.labels):
        members = np.flatnonzero(digits.labels == label)
        place[np.random.default_rng(0).permutation(members)] = np.arange(len(members)) % SHARE
    parts = [digits.take(chosen) for chosen in (place > 1, place == 0, place == 1)]
    if any(len(np.unique(part.labels)) < 2 for part in parts):
        raise TrainError(f"{path} has only {len(digits)} digits; two classes need 3 pictures each, and more is better")
    return Sources(parts[0], parts[1], {"own": parts[2]}, found.skipped)


def _refuse(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    raise TrainError(
        f"pictures of {picture.shape[:2]} must become 28x28; train with the command line, or pass `prepare`"
    )
