"""How every command talks: data on standard output, everything else on standard error, errors in one line."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

FAILED = 1  # the gate failed, or some input could not be read
USAGE = 2
INTERRUPTED = 130  # what shells report for Ctrl-C


def emit(data: Any) -> None:
    """Print one JSON object on a line of its own, at once, for the program at the other end of the pipe."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(message: str) -> None:
    """Tell the person something that is not data."""
    typer.echo(message, err=True)


def complain(message: object) -> None:
    """Report what went wrong, in one line."""
    say("error: " + " ".join(str(message).split()))


def usage_error(message: str) -> typer.Exit:
    """Report wrong usage; raise what this returns."""
    complain(message)
    return typer.Exit(USAGE)


def progress() -> "Progress":
    """A progress display on standard error, silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def table(title: str, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table on standard output."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    view = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for i, heading in enumerate(headings):
        view.add_column(heading, justify="left" if i == 0 else "right", no_wrap=True)
    for row in rows:
        view.add_row(*row)
    # Into a file or a pipe a table goes whole, however narrow the window that it is later looked at in.
    console = Console() if Console().is_terminal else Console(width=120)
    console.print(view)
