"""Other readers of pages, each with one thread, as a function from a picture to its rows of digits."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import MissingExtraError, missing_extra

Read = Callable[[NDArray[np.uint8]], Sequence[str]]


def rapidocr() -> Read:
    """RapidOCR's digits: those of each line of text that it finds, all other characters left out.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise MissingExtraError(missing_extra("the comparison with RapidOCR", "rapidocr")) from error
    threads = {f"EngineConfig.onnxruntime.{which}_op_num_threads": 1 for which in ("intra", "inter")}
    engine: Any = RapidOCR(params={**threads, "Global.log_level": "critical"})
    return lambda picture: digits_of(engine(picture).txts or ())


def tesseract() -> Read:
    """Tesseract's digits, of one block of text.

    Raises:
        MissingExtraError: if the package or the program is not installed.
    """
    try:
        import pytesseract

        pytesseract.get_tesseract_version()
    except ImportError as error:
        raise MissingExtraError(missing_extra("the comparison with Tesseract", "pytesseract")) from error
    except OSError as error:
        raise MissingExtraError("the comparison with Tesseract needs the program tesseract; install it") from error
    options = "--psm 6 -c tessedit_char_whitelist=0123456789"
    return lambda picture: digits_of(pytesseract.image_to_string(picture, config=options).split("\n"))


# By the name on the command line: the name in a table, and what loads the reader.
PAGE_READERS: dict[str, tuple[str, Callable[[], Read]]] = {
    "rapidocr": ("RapidOCR", rapidocr),
    "tesseract": ("Tesseract", tesseract),
}


def installed_readers() -> dict[str, Read]:
    """All that are installed, by their names in a table."""
    found = {}
    for name, load in PAGE_READERS.values():
        try:
            found[name] = load()
        except MissingExtraError:
            continue
    return found


def digits_of(lines: Sequence[str]) -> list[str]:
    """The digits 0 to 9 of each line that has any."""
    rows = ["".join(c for c in line if c in "0123456789") for line in lines]
    return [row for row in rows if row]
