"""Reads handwritten digits on small machines. Needs numpy, OpenCV and LiteRT; imports no TensorFlow.

Every name is imported when it is first used: who only asks for a bundle's facts does not wait for OpenCV.
"""

from typing import TYPE_CHECKING

from edgedigits._names import names_on_demand
from edgedigits._version import __version__
from edgedigits.imaging.opencv_limits import MAX_PIXELS as _MAX_PIXELS  # noqa: F401 (it must come before OpenCV)

if TYPE_CHECKING:
    from edgedigits.bundle.reading import Bundle, load_bundle
    from edgedigits.classifier import DigitClassifier, Prediction
    from edgedigits.errors import BundleError, EdgeDigitsError, EngineError, PictureError
    from edgedigits.imaging.annotation import annotate
    from edgedigits.page import Digit, Page
    from edgedigits.reading.reader import DigitReader

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
__getattr__, __dir__ = names_on_demand(
    __name__,
    {
        "imaging.annotation": ("annotate",),
        "bundle.reading": ("Bundle", "load_bundle"),
        "classifier": ("DigitClassifier", "Prediction"),
        "errors": ("BundleError", "EdgeDigitsError", "EngineError", "PictureError"),
        "page": ("Digit", "Page"),
        "reading.reader": ("DigitReader",),
    },
)
