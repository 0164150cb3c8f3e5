"""What can go wrong and is not a bug: every message is one line that names the file and the remedy."""


class EdgeDigitsError(Exception):
    """Base of every error that a user can cause."""


class BundleError(EdgeDigitsError):
    """A bundle is missing, incomplete or damaged."""


class EngineError(EdgeDigitsError):
    """An engine is not installed, or refuses a model."""


class PictureError(EdgeDigitsError):
    """A picture cannot be read, or is not one."""


class SourceError(EdgeDigitsError):
    """A camera, recording or stream cannot be opened or used."""
