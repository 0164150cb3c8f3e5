"""Everything that decides what a training run does, in one frozen value that is checked before anything starts."""

from __future__ import annotations

import math
import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from edgedigits.errors import UsageError

MODELS = ("reference", "nano", "edge", "teacher")


@dataclass(frozen=True)
class TrainSettings:
    """Settings of one training run; `TrainSettings.for_model(name)` gives each model's own recipe.

    Attributes:
        model: which architecture, one of `MODELS`.
        epochs: passes over the training digits.
        batch_size: images in one step; of several workers together.
        learning_rate: Adam's; the highest one where `schedule` is "cosine".
        schedule: "constant", or "cosine": up over the first tenth of the steps, then down to zero along a cosine.
        weight_decay: AdamW's decoupled decay (Loshchilov and Hutter 2019) of all kernels; 0 is plain Adam.
        label_smoothing: probability taken from the label and spread over the ten classes.
        averaging: decay per step of the moving average of weights that is validated and saved; 0 saves the weights.
        augment: whether digits are deformed, and some of them worn as by a pen and a camera.
        deformation: how strongly they are deformed; 1 is as far as people's hands differ, and a little further.
        wear: the share that is worn, where they are deformed.
        pages: synthetic pages whose digits, as a page reader cuts them out, join the training digits.
        nondigits: generated pictures that are no digits, as a share of the digits in each batch; they are trained
            toward the uniform distribution (outlier exposure, Hendrycks et al. 2019).
        distil_from: a finished run (or .keras file) whose probabilities are mixed into the labels (Hinton et al. 2015);
            of several, joined by commas, the mean.
        distil_weight: the share of the teacher's probabilities in that mixture.
        bfloat16: whether a CPU multiplies in bfloat16; one with instructions for it (AVX512-BF16) trains large networks
            half as fast again. Weights, normalization and what is saved stay float32. A GPU uses float16 by itself.
        calibrate: whether the finished network's confidence is fitted to the validation digits (temperature scaling).
        seed: of weights, order, deformation; the same seed gives the same run on the same machine.
        data: a folder, IDX or NPZ set of the user's own; None trains on MNIST.
        data_only: whether `data` takes the place of MNIST instead of joining it.
        data_errors: "refuse" stops at the first unreadable picture or wrong label of `data`; "skip" counts them.
        from_model: a bundle's folder or a .keras file whose weights training starts from.
    """

    model: str = "reference"
    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 0.001
    schedule: str = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    averaging: float = 0.0
    augment: bool = False
    deformation: float = 1.0
    wear: float = 2 / 3
    pages: int = 0
    nondigits: float = 0.0
    distil_from: str | None = None
    distil_weight: float = 0.5
    bfloat16: bool = False
    calibrate: bool = False
    seed: int = 0
    data: str | None = None
    data_only: bool = False
    data_errors: str = "refuse"
    from_model: str | None = None

    @classmethod
    def for_model(cls, model: str, **overrides: Any) -> TrainSettings:
        """The recipe of `model`, with `overrides` in place of its values (None means: leave it).

        Raises:
            UsageError: if a name or value cannot work.
        """
        if model not in MODELS:
            raise UsageError(f"there is no model {model!r}; choose one of {', '.join(MODELS)}")
        unknown = set(overrides) - {field.name for field in fields(cls)}
        if unknown:
            raise UsageError(f"there is no setting {sorted(unknown)[0]!r} for training")
        recipe = RECIPES[model] | (FINE_TUNING if overrides.get("from_model") else {})
        recipe |= {name: value for name, value in overrides.items() if value is not None}
        return cls(model=model, **recipe).checked()

    def checked(self) -> TrainSettings:
        """Return the settings themselves.

        Raises:
            UsageError: if a value cannot work; the message names it and what would.
        """
        problems = [
            (self.model not in MODELS, f"there is no model {self.model!r}; choose one of {', '.join(MODELS)}"),
            (self.epochs < 1, f"{self.epochs} epochs train nothing; ask for 1 or more"),
            (self.batch_size < 1, f"a batch of {self.batch_size} images cannot be trained on; ask for 1 or more"),
            (
                not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1),
                f"a learning rate of {self.learning_rate} cannot train; choose one above 0, such as 0.001",
            ),
            (
                self.schedule not in ("constant", "cosine"),
                f"there is no schedule {self.schedule!r}; choose constant or cosine",
            ),
            (not 0 <= self.weight_decay < 1, f"a weight decay of {self.weight_decay} is outside 0 to 1"),
            (not 0 <= self.label_smoothing < 0.9, f"a label smoothing of {self.label_smoothing} is outside 0 to 0.9"),
            (not 0 <= self.averaging < 1, f"an averaging of {self.averaging} is outside 0 to 1; try 0.999"),
            (not 0 <= self.deformation <= 3, f"a deformation of {self.deformation} is outside 0 to 3; 1 is the usual"),
            (not 0 <= self.wear <= 1, f"a share of {self.wear} worn digits is outside 0 to 1"),
            (self.pages < 0, f"{self.pages} pages cannot be made; ask for 0 or more"),
            (not 0 <= self.nondigits <= 1, f"a share of {self.nondigits} non-digits is outside 0 to 1"),
            (not 0 <= self.distil_weight <= 1, f"a distillation weight of {self.distil_weight} is outside 0 to 1"),
            (self.seed < 0, f"a seed of {self.seed} cannot be used; choose 0 or more"),
            (
                self.data_errors not in ("refuse", "skip"),
                f"{self.data_errors!r} says nothing about bad pictures; choose refuse or skip",
            ),
            (self.data_only and self.data is None, "there is no data to train on alone; name it with --data"),
        ]
        paths = (self.data, *self.teachers(), self.from_model)
        problems += [(not Path(path).exists(), f"{path} does not exist; check the path") for path in paths if path]
        for wrong, message in problems:
            if wrong:
                raise UsageError(message)
        return self

    def teachers(self) -> list[str]:
        """The paths of `distil_from`."""
        return self.distil_from.split(",") if self.distil_from else []

    def command(self) -> str:
        """The command line that trains with these settings: the model and what differs from its recipe."""
        recipe = TrainSettings.for_model(self.model, from_model=self.from_model)
        parts = ["edgedigits", "train", "--model", self.model, "--seed", str(self.seed)]
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in ("model", "seed", "from_model") and value != getattr(recipe, field.name):
                parts += [f"--{field.name.replace('_', '-')}"] + ([] if value is True else [str(value)])
        return shlex.join(parts + (["--from", str(self._start())] if self.from_model else []))

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON takes them."""
        return asdict(self) | {"from_model": self._start()}

    def _start(self) -> str | None:
        """`from_model`; a bundle that ships by its name, since it is installed at another place on every machine."""
        parts = Path(self.from_model or "").parts
        return parts[-2] if parts[-4:-2] == ("edgedigits", "bundles") else self.from_model


# The reference is the user's network, trained as the user trains it. The family shares one recipe.
_FAMILY: dict[str, Any] = {
    "batch_size": 256,
    "learning_rate": 0.004,
    "schedule": "cosine",
    "weight_decay": 0.02,
    "label_smoothing": 0.02,
    "averaging": 0.999,
    "augment": True,
    "nondigits": 0.125,
    "calibrate": True,
}
RECIPES: dict[str, dict[str, Any]] = {
    "reference": {},
    "nano": {**_FAMILY, "epochs": 60},
    "edge": {**_FAMILY, "epochs": 60},
    # It only ever sees digits: what is none is for the students to learn.
    "teacher": {
        **_FAMILY,
        "epochs": 70,
        "batch_size": 128,
        "learning_rate": 0.002,
        "nondigits": 0.0,
        "label_smoothing": 0.01,
        "deformation": 0.8,
        "wear": 0.1,
    },
}
# Weights that are good already are moved little and for a short time.
FINE_TUNING: dict[str, Any] = {"epochs": 8, "learning_rate": 0.0005}
