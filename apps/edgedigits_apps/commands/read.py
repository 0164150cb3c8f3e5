"""`edgedigits read`: the digits on photographs."""

import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgedigits_apps.console import FAILED, complain, emit, progress
from edgedigits_apps.outputs import FreeNames, folders

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgedigits.errors import EdgeDigitsError
    from edgedigits.page import Page, UnreadableForm


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(read)


def read(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files, folders, patterns, or - .")],
    bundle: Annotated[str, typer.Option(help="A bundle's folder, or a shipped one's name.")] = "pages",
    artifact: Annotated[str | None, typer.Option(help="Which file of the bundle names the digits.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each picture.")] = False,
    annotate: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each picture with what was read.")] = None,
    crop_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Save each digit, for labelling.")] = None,
) -> None:
    """Read the digits on photographs."""
    from edgedigits.classifier import DEFAULT_ARTIFACT
    from edgedigits.errors import EdgeDigitsError
    from edgedigits.imaging.opencv_limits import is_out_of_memory
    from edgedigits.imaging.picture_files import save_picture
    from edgedigits.reading.reader import DigitReader
    from edgedigits.text import printable

    reader = DigitReader(bundle, artifact=artifact or DEFAULT_ARTIFACT, threads=threads)
    sources, failed = _expand(pictures), False
    with progress() as display, folders(annotate=annotate, crop_dir=crop_dir) as free:
        for source, problem in display.track(sources, description="reading") if len(sources) > 1 else sources:
            try:
                if problem:
                    raise problem
                picture = _load(source)
                started = time.perf_counter()
                page = reader.read(picture)
                milliseconds = (time.perf_counter() - started) * 1000
                if annotate is not None:
                    save_picture(free(annotate, _stem(source), ".jpg"), page.annotate(picture))
                if crop_dir is not None:
                    _save_crops(crop_dir, source, picture, page, free)
            except Exception as error:
                if not isinstance(error, EdgeDigitsError | OSError) and not is_out_of_memory(error):
                    raise
                failed = True
                _report_failure(source, error, as_json)
                continue
            if as_json:
                emit(replace(page, source=source, milliseconds=milliseconds).to_dict())
            else:
                heading = f"{printable(source)}:\n" if len(sources) > 1 else ""
                typer.echo(heading + (page.text or "(no digits)"))
    if failed:
        raise typer.Exit(FAILED)


def _expand(sources: Iterable[str]) -> "list[tuple[str, EdgeDigitsError | None]]":
    """Every picture that is meant, in the order given, with what already speaks against it."""
    from edgedigits.errors import PictureError
    from edgedigits.imaging.picture_files import find_pictures

    found: list[tuple[str, EdgeDigitsError | None]] = []
    for source in sources:
        try:
            found += [(path, None) for path in find_pictures(source)]
        except PictureError as error:
            found.append((source, error))
    return found


def _load(source: str) -> "NDArray[np.uint8]":
    from edgedigits.imaging.decoding import MAX_FILE_BYTES, decode_picture
    from edgedigits.imaging.picture_files import load_picture

    if source != "-":
        return load_picture(source)
    return decode_picture(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "standard input")


def _report_failure(source: str, error: Exception, as_json: bool) -> None:
    from edgedigits.errors import PictureError
    from edgedigits.imaging.opencv_limits import is_out_of_memory
    from edgedigits.text import printable

    if is_out_of_memory(error):
        error = PictureError(f"{printable(source)} does not fit into memory; shrink it first")
    if as_json:
        form: UnreadableForm = {"source": source, "error": " ".join(str(error).split())}
        emit(form)
    else:
        complain(error)


def _stem(source: str) -> str:
    return "stdin" if source == "-" else Path(source).stem


def _save_crops(folder: Path, source: str, picture: "NDArray[np.uint8]", page: "Page", free: FreeNames) -> None:
    from edgedigits.imaging.picture_files import save_picture

    for i, digit in enumerate(page.digits):
        x, y, width, height = digit.box
        margin = max(width, height) // 6
        crop = picture[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]
        save_picture(free(folder, f"{_stem(source)}-{i:03}-{digit.digit}", ".png"), crop)
