"""Picture files: found, read, and written."""

import glob
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import PictureError
from edgedigits.files.names import printable
from edgedigits.files.opening import read_regular
from edgedigits.imaging.decoding import MAX_FILE_BYTES, decode_picture

_READ = "bmp dib gif jpe jpeg jpg pbm pgm png pnm ppm tif tiff webp"
# Found in folders as well, so that a person hears what to do with them instead of missing them.
_REFUSED = "avif exr hdr heic heif jp2 jxl"
ENDINGS = frozenset("." + ending for ending in f"{_READ} {_REFUSED}".split())


def load_picture(path: str | Path) -> NDArray[np.uint8]:
    """Decode a picture file.

    Returns:
        uint8 (height, width, 3), BGR, turned upright as its EXIF orientation says; transparent parts are white.

    Raises:
        PictureError: if the file is missing, not a regular file, not a picture, or too large.
    """
    try:
        content = read_regular(path, MAX_FILE_BYTES)
    except OSError as error:
        raise PictureError(f"{printable(path)} cannot be read: {error.strerror}") from error
    return decode_picture(content, str(path))


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
        found = _matches(path)
        if not found:
            raise PictureError(f"{printable(source)} matches no file; check the pattern")
        return sorted(found)
    return [source]


def _matches(pattern: Path) -> list[str]:
    """The files that a pattern matches, as a shell has it: hidden ones only where it says so.

    `**` does not follow links to folders: two links to "." would make it go on for ever.
    """
    relative = pattern.relative_to(pattern.anchor)
    hidden = any(part.startswith(".") for part in relative.parts)
    found = (path for path in Path(pattern.anchor).glob(str(relative)) if not path.is_dir())
    return [str(path) for path in found if hidden or not any(part.startswith(".") for part in path.parts)]


def save_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture, grey or BGR, in the format of the file's ending; its folder is made if need be.

    Raises:
        PictureError: if the disk refuses.
    """
    from edgedigits.files.atomic import write_whole

    encoded = cv2.imencode(path.suffix, picture)[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, encoded.tobytes())
    except OSError as error:
        raise PictureError(f"{printable(path)} cannot be written: {error.strerror}") from error
