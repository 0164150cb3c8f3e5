"""Measures a page reader on labelled pictures: `python -m edgedigits_bench.accuracy.photos FOLDER`.

Prints errors by kind, by digit and by the size of what was read, exact pages, calibration, and the median time of one
read with one thread; `--sheet` shows the worst pages. The labels and counts are described in
docs/reference/photo-labels.md.

With `--peers rapidocr` another reader takes turns at the same pictures; of what it reads, only the digits count.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits import Digit, DigitReader, EdgeDigitsError, load_picture
from edgedigits.errors import PictureError
from edgedigits.imaging.picture_files import save_picture
from edgedigits_bench.accuracy.page_errors import PhotoResult, page_errors
from edgedigits_bench.accuracy.photo_labels import PhotoLabel, load_labels
from edgedigits_bench.peers.page_readers import PAGE_READERS, Read
from edgedigits_bench.report.photo_figures import photo_form, summarize
from edgedigits_bench.report.photo_report import contact_sheet, photo_table

Picture = NDArray[np.uint8]
# What a reader found on a picture: rows and, where it tells them, the digits one by one.
Answer = tuple[Sequence[str], Sequence[Digit]]
OURS = "edgedigits"


def read_photos(
    folder: Path, labels: Mapping[str, PhotoLabel], readers: Mapping[str, Callable[[Picture], Answer]]
) -> dict[str, list[PhotoResult]]:
    """Let readers take turns at each picture; a file that cannot be read is reported, and all its digits are missed.

    The first picture is read once more before, so that no reader's first call counts.
    """
    results: dict[str, list[PhotoResult]] = {name: [] for name in readers}
    warm = False
    for file, label in labels.items():
        try:
            picture = load_picture(folder / file)
        except PictureError as error:
            print(error, file=sys.stderr)
            for found in results.values():
                found.append(_result(file, label, ((), ()), None))
            continue
        for name, read in readers.items():
            if not warm:
                read(picture)
            started = time.perf_counter()
            answer = read(picture)
            results[name].append(_result(file, label, answer, (time.perf_counter() - started) * 1000))
        warm = True
    return results


def _result(name: str, label: PhotoLabel, answer: Answer, milliseconds: float | None) -> PhotoResult:
    rows, digits = answer
    errors = page_errors(rows, label, [digit.confidence for digit in digits])
    return PhotoResult(name, label, tuple(rows), tuple(digits), errors, milliseconds)


def own_reader() -> Callable[[Picture], Answer]:
    """The page reader that ships, with one thread."""
    reader = DigitReader(threads=1)

    def read(picture: Picture) -> Answer:
        page = reader.read(picture)
        return page.rows, page.digits

    return read


def peer_reader(read: Read) -> Callable[[Picture], Answer]:
    """A peer, which tells nothing but rows."""
    return lambda picture: (read(picture), ())


def main(arguments: Sequence[str] | None = None) -> int:
    """Score the readers; returns the exit status: 0 done, 1 some picture or label is unusable, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        "edgedigits_bench.accuracy.photos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="pictures with their labels")
    parser.add_argument(
        "--peers", nargs="+", choices=list(PAGE_READERS), default=[], help="other readers to compare with"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--sheet", type=Path, metavar="OUT.jpg", help="save a contact sheet of the worst pages")
    options = parser.parse_args(arguments)
    if options.sheet and options.sheet.suffix.lower() not in (".jpg", ".png"):
        parser.error(f"--sheet {options.sheet} must end with .jpg or .png")
    try:
        return _score(options.folder, options.peers, options.json, options.sheet)
    except EdgeDigitsError as error:
        print(error, file=sys.stderr)
        return error.exit_status


def _score(folder: Path, peers: Sequence[str], as_json: bool, sheet: Path | None) -> int:
    cv2.setNumThreads(1)
    labels = load_labels(folder)
    readers = {OURS: own_reader()}
    for peer in peers:
        name, load = PAGE_READERS[peer]
        readers[name] = peer_reader(load())
    results = read_photos(folder, labels, readers)
    figures = {name: summarize(found) for name, found in results.items()}
    form = photo_form(folder, results, figures)
    print(json.dumps(form) if as_json else photo_table(form))
    if sheet is not None:
        save_picture(sheet, contact_sheet(folder, results[OURS]))
    return int(any(result.milliseconds is None for result in results[OURS]))


if __name__ == "__main__":
    sys.exit(main())
