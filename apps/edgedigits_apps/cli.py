"""The command line: one Typer app. Each command's work, and every heavy import, is inside its function."""

import errno
import io
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from edgedigits_apps import console
from edgedigits_apps.commands import batch, bench, export, info, pipeline, read, train, verify, web, webcam
from edgedigits_apps.console import FAILED, INTERRUPTED, TERMINATED, USAGE, explain, report_error
from edgedigits_apps.examples import epilog

# Boxes and colours are for people; a pipe, a log and a page of documentation get plain text.
TERMINAL = bool(sys.stdout) and sys.stdout.isatty()

app = typer.Typer(
    name="edgedigits",
    help="Train a handwritten-digit CNN, ship it to any CPU, read digits there, and prove nothing was lost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if TERMINAL else None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, export, verify, bench, read, batch, web, webcam, info, pipeline):
    command.register(app)
for registered in app.registered_commands:
    registered.epilog = epilog(registered.name or registered.callback.__name__, TERMINAL)  # type: ignore[union-attr]


# What runs models and decodes pictures, by its package's name.
ENGINES = ("ai-edge-litert", "tflite-runtime", "onnxruntime", "tflite-micro", "opencv-python", "numpy")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        from edgedigits import __version__

        typer.echo(f"edgedigits {__version__}")
        for package in ENGINES:
            with suppress(PackageNotFoundError):
                typer.echo(f"{package} {version(package)}")
        raise typer.Exit


@app.callback()
def _options(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it, and the engines' versions.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what the libraries log, too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show data and errors only.")] = False,
) -> None:
    console.quiet = quiet
    if verbose:
        os.environ.update(OPENCV_LOG_LEVEL="INFO", TF_CPP_MIN_LOG_LEVEL="0")


class Terminated(BaseException):
    """SIGTERM has come; whoever has something to tidy up does so on the way out."""


def _terminate(number: int, _: object) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # a second one ends the program at once
    raise Terminated


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and an exit status, never a traceback."""
    # OpenCV and TensorFlow log to standard error whatever they stumble over; what matters is said by the commands.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not _open_streams():
        report_error("standard output is closed; send it to a file or a program, or to /dev/null")
        sys.exit(USAGE)
    for stream in (sys.stdout, sys.stderr):  # JSON is UTF-8 whatever the locale; a name's odd bytes are escaped
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    line = ""
    try:
        status = app(prog_name="edgedigits", standalone_mode=False)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Terminated:
        status, line = TERMINATED, "stopped by SIGTERM"
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        status = FAILED
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            error.filename = "standard output"  # every other file is named by whoever writes it
        explained = explain(error)
        if explained is None:
            raise
        status, line = explained
    if status == INTERRUPTED:  # Typer turns Ctrl-C into this status
        line = "interrupted"
    if problem := _flush():
        status, line = status or FAILED, problem
    if line:
        report_error(line)
    sys.exit(status or 0)


def _open_streams() -> bool:
    """Whether standard output is open; what else is not leads nowhere, so that no file is opened in its place."""
    usable = sys.stdout is not None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115
    return usable


def _flush() -> str:
    """Write what waits for standard output; what keeps it from being written, if anything does."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again, and complains
        if not isinstance(error, BrokenPipeError):
            error.filename = "standard output"
            return str(error)
    return ""
