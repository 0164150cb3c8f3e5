"""What can go wrong with data that a user hands in."""


class DataError(Exception):
    """A data set is missing, damaged or not what it says; the message names the file and the remedy, in one line."""
