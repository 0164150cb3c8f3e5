"""Decides how a model was fed in training: said by the user, read from its layers, or measured on labelled images.

Measured means: every way is tried with the user's model as it is, and compared by plain cross-entropy and accuracy on
the same images. A way wins only if, against each other way,

- its loss is lower by more than `LOSS_Z` standard errors of the paired differences (one-sided level 3e-5), and
- it is not less accurate: an exact one-sided McNemar test finds no loss of accuracy at 1 %. A way with more than
  `HOPELESS` times the loss is out even so: the loss is what the training made small.

Two more conditions guard against what a test of the loss cannot see. A model that was hardly trained is timid, and any
way that raises the contrast makes its loss lower: where the winner is right on fewer than `TRAINED` of the images, or
sharper probabilities (a temperature of `TIMID` or less) would suit it much better, nothing is decided. And a first
batch normalization has seen the user's own inputs: its moving statistics must fit the winner best.

Ways that are far behind are dropped after the first thousands of images (Maron and Moore, Hoeffding races, 1994).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import ExportError, UsageError
from edgedigits_data.binomial import upper_tail
from edgedigits_export.model.input_range import InputRange
from edgedigits_export.model.reference import Reference
from edgedigits_export.model.scaling_layers import normalization_misfit, stated_range

LOSS_Z = 4.0
ACCURACY_LEVEL = 0.01
HOPELESS = 2.0
TRAINED = 0.5
TIMID = 0.6
# Images of each round; a way that is `DROP_Z` standard errors behind in one is not tried in the next.
ROUNDS = (1000, 4000, 16000)
DROP_Z = 6.0
# Layers that scale are taken at their word where the model is right on this share; else all ways are tried.
PLAINLY_RIGHT = 0.9
FLOOR = 1e-7  # as Keras' own cross-entropy


class UndecidedError(ExportError, UsageError):
    """How a model was fed cannot be told; the user is asked."""


@dataclass(frozen=True)
class Trial:
    """How a model does when it is fed in one way.

    Attributes:
        name: the way.
        images: on how many images it was tried.
        accuracy: the share that is right.
        loss: the mean cross-entropy, in nats.
    """

    name: str
    images: int
    accuracy: float
    loss: float


@dataclass(frozen=True)
class Decision:
    """The way in which a model was fed, and from what that is known.

    Attributes:
        way: the way.
        source: "given" by the user, "read" from the first layers, or "measured".
        trials: what was measured, best first.
    """

    way: InputRange
    source: str
    trials: tuple[Trial, ...] = ()

    def sentence(self) -> str:
        """For the screen, the manifest and the model card."""
        if self.source == "given":
            return f"{self.way.name}, as given by --input-range"
        if self.source == "read":
            return f"{self.way.name}, read from the model's first layers"
        first = self.trials[0]
        text = f"{self.way.name}, measured on {first.images:,} labelled images: loss {first.loss:.4f}"
        if len(self.trials) > 1:
            second = self.trials[1]
            text += f"; the next best, {second.name}, has {second.loss:.4f} on {second.images:,}"
        return text

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {"input_range": self.way.name, "decided": self.source, "trials": [vars(trial) for trial in self.trials]}


@dataclass
class _Run:
    """What one way gave so far: for each image the probability of its label, and whether it was the highest."""

    probabilities: NDArray[np.float32]
    losses: NDArray[np.float64]
    right: NDArray[np.bool_]


def decide(
    reference: Reference, images: NDArray[np.uint8], labels: NDArray[Any], ways: Mapping[str, InputRange]
) -> Decision:
    """Find out how a model was fed in training.

    Args:
        reference: the user's model.
        images: all labelled images at hand, uint8 (N, height, width, channels).
        labels: their classes, (N,).
        ways: the candidates by name.

    Raises:
        UndecidedError: if no way wins beyond doubt; the message holds the table of the best ones and the remedy.
    """
    order = np.random.default_rng(0).permutation(len(images))
    first = order[: ROUNDS[0]]
    stated = stated_range(reference.model, images[np.sort(first)], ways)
    if stated:
        if not len(labels):
            return Decision(ways[stated], "read")
        runs = {stated: _measured(reference, images[first], labels[first], ways[stated])}
        if runs[stated].right.mean() < PLAINLY_RIGHT:
            runs = {name: _measured(reference, images[first], labels[first], way) for name, way in ways.items()}
        trials = _table(runs)
        best = runs[trials[0].name]
        worse = _behind(runs[stated], best) > DROP_Z and _less_accurate(runs[stated], best)
        if worse and trials[0].accuracy >= TRAINED:
            raise UndecidedError(_question(reference, trials, f"its first layers ask for {stated}, which fits worse"))
        return Decision(ways[stated], "read", trials)
    runs = _race(reference, images[order], labels[order], ways)
    trials = _table(runs)
    doubt = _doubt(reference, images[order[:1000]], labels[order], ways, runs)
    if doubt:
        raise UndecidedError(_question(reference, trials, doubt))
    return Decision(ways[trials[0].name], "measured", trials)


def _race(
    reference: Reference, images: NDArray[np.uint8], labels: NDArray[Any], ways: Mapping[str, InputRange]
) -> dict[str, _Run]:
    """Try all ways on the first images, and those that are not far behind on more and more of them."""
    runs: dict[str, _Run] = {}
    active, start = list(ways), 0
    for end in [*(count for count in ROUNDS if count < len(labels)), len(labels)]:
        for name in active:
            run = _measured(reference, images[start:end], labels[start:end], ways[name])
            runs[name] = _joined(runs[name], run) if start else run
        start = end
        best = min(active, key=lambda name: float(runs[name].losses.mean()))
        active = [
            name
            for name in active
            if name == best
            or _behind(runs[name], runs[best]) < DROP_Z
            or (_possible(runs[name], runs[best]) and runs[name].right.mean() > runs[best].right.mean())
        ]
        if active == [best]:
            break
    return runs


def _measured(reference: Reference, images: NDArray[np.uint8], labels: NDArray[Any], way: InputRange) -> _Run:
    probabilities = reference.probabilities(images, way)
    # What is no number is as wrong as can be.
    probabilities = np.nan_to_num(probabilities, nan=0.0)
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return _Run(probabilities, -np.log(np.maximum(given, FLOOR)), probabilities.argmax(axis=1) == labels)


def _joined(first: _Run, second: _Run) -> _Run:
    return _Run(
        np.concatenate([first.probabilities, second.probabilities]),
        np.concatenate([first.losses, second.losses]),
        np.concatenate([first.right, second.right]),
    )


def _table(runs: Mapping[str, _Run]) -> tuple[Trial, ...]:
    """Those that were tried on most images first, and of these the one with the lowest loss."""
    order = sorted(runs, key=lambda name: (-len(runs[name].losses), float(runs[name].losses.mean())))
    return tuple(
        Trial(name, len(runs[name].losses), float(runs[name].right.mean()), float(runs[name].losses.mean()))
        for name in order
    )


def _behind(run: _Run, best: _Run) -> float:
    """By how many standard errors of the paired differences the loss of `run` is above that of `best`."""
    common = min(len(run.losses), len(best.losses))
    difference = run.losses[:common] - best.losses[:common]
    error = float(difference.std()) / np.sqrt(common)
    return float(difference.mean()) / error if error > 0 else 0.0


def _possible(run: _Run, best: _Run) -> bool:
    """Whether a way's loss is not more than `HOPELESS` times the best one's, on the images that both have seen."""
    common = min(len(run.losses), len(best.losses))
    return float(run.losses[:common].mean()) <= HOPELESS * float(best.losses[:common].mean())


def _less_accurate(run: _Run, other: _Run) -> bool:
    """Whether `run` is less accurate than `other`: the exact one-sided McNemar test at `ACCURACY_LEVEL`."""
    common = min(len(run.right), len(other.right))
    lost = int((other.right[:common] & ~run.right[:common]).sum())
    gained = int((run.right[:common] & ~other.right[:common]).sum())
    return upper_tail(lost, lost + gained, 0.5) < ACCURACY_LEVEL


def _doubt(
    reference: Reference,
    images: NDArray[np.uint8],
    labels: NDArray[Any],
    ways: Mapping[str, InputRange],
    runs: Mapping[str, _Run],
) -> str:
    """Why the best way is not sure; empty where it is."""
    first = _table(runs)[0]
    best = runs[first.name]
    if first.accuracy < TRAINED:
        return (
            f"it is right on only {first.accuracy:.1%} even with {first.name} (is ink dark or light, are "
            "the classes in another order, are images transposed as EMNIST's are?)"
        )
    for name, run in runs.items():
        if name == first.name:
            continue
        if _behind(run, best) < LOSS_Z:
            return f"{name} fits nearly as well as {first.name}"
        if _possible(run, best) and _less_accurate(best, run):
            return f"{first.name} has the lowest loss, but {name} is right more often"
    if _best_temperature(best, labels) <= TIMID:
        return "it is hardly trained: any way that raises the contrast looks better"
    misfit = normalization_misfit(reference, images, ways)
    if misfit and misfit[first.name] > 2 * min(misfit.values()):
        return f"its first batch normalization was trained on {min(misfit, key=misfit.__getitem__)}"
    return ""


def _best_temperature(run: _Run, labels: NDArray[Any]) -> float:
    """The temperature at which the probabilities fit best (Guo et al., 2017); below 1 they are too timid."""
    logits = np.log(np.maximum(run.probabilities.astype(np.float64), FLOOR))
    rows, labels = np.arange(len(logits)), labels[: len(logits)]
    losses = {}
    for temperature in np.round(np.geomspace(0.3, 3, 21), 3):
        scaled = logits / temperature
        peak = scaled.max(axis=1)
        losses[temperature] = float(
            np.mean(np.log(np.exp(scaled - peak[:, None]).sum(axis=1)) + peak - scaled[rows, labels])
        )
    return float(min(losses, key=losses.__getitem__))


def _question(reference: Reference, trials: tuple[Trial, ...], why: str) -> str:
    """One line with the best ways and what to type."""
    shown = ", ".join(f"{trial.name} (loss {trial.loss:.3f}, {trial.accuracy:.1%} right)" for trial in trials[:5])
    return (
        f"{reference.name}: what it was fed in training cannot be told, {why}; of {trials[0].images:,} images: "
        f"{shown}; say it, as with: --input-range {trials[0].name}"
    )
