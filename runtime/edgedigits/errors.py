"""Every error that a user can cause, for all packages: one class a kind of mistake, each with its exit status.

A message is one line that names the file and the remedy. The command line prints it and ends with `exit_status`:
1 where an input could not be used or the accuracy gate failed, 2 for wrong usage, which is everything that a different
command line avoids. `edgedigits_data` may import nothing of ours, so its `DataError` carries the same attribute.
"""

from typing import ClassVar


class EdgeDigitsError(Exception):
    """Base of every error that a user can cause.

    Attributes:
        exit_status: what the command line ends with.
    """

    exit_status: ClassVar[int] = 1


class UsageError(EdgeDigitsError):
    """Another command line avoids it: an unknown name, a value out of range, options that exclude each other."""

    exit_status = 2


class MissingExtraError(UsageError):
    """A package is not installed; the message names the extra that brings it."""


class BundleError(EdgeDigitsError):
    """A bundle is incomplete or damaged, or cannot be written."""


class UnknownNameError(BundleError, UsageError):
    """There is no bundle of that name, or it has no such file, or no engine runs that file."""


class DestinationError(BundleError, UsageError):
    """Something else lies where a bundle is to be written."""


class OccupiedError(UsageError):
    """What this command did not write lies where its results are to go, or another process is writing there."""


class EngineError(EdgeDigitsError):
    """An engine refuses a model."""


class MissingEngineError(EngineError, MissingExtraError):
    """An engine is not installed."""


class PictureError(EdgeDigitsError):
    """A picture cannot be read, or is not one."""


class SourceError(EdgeDigitsError):
    """A camera, recording or stream cannot be opened or used."""


class TrainError(EdgeDigitsError):
    """A run's folder or model cannot be used, or a training broke."""


class ExportError(EdgeDigitsError):
    """A model does not fit the pixel contract, or an artifact is not what its float model is."""


class BenchError(EdgeDigitsError):
    """There is nothing to compare with, or a result file or a device cannot be used."""


class BatchError(EdgeDigitsError):
    """A batch cannot be read, or its results cannot be written."""


class ServeError(EdgeDigitsError):
    """A page cannot be served where it was asked for."""


class WindowError(EdgeDigitsError):
    """No window can be opened here."""


# Which extra brings a package, for the message when it is missing.
EXTRAS = {
    "onnxruntime": "onnx",
    "tensorflow": "train",
    "keras": "train",
    "tensorboard": "train",
    "tf2onnx": "train",
    "onnx": "train",
    "tflite_micro": "micro",
    "matplotlib": "bench",
    "jinja2": "bench",
    "ray": "cluster",
    "pyarrow": "batch",
    "paho": "mqtt",
    "rapidocr": "peers",
    "pytesseract": "peers",
}


def missing_extra(purpose: str, package: str) -> str:
    """The message for a package that is not installed.

    Args:
        purpose: what needs it, as the subject of the sentence.
        package: its import name, one of `EXTRAS`.
    """
    return f"{purpose} needs {package}, which is not installed: pip install 'edgedigits[{EXTRAS[package]}]'"
