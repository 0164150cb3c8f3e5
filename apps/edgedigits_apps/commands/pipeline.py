"""`edgedigits pipeline`: train, export, verify, bench and read, in one go; what is there already is used again."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from edgedigits_apps.commands import bench, export, read, train, verify
from edgedigits_apps.console import FAILED, say

PAGE_SIZE = (1280, 960)
PAGE_SEED = 132


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(pipeline)


def pipeline(
    model: Annotated[str, typer.Option(help="reference, nano, edge or teacher.")] = "reference",
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/MODEL by default.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Digits of your own: on top of MNIST in training, in its place afterwards.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data; the model's recipe by default.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and deformation.")] = 0,
    full: Annotated[bool, typer.Option("--full", help="Benchmark for minutes, not for half a minute.")] = False,
) -> None:
    """Train, export, verify, benchmark, and read a page; where the gate fails, the rest is done and the exit status 1.

    Run again, it goes on where it stopped, and uses what is there already.
    """
    from edgedigits_train.run_folder import owned

    run = out or Path("runs") / model
    bundle, report, page = run / "bundle", run / "report.html", run / "page.png"
    annotated = run / "read" / "page.jpg"
    say("1/5 train")
    train.train(model=model, data=data, epochs=epochs, seed=seed, out=run)
    with owned(run):
        say("2/5 export")
        passed = True
        if not _newer(bundle / "manifest.json", run / "model.keras"):
            passed = _passes(lambda: export.export(run, out=bundle, force=True, data=data))
        say("3/5 verify")
        passed = _passes(lambda: verify.verify(str(bundle), data=data)) and passed
        say("4/5 bench")
        if not _newer(report, bundle / "model.keras"):
            bench.bench([str(bundle)], data=data, quick=not full, html=report)
        say("5/5 read")
        if not page.exists():
            _compose(page)
        annotated.unlink(missing_ok=True)  # of the last pipeline, in whose place this one's would get another name
        read.read([str(page)], bundle=str(bundle), annotate=annotated.parent)
    for path in (bundle, report, annotated):
        typer.echo(path)
    if not passed:
        raise typer.Exit(FAILED)


def _passes(step: Callable[[], None]) -> bool:
    """Whether a step ends without the exit status of a failed gate."""
    try:
        step()
    except typer.Exit:
        return False
    return True


def _newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def _compose(path: Path) -> None:
    """A page of test digits that nobody has photographed, and that no model was trained on."""
    from edgedigits.imaging.picture_files import save_picture
    from edgedigits_data import load_mnist
    from edgedigits_data.synthetic.glyphs import make_glyphs
    from edgedigits_data.synthetic.page import PageMaker

    maker = PageMaker(make_glyphs(load_mnist("test").balanced(200)))
    save_picture(path, maker.page(PAGE_SEED, PAGE_SIZE, layout="rows").picture)
