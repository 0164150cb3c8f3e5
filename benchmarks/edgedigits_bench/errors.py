"""What can go wrong with a benchmark and is not a bug."""

from edgedigits.errors import EdgeDigitsError


class BenchError(EdgeDigitsError):
    """There is nothing to compare with, or a result file or a device cannot be used; one line with the remedy."""
