"""Reads handwritten digits on small machines. Needs numpy, OpenCV and LiteRT; imports no TensorFlow.

Every name is imported when it is first used: who only asks for a bundle's facts does not wait for OpenCV.
"""

import os
import sys
from typing import TYPE_CHECKING

from edgedigits._names import MovedModules, names_on_demand
from edgedigits.imaging.opencv_limits import MAX_PIXELS as _MAX_PIXELS  # noqa: F401 (it must come before OpenCV)

# ONNX Runtime 1.32 reports to its maker, keeps a device number and writes a database, unless this is set beforehand.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# The modules that 0.1.0's documentation named.
_MOVED = {
    "edgedigits.normalize": "edgedigits.imaging.normalization",
    "edgedigits.pictures": "edgedigits.imaging.picture_files",
    "edgedigits.reader": "edgedigits.reading.reader",
}
sys.meta_path.append(MovedModules(_MOVED))

if TYPE_CHECKING:
    from edgedigits.api import read, watch
    from edgedigits.bundle.reading import Bundle, load_bundle
    from edgedigits.classifier import DigitClassifier, Prediction
    from edgedigits.errors import BundleError, EdgeDigitsError, EngineError, PictureError, SourceError
    from edgedigits.image_classifier import Classification, ImageClassifier
    from edgedigits.imaging.picture_files import load_picture
    from edgedigits.live.reader import LiveFrame
    from edgedigits.page import Box, Digit, Page, annotate
    from edgedigits.reading.heatmap.options import ReaderOptions
    from edgedigits.reading.reader import DigitReader

__version__ = "0.2.0"
__all__ = [
    "Box",
    "Bundle",
    "BundleError",
    "Classification",
    "Digit",
    "DigitClassifier",
    "DigitReader",
    "EdgeDigitsError",
    "EngineError",
    "ImageClassifier",
    "LiveFrame",
    "Page",
    "PictureError",
    "Prediction",
    "ReaderOptions",
    "SourceError",
    "__version__",
    "annotate",
    "load_bundle",
    "load_picture",
    "read",
    "watch",
]
__getattr__, __dir__ = names_on_demand(
    __name__,
    {
        "api": ("read", "watch"),
        "image_classifier": ("Classification", "ImageClassifier"),
        "imaging.picture_files": ("load_picture",),
        "live.reader": ("LiveFrame",),
        "bundle.reading": ("Bundle", "load_bundle"),
        "classifier": ("DigitClassifier", "Prediction"),
        "errors": ("BundleError", "EdgeDigitsError", "EngineError", "PictureError", "SourceError"),
        "page": ("Box", "Digit", "Page", "annotate"),
        "reading.heatmap.options": ("ReaderOptions",),
        "reading.reader": ("DigitReader",),
    },
)
