"""Reads handwritten digits on small machines. Needs numpy, OpenCV and LiteRT; imports no TensorFlow."""

from edgedigits._opencv import MAX_PIXELS as _MAX_PIXELS  # noqa: F401 (first: it must come before OpenCV)
from edgedigits._version import __version__
from edgedigits.bundle import Bundle, load_bundle
from edgedigits.classifier import DigitClassifier, Prediction
from edgedigits.errors import BundleError, EdgeDigitsError, EngineError, PictureError

__all__ = [
    "Bundle",
    "BundleError",
    "DigitClassifier",
    "EdgeDigitsError",
    "EngineError",
    "PictureError",
    "Prediction",
    "__version__",
    "load_bundle",
]
