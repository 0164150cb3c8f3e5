"""The pictures that a command line means: files, folders, patterns, addresses, standard input."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgedigits.errors import EdgeDigitsError, PictureError
from edgedigits.imaging.picture_files import find_pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FETCH_SECONDS = 20.0  # for each step of a download: to connect, and between two pieces


def expand(sources: Iterable[str]) -> list[tuple[str, EdgeDigitsError | None]]:
    """Every picture that is meant, in the order given, with the error where one cannot be there."""
    found: list[tuple[str, EdgeDigitsError | None]] = []
    for source in sources:
        try:
            found += [(source, None)] if is_address(source) else [(path, None) for path in find_pictures(source)]
        except PictureError as error:
            found.append((source, error))
    return found


def is_address(source: str) -> bool:
    """Whether a source is fetched over the network."""
    return source.lower().startswith(("http://", "https://"))


def public_name(source: str) -> str:
    """A source's name for messages and results: an address without user, query and fragment, which may be secret."""
    if not is_address(source):
        return source
    parts = urlsplit(source)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def load(source: str) -> "NDArray[np.uint8]":
    """Decode a picture from wherever it is.

    Returns:
        uint8 BGR (height, width, 3).

    Raises:
        PictureError: if it cannot be had, or is not a picture.
    """
    from edgedigits.imaging.decoding import MAX_FILE_BYTES, decode_picture
    from edgedigits.imaging.picture_files import load_picture

    if source == "-":
        return decode_picture(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "standard input")
    if is_address(source):
        return decode_picture(fetch(source, MAX_FILE_BYTES + 1), public_name(source))
    return load_picture(source)


def fetch(address: str, most: int) -> bytes:
    """The first `most` bytes of what an http or https address gives.

    Raises:
        PictureError: if it gives nothing.
    """
    import http.client
    import urllib.error
    import urllib.request

    name = public_name(address)
    request = urllib.request.Request(address, headers={"Accept": "image/*", "User-Agent": "edgedigits"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=FETCH_SECONDS) as answer:  # noqa: S310 (http and https only)
            return bytes(answer.read(most))
    except urllib.error.HTTPError as error:
        raise PictureError(f"{name} cannot be fetched: the server answers {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise PictureError(f"{name} cannot be fetched: {reason}; check the address") from error
