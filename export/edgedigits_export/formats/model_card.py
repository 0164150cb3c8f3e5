"""What a file says about itself: in TFLite metadata, in ONNX metadata_props and in the manifest alike."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """Facts that travel inside every artifact.

    Attributes:
        name: the model's name.
        version: the model's own version.
        licence: an SPDX expression.
        labels: what each of the ten outputs stands for.
        description: what the model does, in a sentence.
        preprocessing: what a caller has to do with a grey picture of 28x28 before the model takes it.
    """

    name: str
    version: str
    licence: str
    labels: tuple[str, ...] = tuple("0123456789")
    description: str = "Recognizes one handwritten digit in the form of MNIST."
    preprocessing: str = "none: raw grey levels, 0 = paper, 255 = ink; the model scales them"

    def as_strings(self) -> dict[str, str]:
        """For formats that store only strings; the labels as JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "licence": self.licence,
            "labels": json.dumps(list(self.labels)),
            "description": self.description,
            "preprocessing": self.preprocessing,
        }
