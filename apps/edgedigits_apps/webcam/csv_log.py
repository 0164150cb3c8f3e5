"""Readings appended to a CSV file, a whole line at a time, so that a kill leaves whole lines."""

import csv
import io
import os
from pathlib import Path

from edgedigits_apps.console import usage_error
from edgedigits_apps.webcam.readings import AcceptedReading

COLUMNS = ("time", "region", "value", "rows", "confidence", "frame")


class CsvLog:
    """Appends readings to a file; use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        """Open the file, and write the header where it is new.

        Raises:
            Exit: if the file is there and is not such a log, or cannot be opened.
        """
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)
            size = os.fstat(self._file).st_size
            beginning = os.pread(self._file, len(_line(COLUMNS)), 0)
            last = os.pread(self._file, 1, max(size - 1, 0))
        except OSError as error:
            raise usage_error(f"{path} cannot be written: {error.strerror}; name another file") from error
        if size and beginning != _line(COLUMNS):
            os.close(self._file)
            raise usage_error(f"{path} is not a log of readings, and is left alone; name another file")
        if not size:
            os.write(self._file, _line(COLUMNS))
        elif last != b"\n":  # a power cut in the middle of a line
            os.write(self._file, b"\r\n")

    def __enter__(self) -> "CsvLog":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def take(self, accepted: AcceptedReading) -> None:
        """Append a line in one write, which other processes' lines do not mix with."""
        reading = accepted.reading
        os.write(
            self._file,
            _line(
                (
                    accepted.when.isoformat(timespec="milliseconds"),
                    accepted.region,
                    accepted.value,
                    " ".join(reading.page.rows),
                    round(reading.confidence, 4),
                    reading.frame,
                )
            ),
        )


def _line(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
