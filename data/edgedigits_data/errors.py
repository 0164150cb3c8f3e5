"""What can go wrong with data that a user hands in.

This package imports nothing of ours, so these are no `EdgeDigitsError`. The command line treats them alike, as they
carry the same `exit_status`.
"""

from typing import ClassVar


class DataError(Exception):
    """A data set is damaged or not what it says; the message names the file and the remedy, in one line.

    Attributes:
        exit_status: what the command line ends with, as in `edgedigits.errors`.
    """

    exit_status: ClassVar[int] = 1


class MissingDataError(DataError):
    """There is no data set of that name; another command line avoids it."""

    exit_status = 2
