"""What was read on each picture, on standard output: rows, JSON Lines or CSV."""

import sys
from dataclasses import replace
from typing import Literal

import typer

from edgedigits.errors import PictureError
from edgedigits.files.names import printable
from edgedigits.imaging.opencv_limits import is_out_of_memory
from edgedigits.page import Page, UnreadableForm
from edgedigits_apps.console import emit, report_error

Form = Literal["rows", "json", "csv"]


class Results:
    """Prints pages as they are read, and remembers whether one could not be."""

    def __init__(self, form: Form, headings: bool) -> None:
        """Choose the form.

        Args:
            form: rows as text, one JSON object a line, or CSV with one line for each digit.
            headings: whether rows stand below their picture's name.
        """
        self._form, self._headings = form, headings
        self._begun = False
        self.failed = False

    def page(self, page: Page, source: str, milliseconds: float) -> None:
        """Print what was read on a picture."""
        page = replace(page, source=source, milliseconds=milliseconds)
        if self._form == "json":
            emit(page.to_dict())
        elif self._form == "csv":
            sys.stdout.write(page.to_csv(header=not self._begun))
            sys.stdout.flush()
        else:
            heading = f"{printable(source)}:\n" if self._headings else ""
            typer.echo(heading + (page.text or "(no digits)"))
        self._begun = True

    def failure(self, source: str, error: Exception) -> None:
        """Report a picture that could not be read."""
        self.failed = True
        if is_out_of_memory(error):
            error = PictureError(f"{printable(source)} does not fit into memory; shrink it first")
        if self._form == "json":
            form: UnreadableForm = {"source": source, "error": " ".join(str(error).split())}
            emit(form)
        else:
            report_error(error)
