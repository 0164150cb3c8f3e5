"""Makes one file in the best way that works, or says why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from edgedigits.errors import ExportError
from edgedigits_export.checks.parity import Proof
from edgedigits_export.formats.reasons import remedy, sentence
from edgedigits_export.formats.ways import Way

# How far the probabilities of a float file may be from the Keras model's for the search to end there.
TOLERANCES = {"float32": 1e-5, "float16": 1e-2}
# Beyond this, a float32 file is another model. In between lies rounding: a network that amplifies its input (raw grey
# levels, many steps of recurrence) differs by more than 1e-5 however it is converted.
LIMIT = 1e-3
# A file with rounded weights or activations: the share of likeliest classes that are the Keras model's. Above the first
# the search ends; below the second, last resorts are tried. The gate judges what comes out.
AGREES, WEAK = 0.998, 0.9


@dataclass(frozen=True)
class Failure:
    """A way that did not work, and why in one sentence."""

    way: str
    reason: str


@dataclass(frozen=True)
class Made:
    """A file that was made.

    Attributes:
        file: its name in the bundle.
        content: its bytes.
        way: how.
        proof: how near it is to the Keras model.
        tried: the ways that did not work.
    """

    file: str
    content: bytes
    way: Way
    proof: Proof
    tried: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class NotMade:
    """A file that could not be made.

    Attributes:
        file: its name in the bundle.
        reason: one full sentence.
        tried: every way that was tried.
        remedy: what the user can do, as a sentence.
    """

    file: str
    reason: str
    tried: tuple[Failure, ...]
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """Its entry in the manifest's `not_made`."""
        tried = [{"way": each.way, "reason": each.reason} for each in self.tried]
        return {"file": self.file, "reason": self.reason, "tried": tried, "remedy": self.remedy}


def attempt(
    file: str, ways: Iterable[Way], convert: Callable[[Way], bytes], prove: Callable[[bytes], Proof]
) -> Made | NotMade:
    """Try one way after another until one is good enough.

    Args:
        file: the file's name in the bundle.
        ways: best first.
        convert: makes the file in one way.
        prove: runs it beside the Keras model.

    Returns:
        The first file that is as good as can be expected of its format, else the best of all; or why there is none.
    """
    failures: list[Failure] = []
    best: Made | None = None
    for way in ways:
        if way.last_resort and best is not None and not _is_weak(best):
            break
        try:
            content = convert(way)
            proof = prove(content)
            _check(file, proof)
        except Exception as error:  # converters and engines raise whatever they like
            failures.append(Failure(way.name, sentence(error)))
            continue
        made = Made(file, content, way, proof)
        if best is None or _distance(made) < _distance(best):
            best = made
        if _is_good(made):
            break
    if best is not None:
        return Made(best.file, best.content, best.way, best.proof, tuple(failures))
    # The plain converter's is the one that has to do with the model and not with what is done to it here.
    reason = next((failure.reason for failure in failures if failure.way == "plain"), failures[-1].reason)
    return NotMade(file, reason, tuple(failures), remedy(file))


def _precision(file: str) -> str:
    return PurePath(file).stem


def _check(file: str, proof: Proof) -> None:
    """Refuse what is no number, and a float32 file that is another model."""
    # Written so that a NaN fails.
    if not proof.max_difference <= 1.001:
        raise ExportError(f"{file} gives NaN or infinity for images on which the Keras model gives numbers")
    if _precision(file) == "float32" and proof.max_difference > LIMIT:
        raise ExportError(
            f"{file} is not the Keras model: probabilities differ by up to {proof.max_difference:.2g}, "
            f"{LIMIT:.0e} is allowed"
        )


def _is_good(made: Made) -> bool:
    tolerance = TOLERANCES.get(_precision(made.file))
    return made.proof.agreement >= AGREES if tolerance is None else made.proof.max_difference <= tolerance


def _is_weak(made: Made) -> bool:
    return made.proof.agreement < WEAK


def _distance(made: Made) -> float:
    """Exact files by the largest difference, rounded ones by the mean."""
    exact = _precision(made.file) in TOLERANCES
    return made.proof.max_difference if exact else made.proof.mean_difference
