"""`edgedigits read`: the digits on photographs."""

import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from edgedigits_apps.console import FAILED, progress, say, usage_error
from edgedigits_apps.outputs import FreeNames, folders
from edgedigits_apps.signals import stopped_by_signals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgedigits.errors import EdgeDigitsError
    from edgedigits.page import Page
    from edgedigits.reading.reader import DigitReader
    from edgedigits_apps.photos.results import Form, Results

PICTURES = "Files, folders, patterns, http addresses, or - for standard input."


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(read)


def read(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE...", help=PICTURES)],
    bundle: Annotated[
        str, typer.Option("--bundle", "--model", help="A bundle's folder, or a shipped one's.")
    ] = "pages",
    artifact: Annotated[str | None, typer.Option(help="Which file of the bundle names the digits.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each picture.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, one line for each digit.")] = False,
    annotate: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each picture with what was read.")] = None,
    crop_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each digit, for labelling.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Read what arrives in these folders, until stopped.")] = False,
) -> None:
    """Read the digits on photographs."""
    if as_json and as_csv:
        raise usage_error("--json and --csv are two forms of the same; choose one")
    if watch and not all(Path(folder).is_dir() for folder in pictures):
        raise usage_error("--watch is for folders; name folders that are there")
    results_in = [folder.resolve() for folder in (annotate, crop_dir) if folder]
    if watch and any(Path(folder).resolve() in results_in for folder in pictures):
        raise usage_error("--watch would read its own results; name another folder with --annotate or --crop-dir")

    from edgedigits.reading.reader import DigitReader
    from edgedigits_apps.photos.results import Results
    from edgedigits_apps.photos.sources import expand
    from edgedigits_apps.photos.watching import FolderWatch

    reader = DigitReader(bundle, artifact=artifact, threads=threads)
    form: Form = "json" if as_json else "csv" if as_csv else "rows"
    with folders(annotate=annotate, crop_dir=crop_dir) as free, progress() as display:
        save = _Saving(annotate, crop_dir, free)
        if watch:
            results = Results(form, headings=True)
            stop = Event()
            with stopped_by_signals(stop.set):
                for source in FolderWatch([Path(folder) for folder in pictures], say).pictures(stop):
                    _read_one(source, None, reader, results, save)
            return
        sources = expand(pictures)
        results = Results(form, headings=len(sources) > 1)
        for source, problem in display.track(sources, description="reading") if len(sources) > 1 else sources:
            _read_one(source, problem, reader, results, save)
    if results.failed:
        raise typer.Exit(FAILED)


@dataclass(frozen=True)
class _Saving:
    """Where annotated pictures and crops go."""

    annotate: Path | None
    crop_dir: Path | None
    free: FreeNames

    def __call__(self, source: str, picture: "NDArray[np.uint8]", page: "Page") -> None:
        from edgedigits.imaging.picture_files import save_picture
        from edgedigits_apps.photos.crops import save_crops
        from edgedigits_apps.photos.sources import public_name

        stem = "stdin" if source == "-" else Path(public_name(source)).stem
        if self.annotate is not None:
            save_picture(self.free(self.annotate, stem, ".jpg"), page.annotate(picture))
        if self.crop_dir is not None:
            save_crops(self.crop_dir, stem, picture, page, self.free)


def _read_one(
    source: str, problem: "EdgeDigitsError | None", reader: "DigitReader", results: "Results", save: _Saving
) -> None:
    """Read a picture and print what was read; an error is reported, and the next picture is not lost."""
    from edgedigits.errors import EdgeDigitsError
    from edgedigits.imaging.opencv_limits import is_out_of_memory
    from edgedigits_apps.photos.sources import load, public_name

    try:
        if problem:
            raise problem
        picture = load(source)
        started = time.perf_counter()
        page = reader.read(picture)
        milliseconds = (time.perf_counter() - started) * 1000
        save(source, picture, page)
    except Exception as error:
        if not isinstance(error, EdgeDigitsError | OSError) and not is_out_of_memory(error):
            raise
        results.failure(public_name(source), error)
        return
    results.page(page, public_name(source), milliseconds)
