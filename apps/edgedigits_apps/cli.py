"""The command line: one Typer app. Each command's work, and every heavy import, is inside its function."""

import io
import os
import sys
from typing import Annotated

import typer

from edgedigits_apps.commands import batch, bench, export, info, pipeline, read, train, verify, web, webcam
from edgedigits_apps.console import FAILED, INTERRUPTED, complain, explain

app = typer.Typer(
    name="edgedigits",
    help="Train a handwritten-digit CNN, ship it to any CPU, read digits there, and prove nothing was lost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, export, verify, bench, read, batch, web, webcam, info, pipeline):
    command.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from edgedigits._version import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and an exit status, never a traceback."""
    # OpenCV and TensorFlow log to standard error whatever they stumble over; what matters is said by the commands.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for stream in (sys.stdout, sys.stderr):  # JSON is UTF-8 whatever the locale; a name's odd bytes are escaped
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = app(prog_name="edgedigits", standalone_mode=False)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except Exception as error:
        explained = explain(error)
        if explained is None:
            raise
        status, line = explained
        if line:
            complain(line)
    if status == INTERRUPTED:  # Typer turns Ctrl-C into this status
        complain("interrupted")
    sys.exit(status or 0)
