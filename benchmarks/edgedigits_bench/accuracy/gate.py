"""The gate: is any artifact worse than its float model? What `edgedigits verify` runs, on a desk and on a device.

An artifact fails where it loses more than the tolerance and an exact one-sided McNemar test says at 1 % that it is the
worse one: a weak model has many images on which either may be right, and chance alone moves it by tenths of a point.
"""

import math
from dataclasses import dataclass
from pathlib import PurePath

from edgedigits import Bundle, EdgeDigitsError
from edgedigits.bundle.manifest import NotMadeForm, SourceForm
from edgedigits.engines.choice import ENGINES, MICRO_ENGINE, available_engines, engine_of
from edgedigits.engines.open import open_engine
from edgedigits.errors import MissingEngineError, UsageError, missing_extra
from edgedigits_bench.accuracy.evaluation import (
    Evaluation,
    Progress,
    Questions,
    evaluate,
    float_predictions,
    predict,
    silent,
)
from edgedigits_bench.accuracy.own_data import judging_images
from edgedigits_bench.accuracy.reader_parts import PART_TOLERANCE_PP, PARTS
from edgedigits_bench.accuracy.significance import LEVEL, images_to_decide, smallest_loss
from edgedigits_bench.accuracy.verify_form import ArtifactForm, VerifyForm
from edgedigits_data import Split

TOLERANCE_PP = 0.10
ROUNDING_PP = 1e-9  # 0.1 is no binary fraction; a drop of exactly the tolerance passes


@dataclass(frozen=True)
class ArtifactResult:
    """What the gate found out about one artifact.

    Attributes:
        file: the artifact.
        engine: the engine that runs it, or None if none does.
        evaluation: how it did, or None where it could not be run.
        passed: whether it is good enough; None where it was skipped because its engine is not installed.
        error: why it could not be run, in one line.
        images_needed: where it lost more than the tolerance, but chance may have done it: how many images would tell.
    """

    file: str
    engine: str | None
    evaluation: Evaluation | None
    passed: bool | None
    error: str | None = None
    images_needed: int | None = None

    def to_json(self) -> ArtifactForm:
        """The artifact's entry in `verify --json`."""
        if self.evaluation:
            form: ArtifactForm = {
                "file": self.file,
                "engine": self.engine,
                "accuracy": self.evaluation.accuracy,
                "drop_pp": round(self.evaluation.drop_pp, 6),
                "agreement": self.evaluation.agreement,
                "p_value": round(self.evaluation.worse_p, 6),
                "passed": self.passed,
            }
            if self.images_needed is not None:
                form["images_needed"] = self.images_needed
            return form
        if self.passed is None:
            return {"file": self.file, "engine": self.engine, "skipped": self.error or "", "passed": None}
        return {"file": self.file, "engine": self.engine, "error": self.error or "", "passed": self.passed}


@dataclass(frozen=True)
class GateResult:
    """What the gate found out about a bundle.

    Attributes:
        tolerance_pp: the accuracy that an artifact may lose, in percentage points.
        images: how many each artifact was run on; of a part of the page reader, how many questions it was asked.
        float_accuracy: the float model's.
        artifacts: one result each, in the bundle's order.
        strict: whether a skipped artifact counts as a failure, and every drop above the tolerance, too.
        not_made: the formats that could not be made, as the manifest lists them.
        source: the model that was exported, as the manifest describes it; None for a bundle of 0.1.0.
    """

    tolerance_pp: float
    images: int
    float_accuracy: float
    artifacts: tuple[ArtifactResult, ...]
    strict: bool = False
    not_made: tuple[NotMadeForm, ...] = ()
    source: SourceForm | None = None

    @property
    def passed(self) -> bool:
        """Whether every artifact that ran is good enough, and at least one ran."""
        outcomes = [artifact.passed for artifact in self.artifacts]
        return any(outcomes) and False not in outcomes and not (self.strict and None in outcomes)

    @property
    def notes(self) -> list[str]:
        """What the images are too few to decide, a sentence each."""
        undecided = [
            f"{each.file} lost {each.evaluation.drop_pp:.2f} pp, which chance alone does with p = "
            f"{each.evaluation.worse_p:.2g}: {self.images:,} images cannot decide it, some "
            f"{each.images_needed:,} would."
            for each in self.artifacts
            if each.evaluation and each.images_needed
        ]
        least = smallest_loss(self.images)
        if self.strict or least <= max(self.tolerance_pp, TOLERANCE_PP):
            return undecided
        needed = math.ceil(smallest_loss(1) / max(self.tolerance_pp, TOLERANCE_PP))
        return [
            *undecided,
            f"{self.images:,} images show no loss below {least:.2f} pp; {needed:,} would show one of "
            f"{max(self.tolerance_pp, TOLERANCE_PP):.2f} pp.",
        ]

    def to_json(self) -> VerifyForm:
        """The object that `verify --json` prints."""
        form: VerifyForm = {
            "tolerance_pp": self.tolerance_pp,
            "images": self.images,
            "float": {"accuracy": self.float_accuracy},
            "artifacts": [artifact.to_json() for artifact in self.artifacts],
            "not_made": list(self.not_made),
            "passed": self.passed,
        }
        if self.source is not None:
            form["source"] = self.source
        return form


