"""`edgedigits verify`: the accuracy gate."""

from typing import TYPE_CHECKING, Annotated

import typer

from edgedigits_apps.console import FAILED, emit, progress, say, table, usage_error

if TYPE_CHECKING:
    from edgedigits_bench import ArtifactResult, GateResult


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(verify)


def verify(
    bundle: Annotated[
        str,
        typer.Argument(help="A bundle's folder, or a shipped one: edge, nano, pages, detector, surroundings."),
    ],
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="PP",
            help="Accuracy to lose, in percentage points; 0.1 by default, 1 of the page reader's other parts.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where an engine is not installed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Run every artifact on its own engine; exit 1 if one is outside tolerance of the float model.

    Each one classifies MNIST's 10,000 test images, or, as another part of the page reader, is asked about 200 synthetic
    views. An artifact whose engine is not installed is skipped.
    """
    if tolerance is not None and not 0 <= tolerance <= 100:
        raise usage_error(f"--tolerance {tolerance} makes no sense; give percentage points, 0 to 100")
    from edgedigits import load_bundle
    from edgedigits_bench import verify as run_gate
    from edgedigits_bench.progress import watched

    with progress() as display:
        result = run_gate(load_bundle(bundle), tolerance, strict, progress=watched(display))
    if as_json:
        emit(result.to_json())
    else:
        show(result)
    if not result.passed:
        raise typer.Exit(FAILED)


def show(result: "GateResult") -> None:
    """Print the gate's table, and its verdict."""
    title = f"{result.images:,} test images, float model {result.float_accuracy:.2%}"
    table(title, ("artifact", "engine", "accuracy", "drop", "agreement", ""), map(_row, result.artifacts))
    for artifact in result.artifacts:
        if artifact.error and not artifact.passed:
            say(f"{'skipped' if artifact.passed is None else 'error'}: {artifact.error}")
    say(f"{'passed' if result.passed else 'failed'}: tolerance {result.tolerance_pp:.2f} pp")


def _row(artifact: "ArtifactResult") -> tuple[str, ...]:
    mark = {True: "passed", False: "failed", None: "skipped"}[artifact.passed]
    found = artifact.evaluation
    if not found:
        return artifact.file, artifact.engine or "-", "-", "-", "-", mark
    drop = f"{found.drop_pp:+.2f} pp"
    return artifact.file, artifact.engine or "-", f"{found.accuracy:.2%}", drop, f"{found.agreement:.2%}", mark
