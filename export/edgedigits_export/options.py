"""What a user can decide about an export, in one place with every field explained."""

from dataclasses import dataclass
from pathlib import Path

from edgedigits.errors import UsageError

INPUT_DTYPES = OUTPUT_DTYPES = ("uint8", "int8", "float32")
BATCHES = ("default", "fixed", "free")


@dataclass(frozen=True)
class ExportOptions:
    """How artifacts are made.

    Attributes:
        name: the model's name in the manifest; by default the run's model or the file's name.
        input_range: what the model was fed with in training, see `input_range.candidates`; "auto" finds out.
        data: a set of the user's own images that `edgedigits_data.user_sets.load_set` reads; None for MNIST. It serves
            the input range, calibration and the gate.
        no_data: use no images: float files only, proved on random images; accuracy is not measured.
        labels: the classes' names in the model's order; None takes them from the data.
        extra_classes: allow more than ten outputs and spread what the others get over the ten digits.
        custom: a Python file that defines the model's custom layers; it is run.
        calibration: a set of the user's own digits that calibrates the integer artifacts; None for MNIST's training
            part.
        calibration_images: how many of them, equally spread over the ten classes.
        per_channel: one scale for each output channel of a weight instead of one for the whole tensor.
        input_dtype: what int8.tflite takes: "uint8" grey levels, "int8" (the level minus 128) or "float32" grey
            levels; int8.onnx takes float32 for "float32" and uint8 otherwise.
        output_dtype: what int8.tflite gives: "float32" probabilities, or "uint8" or "int8" in steps of 1/256.
        batch: "default" is one image a call for TFLite and any number for ONNX; "fixed" and "free" say it for both.
        opset: the ONNX operator set.
        explain: measure for each layer of int8.tflite how much noise the quantization adds.
        licence: the model's licence as an SPDX expression, for the manifest and the files' metadata.
        version: the model's own version, likewise.
        seed: picks the calibration images.
    """

    name: str | None = None
    input_range: str = "auto"
    data: Path | None = None
    no_data: bool = False
    labels: tuple[str, ...] | None = None
    extra_classes: bool = False
    custom: Path | None = None
    calibration: Path | None = None
    calibration_images: int = 500
    per_channel: bool = True
    input_dtype: str = "uint8"
    output_dtype: str = "float32"
    batch: str = "default"
    opset: int = 17
    explain: bool = False
    licence: str = "MIT"
    version: str = "1"
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises UsageError for a value that cannot work, before anything heavy is done."""
        for found, choices, what in (
            (self.input_dtype, INPUT_DTYPES, "input"),
            (self.output_dtype, OUTPUT_DTYPES, "output"),
            (self.batch, BATCHES, "batch"),
        ):
            if found not in choices:
                raise UsageError(f"{what} {found!r} is unknown; choose {', '.join(choices)}")
        if not 13 <= self.opset <= 18:
            raise UsageError(f"ONNX operator set {self.opset} cannot be written; choose 13 to 18")
        if self.calibration_images < 1:
            raise UsageError(f"{self.calibration_images} images calibrate nothing; ask for 1 or more, 500 are usual")
        if self.no_data and (self.data or self.calibration):
            raise UsageError("--no-data excludes --data and --calibration; choose one")
        if self.seed < 0:
            raise UsageError(f"a seed of {self.seed} cannot be used; choose 0 or more")
