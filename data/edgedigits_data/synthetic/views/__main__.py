"""Look at views, and time them.

python -m edgedigits_data.synthetic.views --measure
python -m edgedigits_data.synthetic.views --sheet signs OUT.jpg      # or "all"
python -m edgedigits_data.synthetic.views --pages signs OUT.jpg
"""

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.synthetic.views.make import KINDS, make_page, make_view
from edgedigits_data.synthetic.views.names import CLASSES
from edgedigits_data.synthetic.views.sources import Sources, load_sources
from edgedigits_data.synthetic.views.view import View


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m edgedigits_data.synthetic.views", description="Views for training."
    )
    parser.add_argument("--sources", type=Path, help="what scripts/fetch_sources.py has fetched")
    parser.add_argument("--split", choices=("train", "validation"), default="train")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", action="store_true", help="views a second on one core, by kind")
    parser.add_argument(
        "--sheet", nargs=2, metavar=("KIND", "OUT"), help="a contact sheet of views of a kind, or of all"
    )
    parser.add_argument("--pages", nargs=2, metavar=("KIND", "OUT"), help="a contact sheet of whole pages of 640x480")
    parser.add_argument(
        "--sheets", type=Path, metavar="FOLDER", help="a small sheet for each kind, as in docs/research"
    )
    parser.add_argument("--bare", action="store_true", help="without boxes")
    parser.add_argument("--quality", type=int, default=70, help="of the JPEG")
    options = parser.parse_args()
    try:
        sources = load_sources(options.sources, options.split)
    except DataError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    if options.measure:
        measure(sources, options.seed)
    for kind in KINDS if options.sheets else ():
        picture = contact_sheet(sources, kind, options.seed, False, not options.bare, 16)
        cv2.imwrite(str(options.sheets / f"views-{kind}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 45])
    for wanted, pages in ((options.sheet, False), (options.pages, True)):
        if wanted:
            kind, out = wanted
            if kind not in (*KINDS, "all"):
                parser.error(f"no kind {kind!r}; choose from all, {', '.join(KINDS)}")
            picture = contact_sheet(sources, None if kind == "all" else kind, options.seed, pages, not options.bare)
            flags = [cv2.IMWRITE_JPEG_QUALITY, options.quality] if out.endswith("jpg") else []
            if not cv2.imwrite(out, picture, flags):
                print(f"{parser.prog}: cannot write {out}", file=sys.stderr)
                return 1
    return 0


def measure(sources: Sources, seed: int, count: int = 60) -> None:
    """Print milliseconds for a view of each kind, and views a second for the mix, on one core."""
    cv2.setNumThreads(1)
    for index in range(300):  # glyphs are drawn once and kept
        make_view(sources, seed, index)
    for kind in KINDS:
        start = time.process_time()
        for index in range(count):
            make_view(sources, seed + 1, index, kind=kind)
        print(f"{kind:12} {1000 * (time.process_time() - start) / count:6.1f} ms")
    start = time.process_time()
    for index in range(10 * count):
        make_view(sources, seed + 2, index)
    each = (time.process_time() - start) / (10 * count)
    print(f"{'all':12} {1000 * each:6.1f} ms, {1 / each:.0f} views a second")


def contact_sheet(
    sources: Sources, kind: str | None, seed: int, pages: bool, boxes: bool, count: int = 40
) -> NDArray[np.uint8]:
    """Views of a kind side by side, with what is known about them."""
    tiles = []
    for index in range(9 if pages else count):
        if pages:
            names = list(KINDS)
            tiles.append(
                annotated(make_page(sources, seed, index, kind or names[index % len(names)], (640, 480)), boxes)
            )
        else:
            tiles.append(annotated(make_view(sources, seed, index, kind=kind), boxes))
    across = 3 if pages else 8
    return np.vstack([np.hstack(tiles[first : first + across]) for first in range(0, len(tiles), across)])


def annotated(view: View, boxes: bool = True) -> NDArray[np.uint8]:
    """A view in colour: digits in green, what is ignored in orange, letters and signs in blue."""
    picture = cv2.cvtColor(view.image, cv2.COLOR_GRAY2BGR)
    for (x, y, width, height), name, ignored in zip(view.boxes, view.names, view.ignored, strict=True) if boxes else ():
        colour = (0, 140, 255) if ignored else (0, 190, 0) if name < 10 else (255, 120, 60)
        corner, end = (round(float(x)), round(float(y))), (round(float(x + width)), round(float(y + height)))
        cv2.rectangle(picture, corner, end, colour, 1)
        if name < 10 or not ignored:
            cv2.putText(
                picture, CLASSES[name], (corner[0], corner[1] - 1), cv2.FONT_HERSHEY_PLAIN, 0.65, colour, 1, cv2.LINE_AA
            )
    return np.asarray(picture, np.uint8)


if __name__ == "__main__":
    sys.exit(main())
