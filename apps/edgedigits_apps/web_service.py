"""What the drawing page asks: pictures come as base64, answers go as JSON. Nothing is written to disk."""

import base64
import binascii
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits import Bundle, DigitClassifier, PictureError, load_bundle
from edgedigits.normalize import to_image
from edgedigits.pictures import decode_picture

MAX_BYTES = 20_000_000


class WebService:
    """The bundle's models behind the page; safe to use from several threads."""

    def __init__(self, bundle: str | Path | Bundle = "edge") -> None:
        """Load what answers.

        Raises:
            BundleError: if the bundle is missing or damaged.
            EngineError: if an engine is not installed or refuses an artifact.
        """
        self.bundle = bundle if isinstance(bundle, Bundle) else load_bundle(bundle)
        self._classifier = DigitClassifier(self.bundle)

    def classify(self, picture: str) -> dict[str, Any]:
        """Name the digit on a picture of one digit, and show the image that the model saw.

        Args:
            picture: a picture file, base64 or a data URL.

        Returns:
            `digit` (0 to 9, or None for what is not a digit), `confidence`, `top` ([[digit, probability], ...]),
            `image` (784 grey levels of 28 rows, 0 = paper, 255 = ink) and `milliseconds`.

        Raises:
            PictureError: if it is not a picture, or too large.
        """
        pixels = decode(picture)
        start = time.perf_counter()
        image = to_image(pixels)
        prediction = self._classifier.predict(image[np.newaxis])[0]
        milliseconds = (time.perf_counter() - start) * 1000
        return {
            "digit": prediction.digit,
            "confidence": prediction.confidence,
            "top": [list(pair) for pair in prediction.top],
            "image": image.ravel().tolist(),
            "milliseconds": round(milliseconds, 2),
        }


def decode(picture: str) -> NDArray[np.uint8]:
    """Decode a picture file that comes as base64 or as a data URL.

    Returns:
        uint8 (height, width, 3), BGR.

    Raises:
        PictureError: if it is not a picture, or too large.
    """
    text = picture.partition(",")[2] if picture.startswith("data:") else picture
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise PictureError(f"the picture is larger than {MAX_BYTES // 1_000_000} MB; shrink it first")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError("the picture is not base64; send a picture file's bytes as base64") from error
    return decode_picture(content, "the picture")
