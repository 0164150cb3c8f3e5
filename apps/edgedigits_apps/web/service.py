"""What the drawing page asks: pictures come as files in memory, answers go as JSON. Nothing is written to disk."""

import base64
import statistics
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits import Bundle, DigitClassifier, DigitReader, EngineError, PictureError, load_bundle
from edgedigits.imaging.decoding import decode_picture
from edgedigits.imaging.normalization import to_image
from edgedigits.imaging.picture_headers import read_header

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
ANNOTATED_SIDE = 1600  # pixels; what a screen can show
TIMED_RUNS = 20
NAME = "this file"  # what messages call a picture


class WebService:
    """The bundle's models behind the page; safe to use from several threads."""

    def __init__(self, bundle: str | Path | Bundle = "edge", photos: str | Path | Bundle | None = None) -> None:
        """Load what answers.

        Args:
            bundle: what names a drawn digit.
            photos: what names the digits of a photo; the same by default.

        Raises:
            BundleError: if the bundle is missing or damaged.
            EngineError: if LiteRT is not installed or refuses the default artifact.
        """
        self.bundle = bundle if isinstance(bundle, Bundle) else load_bundle(bundle)
        self._classifier = DigitClassifier(self.bundle)
        self._reader = DigitReader(photos or self.bundle)
        self._artifacts = {name: _open(self.bundle, name) for name in self.bundle.artifacts}

    def classify(self, content: bytes) -> dict[str, Any]:
        """Name the digit on a picture of one digit, and show the image that the model saw.

        Args:
            content: a picture file's bytes.

        Returns:
            `digit` (0 to 9, or None for what is not a digit), `confidence`, `top` ([[digit, probability], ...]),
            `image` (784 grey levels of 28 rows, 0 = paper, 255 = ink) and `milliseconds`.

        Raises:
            PictureError: if it is not a picture, or too large.
        """
        pixels = decode(content)
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

    def compare(self, content: bytes) -> dict[str, Any]:
        """Ask every artifact of the bundle about the same picture.

        Args:
            content: a picture file's bytes.

        Returns:
            `image` as from `classify`, and `artifacts`: for each its `file`, `size_bytes` and either `error`, or
            `engine`, `digit`, `confidence` and `microseconds` (median of one call for one image).

        Raises:
            PictureError: if it is not a picture, or too large.
        """
        image = to_image(decode(content))
        rows = [
            {
                "file": name,
                "size_bytes": self.bundle.files[name]["size_bytes"],
                **({"error": str(model)} if isinstance(model, EngineError) else _timed(model, image[np.newaxis])),
            }
            for name, model in self._artifacts.items()
        ]
        return {"image": image.ravel().tolist(), "artifacts": rows}

    def read(self, content: bytes, annotated: bool = False) -> dict[str, Any]:
        """Read the digits on a photo.

        Args:
            content: a picture file's bytes.
            annotated: whether to add the picture with a box around each digit.

        Returns:
            What `edgedigits read --json` prints, without `source`; and `annotated`, a JPEG as a data URL.

        Raises:
            PictureError: if it is not a picture, or too large.
        """
        pixels = decode(content)
        start = time.perf_counter()
        page = self._reader.read(pixels)
        milliseconds = (time.perf_counter() - start) * 1000
        answer = {**page.to_dict(), "milliseconds": round(milliseconds, 1)}
        if annotated:
            answer["annotated"] = _jpeg(page.annotate(pixels))
        return answer


def decode(content: bytes) -> NDArray[np.uint8]:
    """Decode a picture file.

    Returns:
        uint8 (height, width, 3), BGR.

    Raises:
        PictureError: if it is not a picture, or larger than MAX_BYTES or MAX_PIXELS.
    """
    pixels_of(content)
    return decode_picture(content, NAME)


def pixels_of(content: bytes) -> int:
    """How many pixels a picture says it has, found without decoding it.

    Raises:
        PictureError: if it is no picture that is read, or larger than MAX_BYTES or MAX_PIXELS.
    """
    if len(content) > MAX_BYTES:
        raise PictureError(f"the picture is larger than {MAX_BYTES // 1_000_000} MB; shrink it first")
    pixels = read_header(content, NAME).pixels
    if pixels > MAX_PIXELS:
        raise PictureError(f"the picture has more than {MAX_PIXELS // 1_000_000} megapixels; shrink it first")
    return pixels


def _open(bundle: Bundle, artifact: str) -> DigitClassifier | EngineError:
    try:
        return DigitClassifier(bundle, artifact)
    except EngineError as error:  # an engine that is not installed is a row of the table, not the end of the page
        return error


def _timed(model: DigitClassifier, images: NDArray[np.uint8]) -> dict[str, Any]:
    prediction = model.predict(images)[0]  # the first call warms up
    times = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        model.probabilities(images)
        times.append(time.perf_counter() - start)
    return {
        "engine": model.engine,
        "digit": prediction.digit,
        "confidence": prediction.confidence,
        "microseconds": round(statistics.median(times) * 1e6, 1),
    }


def _jpeg(picture: NDArray[np.uint8]) -> str:
    scale = ANNOTATED_SIDE / max(picture.shape[:2])
    if scale < 1:
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
