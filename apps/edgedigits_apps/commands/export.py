"""`edgedigits export`: from a trained model to a bundle that can be trusted."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgedigits_apps.console import FAILED, progress, say, table, usage_error
from edgedigits_apps.quiet import quiet_libraries

if TYPE_CHECKING:
    from edgedigits import Bundle


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(export)


def export(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUN_OR_KERAS", help="A run's folder, a .keras or .h5 file, or a SavedModel's folder."),
    ],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="all, tflite, onnx, a precision (float32, float16, dynamic, int8), a file such as int8.onnx, or "
            "micro: C for microcontrollers. Again for more.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The bundle's folder; RUN/bundle by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle that is there.")] = False,
    name: Annotated[str | None, typer.Option(help="The model's name; the run's or the file's by default.")] = None,
    input_range: Annotated[
        str, typer.Option(help="What it was fed in training: 0..255, 0..1, -1..1, standardized; auto measures it.")
    ] = "auto",
    data: Annotated[
        Path | None,
        typer.Option(
            help="Your own images instead of MNIST's, for the input range, calibration and the gate: a folder of class "
            "folders, a .csv as Kaggle's, an .npz, an .npy or IDX file with its labels beside it."
        ),
    ] = None,
    no_data: Annotated[
        bool, typer.Option("--no-data", help="No images: float files only, accuracy is not measured.")
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="The classes' names in the model's order: A,B,C or a file with one a line.")
    ] = None,
    extra_classes: Annotated[
        bool, typer.Option("--extra-classes", help="Allow more than ten outputs; spread theirs over the digits.")
    ] = False,
    custom: Annotated[
        Path | None, typer.Option(metavar="FILE.py", help="Defines the model's custom layers; it is run.")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="Your own digits (a folder 0 to 9, IDX, NPZ) instead of MNIST's.")
    ] = None,
    calibration_images: Annotated[int, typer.Option(help="How many calibrate the integer artifacts.")] = 500,
    per_tensor: Annotated[bool, typer.Option("--per-tensor", help="One scale a weight tensor, not a channel.")] = False,
    input_dtype: Annotated[str, typer.Option("--input", help="Of int8.tflite: uint8, int8 or float32.")] = "uint8",
    output_dtype: Annotated[str, typer.Option("--output", help="Of int8.tflite: float32, uint8, int8.")] = "float32",
    batch: Annotated[str, typer.Option(help="fixed, free; by default fixed for TFLite, free for ONNX.")] = "default",
    opset: Annotated[int, typer.Option(help="ONNX operator set.")] = 17,
    explain: Annotated[bool, typer.Option("--explain", help="Show which layer of int8.tflite loses what.")] = False,
    licence: Annotated[str, typer.Option(help="The model's licence, as SPDX writes it.")] = "MIT",
    version: Annotated[str, typer.Option(help="The model's own version.")] = "1",
    seed: Annotated[int, typer.Option(help="Picks the calibration images.")] = 0,
    tolerance: Annotated[float, typer.Option(metavar="PP", help="Of the gate, in percentage points.")] = 0.10,
    gate: Annotated[bool, typer.Option("--gate/--no-gate", help="Verify the bundle; exit 1 if it fails.")] = True,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what TensorFlow and tf2onnx print.")] = False,
) -> None:
    """Convert a Keras model to TFLite, ONNX and C, prove each artifact against it, and write them as a bundle.

    A format that cannot be made is named with the reason; exit 1 if it was asked for with --format, or if no float or
    no integer form is left.
    """
    from edgedigits_export import ExportOptions

    options = ExportOptions(
        name=name,
        input_range=input_range,
        data=data,
        no_data=no_data,
        labels=_label_names(labels),
        extra_classes=extra_classes,
        custom=custom,
        calibration=calibration,
        calibration_images=calibration_images,
        per_channel=not per_tensor,
        input_dtype=input_dtype,
        output_dtype=output_dtype,
        batch=batch,
        opset=opset,
        explain=explain,
        licence=licence,
        version=version,
        seed=seed,
    )
    with quiet_libraries(verbose):
        from edgedigits_export import export_bundle

        bundle = export_bundle(source, out or default_place(source), formats or ("all",), force, options, report=say)
    if bundle.manifest.get("explain"):
        _show_noise(bundle.manifest["explain"])
    if gate and "source" in bundle.manifest:
        run_gate(bundle, tolerance, data)
    say(f"{bundle.name}: {len(bundle.artifacts)} artifacts in {bundle.path}")
    if not is_enough(bundle, formats or ()):
        raise typer.Exit(FAILED)


def is_enough(bundle: "Bundle", named: Iterable[str]) -> bool:
    """Whether a bundle has what was asked for: every format that was named, or else a float and an integer form."""
    if not bundle.manifest.get("not_made"):
        return True
    if set(named) - {"all"}:
        return False
    precisions = {bundle.files[artifact]["precision"] for artifact in bundle.artifacts}
    return bool(precisions & {"float32", "float16"} and precisions & {"dynamic", "int8"})


def _label_names(labels: str | None) -> tuple[str, ...] | None:
    """The names on the command line, or in the file that it names."""
    if labels is None:
        return None
    path = Path(labels)
    if "," not in labels and not path.is_file():
        raise usage_error(f"--labels {labels} is no file; name one with a class a line, or the classes as A,B,C")
    names = path.read_text(encoding="utf-8").splitlines() if path.is_file() else labels.split(",")
    return tuple(name.strip() for name in names if name.strip())


def default_place(source: Path) -> Path:
    """Where the bundle of a source goes: into the run's folder, or beside the model's file."""
    if (source / "model.keras").exists():
        return source / "bundle"
    return source.with_name(f"{source.stem}-bundle")


def run_gate(bundle: "Bundle", tolerance: float | None = None, data: Path | None = None) -> None:
    """Run the accuracy gate, leave what it measured in the manifest, and exit 1 if an artifact failed."""
    from edgedigits.bundle.writing import update_manifest
    from edgedigits_bench import verify
    from edgedigits_bench.accuracy.own_data import judging_images
    from edgedigits_bench.progress import watched

    split = judging_images(bundle, data) if data else None
    with progress() as display:
        result = verify(bundle, tolerance, split=split, progress=watched(display))
    update_manifest(bundle, gate=result.to_json())
    failed = [entry for entry in result.artifacts if entry.passed is False]
    for entry in failed:
        say(f"error: {entry.error or _lost(entry.file, entry.evaluation, result.tolerance_pp)}")
    if not result.passed:
        say(f"the gate failed; the bundle is in {bundle.path}, --explain shows which layer loses the accuracy")
        raise typer.Exit(FAILED)


def _lost(file: str, evaluation: Any, tolerance: float) -> str:
    return (
        f"{file} is right on {evaluation.accuracy:.2%} of the test images, {evaluation.drop_pp:.2f} pp less than the "
        f"float model (p {evaluation.worse_p:.2g}); {tolerance:.2f} pp are allowed"
    )


def _show_noise(rows: list[dict[str, Any]]) -> None:
    """The table of --explain: low numbers are noisy layers."""
    table(
        "int8.tflite: signal to quantization noise",
        ("layer", "output", "weights", "output so far", "lost here"),
        (
            (
                row["layer"],
                "x".join(map(str, row["shape"])),
                "-" if row["weights_db"] is None else f"{row['weights_db']:.1f} dB",
                f"{row['output_db']:.1f} dB",
                f"{row['lost_db']:.1f} dB",
            )
            for row in rows
        ),
    )
