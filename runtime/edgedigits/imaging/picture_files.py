"""Picture files: found, bounded and decoded, upright as their EXIF says."""

import glob
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import PictureError
from edgedigits.imaging.opencv_limits import MAX_PIXELS, is_out_of_memory

MAX_FILE_BYTES = 200_000_000
_ENDINGS = "avif bmp dib exr gif hdr jp2 jpe jpeg jpg pbm pgm png pnm ppm ras sr tif tiff webp"
ENDINGS = frozenset("." + ending for ending in _ENDINGS.split())
PNG = b"\x89PNG\r\n\x1a\n"
# What people try and OpenCV cannot read, by how the file begins: (offset, bytes, what it is, what to do).
FOREIGN = [
    (4, b"ftyphei", "HEIC", "convert it to JPEG first, as with: heif-convert picture.heic picture.jpg"),
    (4, b"ftypmif1", "HEIF", "convert it to JPEG first, as with: heif-convert picture.heic picture.jpg"),
    (0, b"%PDF", "PDF", "make a picture of each page first, as with: pdftoppm -png -r 150 document.pdf page"),
    (0, b"<svg", "SVG", "make a PNG of it first, as with: rsvg-convert drawing.svg -o drawing.png"),
]


def load_picture(path: str | Path) -> NDArray[np.uint8]:
    """Decode a picture file.

    Returns:
        uint8 (height, width, 3), BGR, turned upright as its EXIF orientation says.

    Raises:
        PictureError: if the file is missing, not a picture, or too large.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PictureError(f"{printable(path)} cannot be read: {reason}") from error
    return decode_picture(content, str(path))


def decode_picture(content: bytes, name: str) -> NDArray[np.uint8]:
    """Decode a picture from memory; `name` is what messages call it. Returns and raises as `load_picture`."""
    name = printable(name)
    if len(content) > MAX_FILE_BYTES:
        raise PictureError(f"{name} is larger than {MAX_FILE_BYTES // 1_000_000} MB; shrink it first")
    for offset, magic, kind, remedy in FOREIGN:
        if content[offset : offset + len(magic)] == magic:
            raise PictureError(f"{name} is {kind}, which is not read; {remedy}")
    if not content:
        raise PictureError(f"{name} is empty; hand in a picture")
    if content.startswith(PNG) and not _chunks_end(content):
        raise PictureError(f"{name} is damaged: it ends before its picture does; hand in another copy")
    too_large = f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels; shrink it first"
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "MAX_IMAGE_PIXELS" in str(error):
            raise PictureError(too_large) from error
        if is_out_of_memory(error):
            raise PictureError(f"{name} does not fit into memory; shrink it first") from error
        raise PictureError(f"{name} is damaged; hand in another copy") from error
    except MemoryError as error:
        raise PictureError(f"{name} does not fit into memory; shrink it first") from error
    if picture is None:
        raise PictureError(f"{name} is not a picture that OpenCV can read, or is damaged; convert it to JPEG or PNG")
    if picture.shape[0] * picture.shape[1] > MAX_PIXELS:  # OpenCV was imported before the limit could be set
        raise PictureError(too_large)
    return np.asarray(picture, np.uint8)


def _chunks_end(content: bytes) -> bool:
    """Whether each chunk of a PNG is there in full; OpenCV first takes the memory, up to 4 GB, that one declares."""
    at, kind = len(PNG), b""
    while kind != b"IEND" and at < len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        at += length + 12  # with its length, name and checksum
    return kind == b"IEND" and at <= len(content)


def find_pictures(source: str) -> list[str]:
    """The picture files behind a file, a folder or a glob pattern, sorted by name.

    A file that does not exist is passed on, so that reading it says so.

    Raises:
        PictureError: for a folder without pictures, or a pattern that matches nothing.
    """
    path = Path(source)
    if path.is_dir():
        found = [str(entry) for entry in path.iterdir() if entry.suffix.lower() in ENDINGS]
        if not found:
            raise PictureError(f"{printable(source)} is a folder without pictures; name one that has some")
        return sorted(found)
    if glob.has_magic(source) and not path.exists():
        found = glob.glob(source, recursive=True)  # noqa: PTH207 (a user's pattern, absolute or not)
        if not found:
            raise PictureError(f"{printable(source)} matches no file; check the pattern")
        return sorted(found)
    return [source]


def printable(name: object) -> str:
    """A file's name on one line, whatever characters it has."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(name))


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, grey or BGR, in the format of the file's ending; its folder is made if need be.

    Raises:
        PictureError: if the disk refuses.
    """
    from edgedigits.atomic import write_whole

    encoded = cv2.imencode(path.suffix, picture)[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, encoded.tobytes())
    except OSError as error:
        raise PictureError(f"{printable(path)} cannot be written: {error.strerror}") from error