def verify(
    bundle: Bundle,
    tolerance_pp: float | None = None,
    strict: bool = False,
    split: Split | None = None,
    progress: Progress = silent,
) -> GateResult:
    """Run every artifact of a bundle on its own engine and compare it with the float model.

    Args:
        bundle: what to verify.
        tolerance_pp: how many percentage points of accuracy an artifact may lose; if None 0.1, or 1 for a part of the
            page reader.
        strict: fail, too, where an artifact's engine is not installed, and at any drop above the tolerance, whether or
            not chance explains it.
        split: the labelled images; MNIST's 10,000 test images if None, see `own_data.judging_images`. The page
            reader's parts are asked about synthetic pages.
        progress: told what is being done.

    Raises:
        UsageError: if the tolerance is no number of percentage points.
        BenchError: if there is no float model to compare with.
        DataError: if the test images are damaged.
    """
    ask_part = PARTS.get(bundle.name)
    if tolerance_pp is None:
        tolerance_pp = PART_TOLERANCE_PP if ask_part else TOLERANCE_PP
    if not (math.isfinite(tolerance_pp) and 0 <= tolerance_pp <= 100):
        raise UsageError(f"a tolerance of {tolerance_pp} makes no sense; give percentage points, 0 to 100")
    questions = ask_part(bundle, progress) if ask_part else _digits(bundle, split, progress)
    return GateResult(
        tolerance_pp=tolerance_pp,
        images=len(questions.labels),
        float_accuracy=float((questions.reference == questions.labels).mean()),
        artifacts=tuple(_judge(bundle, name, questions, tolerance_pp, strict) for name in bundle.artifacts),
        strict=strict,
        not_made=tuple(bundle.manifest.get("not_made", ())),
        source=bundle.manifest.get("source"),
    )


def _digits(bundle: Bundle, split: Split | None, progress: Progress) -> Questions:
    split = split or judging_images(bundle)
    return Questions(
        split.labels,
        float_predictions(bundle, split, progress),
        lambda artifact, model: predict(open_engine(artifact, model), split.images, artifact, progress),
    )


def _missing(engine: str) -> str:
    if engine == "onnxruntime":
        return missing_extra("an ONNX file", engine)
    if engine == MICRO_ENGINE:
        return missing_extra("a file for microcontrollers", "tflite_micro")
    return "LiteRT is not installed; install it with: pip install ai-edge-litert"


def _judge(bundle: Bundle, artifact: str, questions: Questions, tolerance_pp: float, strict: bool) -> ArtifactResult:
    engine = engine_of(artifact) if PurePath(artifact).suffix in ENGINES else None
    try:
        model = bundle.read(artifact)  # a damaged file is a failure whether or not its engine is here
        if engine and not available_engines()[engine]:
            return ArtifactResult(artifact, engine, None, None, _missing(engine))
        predictions = questions.ask(artifact, model)
    except MissingEngineError as error:  # such as a runtime that is too old for the file
        return ArtifactResult(artifact, engine, None, None, str(error))
    except EdgeDigitsError as error:
        return ArtifactResult(artifact, engine, None, False, str(error))
    except Exception as error:  # a model may load and then fail on its first image; the others still get their turn
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return ArtifactResult(artifact, engine, None, False, f"{artifact} fails when it is run: {reason}")
    evaluation = evaluate(predictions, questions.reference, questions.labels)
    if evaluation.drop_pp <= tolerance_pp + ROUNDING_PP:
        return ArtifactResult(artifact, engine, evaluation, True)
    if strict or evaluation.worse_p < LEVEL:
        return ArtifactResult(artifact, engine, evaluation, False)
    needed = images_to_decide(evaluation.lost, evaluation.won, evaluation.images)
    return ArtifactResult(artifact, engine, evaluation, True, images_needed=needed)
