"""`edgedigits export`: from a trained model to a bundle that can be trusted."""

from pathlib import Path
from typing import Annotated

import typer

from edgedigits_apps.console import say


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(export)


def export(
    source: Annotated[Path, typer.Argument(metavar="RUN_OR_KERAS", help="A run's folder or a saved Keras model.")],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="all, tflite, onnx, a precision (float32, float16, dynamic, int8) or a file such as int8.onnx; again "
            "for more.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The bundle's folder; by default `bundle` in the run's folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a bundle that is there.")] = False,
    calibration_images: Annotated[int, typer.Option(help="Images that calibrate the integer artifacts.")] = 500,
    per_tensor: Annotated[bool, typer.Option("--per-tensor", help="One scale a weight tensor, not a channel.")] = False,
    opset: Annotated[int, typer.Option(help="ONNX operator set.")] = 17,
    seed: Annotated[int, typer.Option(help="Picks the calibration images.")] = 0,
) -> None:
    """Convert a Keras model to TFLite and ONNX, prove each artifact against it, and write them as a bundle."""
    from edgedigits_export import ExportOptions, export_bundle

    options = ExportOptions(calibration_images=calibration_images, per_channel=not per_tensor, opset=opset, seed=seed)
    bundle = export_bundle(source, out or default_place(source), formats or ("all",), force, options, report=say)
    say(f"{bundle.name}: {len(bundle.artifacts)} artifacts in {bundle.path}")


def default_place(source: Path) -> Path:
    """Where the bundle of a source goes: into the run's folder, or beside the model's file."""
    return source / "bundle" if source.is_dir() else source.with_name(f"{source.stem}-bundle")
