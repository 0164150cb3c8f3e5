"""`edgedigits batch`: millions of pictures, on the cores of this machine or on a cluster."""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgedigits_apps.console import FAILED, emit, progress, say

if TYPE_CHECKING:
    from edgedigits_apps.batch.plan import Part


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(batch)


def batch(
    source: Annotated[str, typer.Argument(metavar="IN", help="A folder, a pattern, or Parquet with a column bytes.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the results, one row a picture.")],
    bundle: Annotated[str, typer.Option(help="A bundle's folder, or a shipped one's name.")] = "pages",
    artifact: Annotated[str | None, typer.Option(help="Which file of the bundle names the digits.")] = None,
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Of a Ray cluster of yours; this machine by default.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that read; one a core by default.")] = None,
    part: Annotated[int, typer.Option(min=1, help="Pictures whose results make one file.")] = 500,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Read again the pictures that could not be read.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Read any number of pictures into Parquet. Interrupted, the same command goes on where it stopped."""
    import importlib.util

    from edgedigits.errors import BatchError, MissingExtraError, missing_extra

    needed = ["pyarrow", *(["ray"] if address else [])]
    if missing := [name for name in needed if not importlib.util.find_spec(name)]:
        raise MissingExtraError(missing_extra("batch", missing[0]))

    from edgedigits.bundle.reading import load_bundle
    from edgedigits.classifier import DEFAULT_ARTIFACT, DigitClassifier
    from edgedigits.files.atomic import locked
    from edgedigits_apps.batch.plan import plan, prepare
    from edgedigits_apps.batch.table import count

    model = DigitClassifier(bundle, artifact or DEFAULT_ARTIFACT)  # whatever is wrong with it is said here, once
    digest = load_bundle(bundle).files[model.artifact]["sha256"]
    parts = plan(source, part)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BatchError(f"{out} cannot be made: {error.strerror}; choose another folder") from error
    with locked(out):
        prepare(out, parts, {"artifact": model.artifact, "artifact_sha256": digest})
        found = {part.name: count(out / part.name) for part in parts}
        waiting = [part for part in parts if _is_waiting(found[part.name], retry_failed)]
        if len(waiting) < len(parts):
            say(f"{out}: {len(parts) - len(waiting)} of {len(parts)} parts are done already")
        how = (out.absolute(), str(model.bundle.path.absolute()), model.artifact, address, workers)
        with progress() as display, closing(work(waiting, *how)) as made:  # its processes end with it
            task = display.add_task("parts", total=len(parts), completed=len(parts) - len(waiting))
            for _ in made:
                display.advance(task)
        found |= {part.name: count(out / part.name) for part in waiting}
    if damaged := [name for name, counts in found.items() if counts is None]:
        raise BatchError(f"{out / damaged[0]} cannot be read although it was just written; check the disk")
    pictures, errors = (sum(numbers) for numbers in zip(*(counts for counts in found.values() if counts), strict=True))
    if as_json:
        emit({"out": str(out), "pictures": pictures, "errors": errors})
    else:
        say(f"{pictures} pictures, {errors} of them not readable; {out}/part-*.parquet")
    if errors:
        raise typer.Exit(FAILED)


def _is_waiting(counts: tuple[int, int] | None, retry_failed: bool) -> bool:
    """Whether a part, whose file has so many pictures and errors, is still to be made."""
    return counts is None or (retry_failed and counts[1] > 0)


def work(
    parts: "list[Part]", out: Path, bundle: str, artifact: str, address: str | None, workers: int | None
) -> Generator[int, None, None]:
    """Have the parts made, in any order; yields how many pictures each has as it is done.

    Raises:
        BatchError: if there is no cluster, or a part cannot be made.
    """
    if address:
        from edgedigits_apps.batch.cluster import work_on_cluster

        return work_on_cluster(parts, out, bundle, artifact, address, workers)
    from edgedigits_apps.batch.processes import work_here
    from edgedigits_bench.device import usable_cores

    return work_here(parts, out, bundle, artifact, workers or usable_cores())
