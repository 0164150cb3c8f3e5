"""The JSON form of `edgedigits verify`: what it prints, and what a manifest keeps of the last gate."""

from typing import NotRequired, TypedDict

from edgedigits.bundle.manifest import NotMadeForm, SourceForm


class FloatForm(TypedDict):
    """The float model that artifacts are compared with.

    Attributes:
        accuracy: its share of right answers.
    """

    accuracy: float


class ArtifactForm(TypedDict):
    """What the gate measured of one artifact.

    Attributes:
        file: the artifact.
        engine: what runs it: litert, onnxruntime or tflite-micro; null where none does.
        accuracy: the share of right answers; left out, as the next three, where it did not run.
        drop_pp: the float model's accuracy minus this one's, in percentage points.
        agreement: the share of images for which both give the same answer.
        p_value: of McNemar's exact one-sided test: how likely so large a loss is by chance alone.
        images_needed: where it lost more than the tolerance, but chance may have done it: how many images would tell.
        error: why it failed to run.
        skipped: why it was not run.
        passed: whether it is good enough; null where it was skipped.
    """

    file: str
    engine: str | None
    accuracy: NotRequired[float]
    drop_pp: NotRequired[float]
    agreement: NotRequired[float]
    p_value: NotRequired[float]
    images_needed: NotRequired[int]
    error: NotRequired[str]
    skipped: NotRequired[str]
    passed: bool | None


class VerifyForm(TypedDict):
    """The object that `edgedigits verify --json` prints.

    Attributes:
        tolerance_pp: the accuracy that an artifact may lose, in percentage points.
        images: how many labelled images each artifact was run on.
        source: the model that was exported; left out for bundles of 0.1.0.
        float: the float model that artifacts are compared with.
        artifacts: one entry for each, in the bundle's order.
        not_made: the formats that could not be made; left out by version 0.1.0.
        passed: whether the gate is passed.
    """

    tolerance_pp: float
    images: int
    source: NotRequired[SourceForm]
    float: FloatForm
    artifacts: list[ArtifactForm]
    not_made: NotRequired[list[NotMadeForm]]
    passed: bool
