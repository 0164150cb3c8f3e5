"""Reads handwritten digits on small machines. Needs numpy, OpenCV and LiteRT; imports no TensorFlow.

Every name is imported when it is first used: who only asks for a bundle's facts does not wait for OpenCV.
"""

import importlib
from typing import TYPE_CHECKING, Any

from edgedigits._opencv import MAX_PIXELS as _MAX_PIXELS  # noqa: F401 (it must come before OpenCV)
from edgedigits._version import __version__

if TYPE_CHECKING:
    from edgedigits.bundle import Bundle, load_bundle
    from edgedigits.classifier import DigitClassifier, Prediction
    from edgedigits.drawing import annotate
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
_MODULES = {
    "drawing": ("annotate",),
    "bundle": ("Bundle", "load_bundle"),
    "classifier": ("DigitClassifier", "Prediction"),
    "errors": ("BundleError", "EdgeDigitsError", "EngineError", "PictureError"),
    "page": ("Digit", "Page"),
    "reader": ("DigitReader",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value  # found at once the next time
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
