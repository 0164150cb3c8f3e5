"""What a teacher thinks of the deformed digits, asked once and kept.

Distillation (Hinton, Vinyals and Dean 2015) mixes a larger network's probabilities into the labels. The teacher must
see the very image the student sees (Beyer et al. 2022, "a good teacher is patient and consistent"), and it is slower
than the student it teaches: so a number of deformed copies of the training set are made and judged once, kept beside
the teacher, and gone through again and again by every student.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from edgedigits_data import Split
from edgedigits_train import folder
from edgedigits_train.augment import WEAR, augment
from edgedigits_train.step import load_digit_model, predict

# The share of images that pen and camera spoil, for each copy: most are as bad as photos are, some nearly clean.
WEARS = (*[WEAR] * 8, *[0.2] * 4)
# A student's last epochs see the nearly clean copies alone, so that it ends as sure of plain digits as it can be.
CLEAN_END = 0.2
# Changes whenever the deformations do, so that old copies are not taken for new ones.
VERSION = 2


@dataclass(frozen=True)
class Judged:
    """Deformed copies of a training set: `images` uint8 (P, N, 28, 28), the teacher's `probabilities` (P, N, 10)."""

    images: NDArray[np.uint8]
    probabilities: NDArray[np.float16]

    def copy_for(self, epoch: int, epochs: int) -> int:
        """Which copy a student sees in its `epoch`, from 0, of `epochs`: each in turn, in the end the clean ones."""
        copies = len(self.images)
        clean = min(copies, WEARS.count(WEARS[-1]))
        return copies - 1 - epoch % clean if epoch >= (1 - CLEAN_END) * epochs else epoch % copies


def judged(teacher: Path, data: Split, augmented: bool) -> Judged:
    """The copies of `data` as `teacher`, a run's folder or a .keras file, judges them.

    Made on the first call (a few minutes for MNIST), kept in the folder `judged` beside the model.

    Raises:
        TrainError: if the teacher is no model of digits.
    """
    model = teacher / folder.MODEL if teacher.is_dir() else teacher
    kept = model.parent / "judged"
    images, probabilities, note = kept / "images.npy", kept / "probabilities.npy", kept / "note.json"
    known = {"version": VERSION, "data": data.sha256(), "augmented": augmented, "teacher": model.stat().st_mtime_ns}
    if not (note.exists() and folder.read_json(note) == known):
        kept.mkdir(exist_ok=True)
        note.unlink(missing_ok=True)
        _judge(load_digit_model(model), data, augmented, images, probabilities)
        folder.write_json(note, known)
    return Judged(np.load(images, mmap_mode="r"), np.load(probabilities, mmap_mode="r"))


def _judge(model: keras.Model, data: Split, augmented: bool, images: Path, probabilities: Path) -> None:
    wears = WEARS if augmented else (0.0,)
    copies = np.lib.format.open_memmap(images, "w+", np.uint8, (len(wears), *data.images.shape))
    verdicts = np.lib.format.open_memmap(probabilities, "w+", np.float16, (len(wears), len(data), 10))
    for i, wear in enumerate(track(wears, "the teacher judges", console=Console(stderr=True))):
        copy = augment(data.images, np.random.default_rng([i, VERSION]), wear) if augmented else data.images
        copies[i], verdicts[i] = copy, predict(model, copy)
    copies.flush()
    verdicts.flush()
