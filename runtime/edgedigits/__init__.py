"""Reads handwritten digits on small machines. Needs numpy, OpenCV and LiteRT; imports no TensorFlow."""

from edgedigits._opencv import MAX_PIXELS as _MAX_PIXELS  # noqa: F401 (first: it must come before OpenCV)
from edgedigits._version import __version__
from edgedigits.annotate import annotate
from edgedigits.bundle import Bundle, load_bundle
from edgedigits.classifier import DigitClassifier, Prediction
from edgedigits.errors import BundleError, EdgeDigitsError, EngineError, PictureError
from edgedigits.page import Digit, Page
from edgedigits.reader import DigitReader

__all__ = [
    "Bundle",
    "BundleError",
    "Digit",
    "DigitClassifier",
    "DigitReader",
    "EdgeDigitsError",
    "EngineError",
    "Page",
    "PictureError",
    "Prediction",
    "__version__",
    "annotate",
    "load_bundle",
]
