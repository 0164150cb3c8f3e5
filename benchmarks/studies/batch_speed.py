"""How much faster are two workers of a batch than one? python benchmarks/studies/batch_speed.py [--pages 800]

One worker and two take turns at the same synthetic pages, by `edgedigits batch` as a user starts it. What counts is the
pace while every worker is at work: how long Ray takes to start, and who reads the last part, says nothing about
millions. It needs two idle cores, else the figure is the machine's, and the extra `batch`.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

from edgedigits_data.synthetic.scoring import scoring_pages

PART = 20
DIFFERENT = 12
# The first parts are left out: in them the workers load what they need.
WARM_UP = 4


def main() -> None:
    """Measure; prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=800, help=f"in a batch, at least {PART * (WARM_UP + 2)}")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.pages < PART * (WARM_UP + 2):
        parser.error(f"--pages must be at least {PART * (WARM_UP + 2)}")
    with tempfile.TemporaryDirectory() as folder:
        pages = draw(Path(folder) / "pages", options.pages)
        paces: dict[int, list[float]] = {1: [], 2: []}
        for number in range(options.rounds):
            for workers, found in paces.items():
                found.append(pace(pages, Path(folder) / f"{number}-{workers}", workers))
                print(f"round {number + 1}, workers {workers}: {found[-1]:.1f} pages a second", file=sys.stderr)
    ratios = [two / one for one, two in zip(paces[1], paces[2], strict=True)]
    result = {
        "pages": options.pages,
        "pages_per_second": {workers: [round(each, 1) for each in found] for workers, found in paces.items()},
        "ratios": [round(ratio, 2) for ratio in ratios],
        "median_ratio": round(statistics.median(ratios), 2),
    }
    print(json.dumps(result))


def draw(folder: Path, count: int) -> Path:
    """A few synthetic pages, again and again under new names."""
    folder.mkdir()
    contents = [cv2.imencode(".png", page.picture)[1].tobytes() for page in scoring_pages(DIFFERENT)]
    for i in range(count):
        (folder / f"{i:06}.png").write_bytes(contents[i % DIFFERENT])
    return folder


def pace(pages: Path, out: Path, workers: int) -> float:
    """Pages a second while every worker is at work: until only the last parts are left, one for each other worker."""
    options = ["--workers", str(workers), "--part", str(PART), "--json"]
    command = [sys.executable, "-m", "edgedigits_apps", "batch", str(pages), str(out), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - named above
    finished = sorted(part.stat().st_mtime for part in out.glob("part-*"))
    finished = finished[WARM_UP - 1 : len(finished) - (workers - 1)]
    return PART * (len(finished) - 1) / (finished[-1] - finished[0])


if __name__ == "__main__":
    main()
