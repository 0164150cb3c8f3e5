"""`edgedigits batch`: millions of pictures, on the cores of this machine or on a cluster, by Ray Data."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
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
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; a local one by default.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes that read; one a core by default.")] = None,
    part: Annotated[int, typer.Option(min=1, help="Pictures whose results make one file.")] = 500,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Read any number of pictures into Parquet. Interrupted, the same command goes on where it stopped."""
    import importlib.util

    from edgedigits.errors import MissingExtraError, missing_extra

    if not importlib.util.find_spec("ray") or not importlib.util.find_spec("pyarrow"):
        raise MissingExtraError(missing_extra("batch", "ray"))

    from edgedigits.bundle.reading import load_bundle
    from edgedigits.classifier import DEFAULT_ARTIFACT, DigitClassifier
    from edgedigits_apps.batch.plan import plan, prepare

    model = DigitClassifier(bundle, artifact or DEFAULT_ARTIFACT)  # whatever is wrong with it is said here, once
    digest = load_bundle(bundle).files[model.artifact]["sha256"]
    parts = plan(source, part)
    waiting = prepare(out, parts, {"artifact": model.artifact, "artifact_sha256": digest})
    if len(waiting) < len(parts):
        say(f"{out}: {len(parts) - len(waiting)} of {len(parts)} parts are done already")
    # Ray prints to standard output that a worker died; that is no data.
    with contextlib.redirect_stdout(sys.stderr), progress() as display:
        task = display.add_task("parts", total=len(parts), completed=len(parts) - len(waiting))
        for _ in work(waiting, out.absolute(), str(model.bundle.path.absolute()), model.artifact, address, workers):
            display.advance(task)
    pictures, errors = count(out, parts)
    if as_json:
        emit({"out": str(out), "pictures": pictures, "errors": errors})
    else:
        say(f"{pictures} pictures, {errors} of them not readable; {out}/part-*.parquet")
    if errors:
        raise typer.Exit(FAILED)


def work(
    parts: "list[Part]", out: Path, bundle: str, artifact: str, address: str | None, workers: int | None
) -> Iterator[int]:
    """Have the parts made, in any order; yields how many pictures each has as it is done.

    Raises:
        BatchError: if there is no cluster, or its workers keep failing.
    """
    if not parts:
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray runs workers 15 nicer than the program, on a busy machine hardly ever: that is for the user to ask, by `nice`.
    os.environ.setdefault("RAY_worker_niceness", "0")
    import ray
    import ray.data

    from edgedigits.errors import BatchError
    from edgedigits_apps.batch.worker import Worker

    try:
        ray.init(
            address=address or "local",
            num_cpus=None if address else workers,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=None if address else False,
        )
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        ray.data.DataContext.get_current().enable_progress_bars = False
        number = min(len(parts), workers or int(ray.cluster_resources().get("CPU", 1)))
        rows = ray.data.from_items(
            [{"part": json.dumps(asdict(part))} for part in parts], override_num_blocks=len(parts)
        )
        done = rows.map_batches(
            Worker,
            batch_size=1,
            fn_constructor_args=(str(out), bundle, artifact),
            compute=ray.data.ActorPoolStrategy(size=number),
        )
        for row in done.iter_rows():
            yield int(row["pictures"])
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise BatchError(f"{out} is not finished ({reason}); the same command goes on from here") from error
    finally:
        ray.shutdown()


def count(out: Path, parts: "list[Part]") -> tuple[int, int]:
    """How many pictures the results have, and how many of them could not be read."""
    import pyarrow.parquet

    columns = [pyarrow.parquet.read_table(out / part.name, columns=["error"])["error"] for part in parts]
    return sum(len(column) for column in columns), sum(len(column) - column.null_count for column in columns)
