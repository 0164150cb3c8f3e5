"""What can go wrong in a training that a user asked for."""

from edgedigits_data import DataError


class TrainError(DataError):
    """Settings that cannot work, or a run that broke; the message names the remedy, in one line."""
