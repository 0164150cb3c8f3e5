"""`edgedigits verify`: the accuracy gate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgedigits_apps.console import FAILED, emit, mark, progress, say, table, usage_error
from edgedigits_apps.outputs import JUNIT_MARK, check_file

if TYPE_CHECKING:
    from edgedigits_bench import GateResult


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(verify)


def verify(
    bundle: Annotated[
        str,
        typer.Argument(help="A bundle's folder, or a shipped one: edge, nano, pages, detector, surroundings."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="Your own labelled images instead of MNIST's: see export. None that calibrated is judged."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="PP",
            help="Accuracy to lose, in percentage points; 0.1 by default, 1 of the page reader's other parts.",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail at any drop above the tolerance, and where an engine is not installed."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table in Markdown.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a JUnit report, for CI.")] = None,
) -> None:
    """Run every artifact on its own engine; exit 1 if one lost more than the tolerance, beyond chance.

    Each one classifies MNIST's 10,000 test images, or, as another part of the page reader, is asked about 200 synthetic
    views. One fails that loses more than the tolerance, where McNemar's exact one-sided test also says at 1 % that it
    is worse than the float model. An artifact whose engine is not installed is skipped.
    """
    if tolerance is not None and not 0 <= tolerance <= 100:
        raise usage_error(f"--tolerance {tolerance} makes no sense; give percentage points, 0 to 100")
    if as_json and as_markdown:
        raise usage_error("--json and --markdown exclude each other; choose one")
    from edgedigits import load_bundle
    from edgedigits.files.atomic import write_whole
    from edgedigits_bench import verify as run_gate
    from edgedigits_bench.accuracy.own_data import judging_images
    from edgedigits_bench.progress import watched
    from edgedigits_bench.report.gate import to_junit, to_markdown

    if junit:
        check_file(junit, "--junit", JUNIT_MARK)
    opened = load_bundle(bundle)
    split = judging_images(opened, data) if data else None
    with progress() as display:
        result = run_gate(opened, tolerance, strict, split, progress=watched(display))
    if junit:
        write_whole(junit, to_junit(opened.name, result).encode())
    if as_json:
        emit(result.to_json())
    elif as_markdown:
        typer.echo(to_markdown(result))
    else:
        show(result)
    if not result.passed:
        raise typer.Exit(FAILED)


def show(result: "GateResult") -> None:
    """Print the gate's table, and whether it is passed."""
    from edgedigits_bench.report.gate import HEADINGS, outcome, rows

    title = f"{result.images:,} test images, float model {result.float_accuracy:.2%}"
    table(title, HEADINGS, ([*cells, mark(passed)] for cells, passed in rows(result)))
    for artifact in result.artifacts:
        if artifact.error and not artifact.passed:
            say(f"{'skipped' if artifact.passed is None else 'error'}: {artifact.error}")
    for entry in result.not_made:
        say(f"not made: {entry['file']}: {entry['reason']}")
    for note in result.notes:
        say(f"note: {note}")
    say(outcome(result))
