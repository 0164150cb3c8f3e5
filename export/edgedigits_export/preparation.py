"""From a model as it was saved to a network to convert: its input range found, its own accuracy measured, wrapped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.predictions import encode_predictions
from edgedigits.engines.base import DIGIT_FORM
from edgedigits.errors import ExportError, UsageError
from edgedigits_data import Split
from edgedigits_data.binomial import upper_tail
from edgedigits_export.material import Material, gather
from edgedigits_export.model.contract import check_wrapping, fit_contract, spread_over_digits
from edgedigits_export.model.input_range import named
from edgedigits_export.model.loading import Source
from edgedigits_export.model.range_decision import Decision, decide
from edgedigits_export.model.reference import Reference, examine
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions

# Near chance: not significantly (one-sided binomial test at this level) better than guessing the most frequent class
# and a tenth of the way from there to perfect.
CHANCE_LEVEL, CHANCE_MARGIN = 0.01, 0.1
FLOOR = 1e-7


class NearChanceError(ExportError, UsageError):
    """A model that does hardly better than guessing: something about the data or the range is wrong."""


@dataclass(frozen=True)
class Prepared:
    """What is exported, and what it is compared with.

    Attributes:
        network: the model with what the pixel contract asks for around it.
        material: the images by their use.
        expected: the network's probabilities for `material.proof`, float32 (N, classes).
        wrapping: the largest difference between these and the user's own model's.
        source: the manifest's `source` block; None where accuracy was not measured.
        float_record: the user's model's answers to the gate's images; None likewise.
        decision: the input range, and from what it is known.
    """

    network: Network
    material: Material
    expected: NDArray[np.float32]
    wrapping: float
    source: dict[str, Any] | None
    float_record: dict[str, Any] | None
    decision: Decision


def prepare(opened: Source, options: ExportOptions, say: Callable[[str], None]) -> Prepared:
    """Find out how a model was fed, measure it as its user calls it, and wrap it.

    Args:
        opened: the model.
        options: how it is exported.
        say: gets a line for each finding.

    Raises:
        ExportError: if it is no image classifier.
        UsageError: if there are no images for it, its input range cannot be told, or it does hardly better than chance.
        DataError: if the user's own images are damaged.
    """
    reference = examine(opened.name, opened.model)
    material = gather(reference.form, options)
    for note in material.notes:
        say(f"warning: {note}")
    decision = _decide(reference, material, options)
    say(f"{opened.name}: input range {decision.sentence()}")
    digits_only = options.extra_classes and reference.form.classes > 10 and reference.form.image == DIGIT_FORM.image
    half = reference.half_precision
    expected = _own_probabilities(reference, decision, material.proof, digits_only)
    source = record = None
    if material.judged is not None:
        own = _own_probabilities(reference, decision, material.judged, digits_only)
        source, record = _measured(own, material.judged, decision)
        say(f"{opened.name}: right on {source['accuracy']:.2%} of {len(own):,} images, loss {source['loss']:.4f}")
        _check_chance(opened.name, own, material.judged)
    network = fit_contract(reference, decision.way, opened.saveable, digits_only)
    for note in network.notes:
        say(f"{opened.name}: {note}")
    wrapped = network.probabilities(material.proof.pixels)
    difference = check_wrapping(wrapped, expected, half)
    return Prepared(network, material, wrapped, difference, source, record, decision)


def _decide(reference: Reference, material: Material, options: ExportOptions) -> Decision:
    if options.input_range != "auto":
        return Decision(named(options.input_range, material.ways), "given")
    labelled = material.labelled
    if not len(labelled):
        from edgedigits_export.model.scaling_layers import stated_range

        stated = stated_range(reference.model, material.proof.pixels, material.ways)
        if not stated:
            raise UsageError(
                f"{reference.name}: what it was fed in training cannot be measured without labelled images, and its "
                "first layers do not say it; say it yourself, as with: --input-range 0..1"
            )
        return Decision(material.ways[stated], "read")
    return decide(reference, labelled.pixels, labelled.labels.astype(np.intp), material.ways)


def _own_probabilities(
    reference: Reference, decision: Decision, split: Split, digits_only: bool
) -> NDArray[np.float32]:
    probabilities = reference.probabilities(split.pixels, decision.way)
    return spread_over_digits(probabilities) if digits_only else probabilities


def _measured(own: NDArray[np.float32], judged: Split, decision: Decision) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest's `source` and `float` blocks."""
    answers = own.argmax(axis=1)
    given = own[np.arange(len(own)), judged.labels].astype(np.float64)
    accuracy = float(np.mean(answers == judged.labels))
    source = {
        "accuracy": accuracy,
        "loss": float(np.mean(-np.log(np.maximum(given, FLOOR)))),
        "input_range": decision.way.name,
        "input_range_found": decision.sentence(),
    }
    record = {
        "accuracy": accuracy,
        "images": len(judged),
        "data_sha256": judged.sha256(),
        "predictions": encode_predictions(answers, own.shape[1]),
    }
    return source, record


def _check_chance(name: str, own: NDArray[np.float32], judged: Split) -> None:
    """Refuse a model that does hardly better than guessing.

    Raises:
        NearChanceError: with what to check.
    """
    right = int((own.argmax(axis=1) == judged.labels).sum())
    guess = float(np.bincount(judged.labels).max() / len(judged))
    if upper_tail(right, len(judged), guess + CHANCE_MARGIN * (1 - guess)) >= CHANCE_LEVEL:
        raise NearChanceError(
            f"{name} is right on only {right / len(judged):.1%} of {len(judged):,} images, where guessing gives "
            f"{guess:.1%}; check the input range (--input-range), whether ink is dark or light, the order of the "
            "classes (--labels), and whether images are transposed as EMNIST's are; --no-data exports it all the same"
        )
