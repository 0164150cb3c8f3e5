"""What a user can decide about an export, in one place with every field explained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportOptions:
    """How artifacts are made.

    Attributes:
        name: the model's name in the manifest; by default the run's model or the file's name.
        calibration_images: how many images calibrate the integer artifacts, equally spread over the ten classes.
        per_channel: one scale for each output channel of a weight instead of one for the whole tensor.
        opset: the ONNX operator set.
        licence: the model's licence as an SPDX expression, for the manifest and the files' metadata.
        version: the model's own version, likewise.
        seed: picks the calibration images.
    """

    name: str | None = None
    calibration_images: int = 500
    per_channel: bool = True
    opset: int = 17
    licence: str = "MIT"
    version: str = "1"
    seed: int = 0
