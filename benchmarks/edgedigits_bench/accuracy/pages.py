"""Measures how well and how fast pages are read, beside other readers: `python -m edgedigits_bench.accuracy.pages`.

Accuracy is on the fixed synthetic set (`edgedigits_data.synthetic.scoring`); speed is one thread, the fastest and the
median of several reads of one picture, after a first read that is not counted. With `--pictures FOLDER` all readers
take turns at pictures of your own instead, for their time alone.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits import DigitReader, EdgeDigitsError, load_bundle
from edgedigits.imaging.normalization import shrunk, to_grey
from edgedigits.imaging.picture_files import find_pictures, load_picture
from edgedigits.reading.detector import BUNDLE, Detector
from edgedigits.reading.detector_scales import SIDES
from edgedigits_bench.peers.page_readers import Read, installed_readers
from edgedigits_bench.speed.latency import Effort, Stages, time_interleaved
from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker, SyntheticPage
from edgedigits_data.synthetic.scoring import PAGES, VERSION, PageScore, score_rows, scoring_pages

Picture = NDArray[np.uint8]
# Pictures to time: (width, height) and how many digits are on them.
TIMED = (((640, 480), 5), ((640, 480), 20), ((1280, 960), 20), ((1280, 960), 100), ((4000, 3000), 20))
RUNS = 15


def accuracy(read: Read, pages: Sequence[SyntheticPage]) -> dict[str, Any]:
    """Score a reader on pages: errors for each layout and altogether, and the seconds a page took."""
    total, by_layout, started = PageScore(), dict[str, PageScore](), time.perf_counter()
    for page in pages:
        score = score_rows(read(page.picture), page)
        total += score
        by_layout[page.layout] = by_layout.get(page.layout, PageScore()) + score
    seconds = (time.perf_counter() - started) / max(len(pages), 1)
    return {
        "set": VERSION,
        **asdict(total),
        "error_rate": round(total.error_rate, 4),
        "seconds_a_page": round(seconds, 4),
        "layouts": {name: asdict(score) for name, score in sorted(by_layout.items())},
    }


def speed(read: Read, runs: int = RUNS) -> list[dict[str, Any]]:
    """Time a reader on pages of known size and digit count."""
    maker = PageMaker(make_glyphs(load_mnist("test").balanced(200)))
    results = []
    for size, digits in TIMED:
        picture = timed_picture(maker, size, digits)
        found = sum(map(len, read(picture)))
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            read(picture)
            times.append((time.perf_counter() - started) * 1000)
        results.append(
            {
                "size": list(size),
                "digits": digits,
                "read": found,
                "runs": runs,
                "min_ms": round(min(times), 2),
                "p50_ms": round(float(np.median(times)), 2),
            }
        )
    return results


def detector_speed(effort: Effort | None = None) -> list[dict[str, Any]]:
    """Time the detector's artifacts by turns, one thread, at the sizes in which a 4:3 picture is looked at."""
    picture = timed_picture(PageMaker(make_glyphs(load_mnist("test").balanced(200))), (640, 480), 5)
    subjects: dict[tuple[str, int], Stages] = {}
    for artifact in load_bundle(BUNDLE).artifacts:
        detector = Detector(artifact)
        for side in SIDES:
            grey = shrunk(to_grey(picture), side / max(picture.shape))
            subjects[artifact, side] = [partial(_look, detector, grey)]
    found = time_interleaved(subjects, effort or Effort(calls=200), "detector")
    return [
        {"file": artifact, "side": side, **asdict(timing.total), "spread": timing.spread, "noisy": timing.noisy}
        for (artifact, side), timing in found.items()
    ]


def _look(detector: Detector, grey: Picture, _: None) -> None:
    detector.find(grey)


def timed_picture(maker: PageMaker, size: tuple[int, int], digits: int) -> Picture:
    """A page of `digits` digits: the first of a fixed sequence that has about so many."""
    small = (640, 480)
    for seed in range(10_000):
        page = maker.page(seed, small, "rows")
        if abs(len(page.digits) - digits) <= digits // 10 and not page.partial:
            return np.asarray(cv2.resize(page.picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    raise LookupError(f"no page has {digits} digits")


def readers() -> dict[str, Read]:
    """Ours and its peers."""
    cv2.setNumThreads(1)
    reader = DigitReader()
    return {"edgedigits": lambda picture: reader.read(picture).rows, **installed_readers()}


def measure(pages: int = PAGES) -> dict[str, Any]:
    """Our reader's accuracy and speed, and its peers' accuracy on the same pages."""
    subjects, chosen = readers(), list(scoring_pages(pages))
    return {
        "accuracy": {name: accuracy(read, chosen) for name, read in subjects.items()},
        "speed": speed(subjects["edgedigits"]),
        "detector": detector_speed(),
    }


def times_by_turns(subjects: Mapping[str, Read], pictures: Sequence[Picture]) -> dict[str, Any]:
    """How long each reader takes, all of them at one picture before the next; and how many times as long as the first.

    The ratios are the median over the pictures, each of one picture, so that they hold where the machine drifts.
    """
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for picture in pictures:
        for name, read in subjects.items():
            started = time.perf_counter()
            read(picture)
            seconds[name].append(time.perf_counter() - started)
    ours = np.array(next(iter(seconds.values())))
    return {
        "pictures": len(pictures),
        "seconds_a_picture": {name: round(float(np.median(found)), 4) for name, found in seconds.items()},
        "times_ours": {name: round(float(np.median(found / ours)), 1) for name, found in seconds.items()},
    }


def main() -> None:
    """Measure; prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", metavar="FOLDER", help="time all readers on these instead")
    folder = parser.parse_args().pictures
    if not folder:
        print(json.dumps(measure(), indent=1))
        return
    try:
        pictures = [load_picture(path) for path in find_pictures(folder)]
    except EdgeDigitsError as error:
        raise SystemExit(str(error)) from error
    subjects = readers()
    for read in subjects.values():  # the first read of all is not counted
        read(pictures[0])
    print(json.dumps(times_by_turns(subjects, pictures)))


if __name__ == "__main__":
    main()
