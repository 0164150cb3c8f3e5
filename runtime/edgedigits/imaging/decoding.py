"""Decodes a picture file's bytes: upright as its EXIF says, transparent parts on white paper, 8 bits a channel."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import PictureError
from edgedigits.files.names import printable
from edgedigits.imaging.opencv_limits import is_out_of_memory
from edgedigits.imaging.picture_headers import ACCEPTED, PictureHeader, read_header

MAX_FILE_BYTES = 200_000_000
_ROWS_AT_ONCE = 64  # of a transparent picture, so that laying it on paper takes no picture's worth of memory


def decode_picture(content: bytes, name: str) -> NDArray[np.uint8]:
    """Decode a picture file.

    Args:
        content: the whole file, at most MAX_FILE_BYTES.
        name: what messages call it.

    Returns:
        uint8 (height, width, 3), BGR.

    Raises:
        PictureError: if it is of no accepted format, damaged, or would take too much memory or time.
    """
    name = printable(name)
    if len(content) > MAX_FILE_BYTES:
        raise PictureError(f"{name} is larger than {MAX_FILE_BYTES // 1_000_000} MB; shrink it first")
    header = read_header(content, name)
    unchanged = header.transparent or header.transparent_level is not None
    try:
        flag = cv2.IMREAD_UNCHANGED if unchanged else cv2.IMREAD_COLOR
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), flag)
        if decoded is None:
            _check_memory(header)  # which is what some decoders say when they get none
            raise PictureError(f"{name} is damaged, or an unusual {header.format}; convert it to a plain JPEG or PNG")
        if decoded.shape[0] * decoded.shape[1] > header.pixels:
            raise PictureError(f"{name} is damaged: it declares fewer pixels than it has; hand in another copy")
        return _on_paper(np.asarray(decoded), header) if unchanged else np.asarray(decoded, np.uint8)
    except (cv2.error, MemoryError) as error:
        if is_out_of_memory(error):
            taken = f"decoding takes {header.decoding_bytes // 1_000_000 + 1} MB"
            raise PictureError(f"{name} does not fit into memory: {taken}; shrink it first") from error
        raise PictureError(f"{name} is damaged; hand in another copy, as {ACCEPTED}") from error


def _check_memory(header: PictureHeader) -> None:
    """Raise MemoryError if what decoding may take is not to be had."""
    np.empty(header.decoding_bytes, np.uint8)


def _on_paper(picture: NDArray[np.uint8 | np.uint16], header: PictureHeader) -> NDArray[np.uint8]:
    """A picture as stored, 8 or 16 bits, grey, BGR or BGRA, laid on white paper and turned upright."""
    if picture.ndim == 2:
        picture = picture[..., np.newaxis]
    height, width, channels = picture.shape
    out = np.empty((width, height, 3) if header.orientation >= 5 else (height, width, 3), np.uint8)
    stored = _as_stored(out, header.orientation)
    for top in range(0, height, _ROWS_AT_ONCE):
        band = picture[top : top + _ROWS_AT_ONCE]
        if header.transparent_level is not None:
            band = np.where(band == header.transparent_level, np.iinfo(band.dtype).max, band)
        if band.dtype == np.uint16:
            band = (band >> 8).astype(np.uint8)
        colours = band[..., :3].astype(np.uint16)
        if channels == 4:
            alpha = band[..., 3:].astype(np.uint16)
            # TIFF's colours come multiplied by alpha already.
            weighted = colours * 255 if header.format == "TIFF" else colours * alpha
            colours = np.minimum((weighted + (255 - alpha) * 255 + 127) // 255, 255)
        stored[top : top + _ROWS_AT_ONCE] = colours
    return out


def _as_stored(upright: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """A view of an upright picture in which its pixels lie as a file with that EXIF orientation stores them."""
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    view = upright[::rows, ::columns]
    return view.transpose(1, 0, 2) if orientation >= 5 else view
