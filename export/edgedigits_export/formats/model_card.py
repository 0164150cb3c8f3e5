"""What a file says about itself: in TFLite metadata, in ONNX metadata_props and in the manifest alike."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from edgedigits.engines.base import DIGIT_FORM, Form
from edgedigits_export.options import ExportOptions


@dataclass(frozen=True)
class Card:
    """Facts that travel inside every artifact.

    Attributes:
        name: the model's name.
        version: the model's own version.
        licence: an SPDX expression.
        labels: what each of the outputs stands for.
        image: height, width and channels of an image.
        description: what the model does, in a sentence.
        preprocessing: what a caller has to do with a picture of that form before the model takes it.
        input_range: how the model was fed in training, which is inside it now, and how that was found.
    """

    name: str
    version: str
    licence: str
    labels: tuple[str, ...] = tuple("0123456789")
    description: str = "Recognizes one handwritten digit in the form of MNIST."
    preprocessing: str = "none: raw grey levels, 0 = paper, 255 = ink; the model scales them"
    image: tuple[int, int, int] = DIGIT_FORM.image
    input_range: str = ""

    def as_strings(self) -> dict[str, str]:
        """For formats that store only strings; the labels as JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "licence": self.licence,
            "labels": json.dumps(list(self.labels)),
            "description": self.description,
            "preprocessing": self.preprocessing,
            **({"input_range": self.input_range} if self.input_range else {}),
        }


def card_of(name: str, options: ExportOptions, form: Form, labels: tuple[str, ...], input_range: str) -> Card:
    """The card of a model of some form: a digit model's, or any image classifier's.

    Args:
        name: the model's name.
        options: its version and licence.
        form: its images and the number of its classes.
        labels: its classes' names.
        input_range: how it was fed in training, and how that was found.
    """
    card = Card(name, options.version, options.licence, labels, input_range=input_range)
    if form == DIGIT_FORM and labels == Card.labels:
        return card
    height, width, channels = form.image
    return replace(
        card,
        image=form.image,
        description=f"Classifies images of {height}x{width} pixels into {form.classes} classes.",
        preprocessing=f"none: raw levels 0 to 255, {'RGB' if channels == 3 else 'grey'}; the model scales them",
    )
