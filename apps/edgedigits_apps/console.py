"""How every command talks: data on standard output, everything else on standard error, errors in one line."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from edgedigits.files.names import plain_json, printable
from edgedigits.imaging.opencv_limits import is_out_of_memory

if TYPE_CHECKING:
    from rich.progress import Progress

    from edgedigits.errors import UsageError

FAILED = 1  # the gate failed, or some input could not be read
USAGE = 2
INTERRUPTED, TERMINATED = 130, 143  # what shells report for Ctrl-C and SIGTERM
# A small system has no libGL.so.1, which OpenCV's windows need.
LIBRARIES = "install it (sudo apt install libgl1 libglib2.0-0), or opencv-python-headless in place of opencv-python"


# Set by --quiet before a command begins.
quiet = False


def emit(data: Any) -> None:
    """Print one JSON object on a line of its own, at once, for the program at the other end of the pipe."""
    sys.stdout.write(plain_json(json.dumps(data, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def say(message: str) -> None:
    """Tell the person something that is not data; --quiet leaves it out."""
    if not quiet:
        typer.echo(printable(message), err=True)


def report_error(message: object) -> None:
    """Report what went wrong, in one line."""
    typer.echo(printable("error: " + " ".join(str(message).split())), err=True)


def usage_error(message: str) -> "UsageError":
    """The error for options that make no sense together; raise what this returns."""
    from edgedigits.errors import UsageError

    return UsageError(message)


def explain(error: BaseException) -> tuple[int, str] | None:
    """The exit status and the line for an exception that the user can mend; None for a mistake of ours.

    Args:
        error: one of `edgedigits.errors` or `edgedigits_data.errors`, of the command line's parser, or of the system.
    """
    if isinstance(error, ModuleNotFoundError):
        from edgedigits.errors import EXTRAS, missing_extra

        package = (error.name or "").partition(".")[0]
        return (USAGE, missing_extra("this command", package)) if package in EXTRAS else None
    if isinstance(error, ImportError):  # OpenCV's or TensorFlow's file is there, but does not load
        return (FAILED, f"{error}; {LIBRARIES}") if ".so" in str(error) else None
    if is_out_of_memory(error):
        why = f" ({error})" if str(error) else ""
        return FAILED, f"there is not enough memory for this{why}; free some, or use less at a time"
    if isinstance(error, OSError):
        return FAILED, str(error)
    if hasattr(error, "format_message"):  # the parser's, which Typer keeps in a module of its own or takes from Click
        context = getattr(error, "ctx", None)
        message = str(error.format_message()).rstrip(".")  # empty where the help was printed in its place
        hint = f"; see {context.command_path} --help" if context and message else ""
        return int(getattr(error, "exit_code", USAGE)), message + hint
    status = getattr(error, "exit_status", None)
    return None if status is None else (status, str(error))


def mark(passed: bool | None) -> str:
    """An outcome for a table: a coloured sign where a terminal is, a word anywhere else."""
    if not sys.stdout.isatty():
        return {True: "passed", False: "failed", None: "skipped"}[passed]
    return {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]-[/yellow]"}[passed]


def progress() -> "Progress":
    """A progress display on standard error, silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)


def table(title: str, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table on standard output."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    view = Table(title=Text(printable(title)), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for i, heading in enumerate(headings):
        view.add_column(heading, justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        view.add_row(*(Text(printable(cell)) for cell in row))  # a Text has no markup
    # Into a file or a pipe a table goes whole, however narrow the window that it is later looked at in.
    console = Console() if Console().is_terminal else Console(width=120)
    console.print(view)
