"""What can go wrong with an export and is not a bug."""

from edgedigits.errors import EdgeDigitsError


class ExportError(EdgeDigitsError):
    """A model does not fit the pixel contract, or an artifact is not what its float model is."""
