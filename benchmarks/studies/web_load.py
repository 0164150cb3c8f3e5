"""Do drawings wait for photos? Real server, 120 photos at once: python benchmarks/studies/web_load.py

120 clients each send a photo of a page and wait; meanwhile one person draws, and asks anew as soon as the last drawing
is answered. Then all 120 leave, and one more photo is sent: places that are freed are worth as much as if nobody had
been there. Prints one JSON object.
"""

import argparse
import http.client
import json
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from edgedigits_bench.speed.drawing_page import served
from edgedigits_data import load_mnist

PHOTOS = 120
SECONDS = 20.0


def drawing() -> bytes:
    """A PNG as the page sends it."""
    image = cv2.resize(255 - load_mnist("validation").images[0], (320, 320))
    return cv2.imencode(".png", image)[1].tobytes()


def photo() -> bytes:
    """A JPEG of 12 megapixels with 40 digits."""
    page = np.full((3000, 4000), 225, np.uint8)
    for i, image in enumerate(load_mnist("validation").images[:40]):
        y, x = 200 + 500 * (i // 8), 200 + 460 * (i % 8)
        page[y : y + 280, x : x + 280] -= cv2.resize(image, (280, 280)) // 5 * 4
    return cv2.imencode(".jpg", page)[1].tobytes()


def ask(place: str, name: str, body: bytes) -> float:
    """How long an answer takes, milliseconds; the connection is a new one."""
    start = time.perf_counter()
    with closing(http.client.HTTPConnection(place, timeout=600)) as connection:
        connection.request("POST", f"/api/{name}", body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{name}: {answer.status}")
    return (time.perf_counter() - start) * 1000


def peak_megabytes(process: int) -> float:
    """The most memory that a process has had."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def summary(waits: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and the longest, milliseconds."""
    p50, p95 = np.percentile(waits, [50, 95])
    return {"count": len(waits), "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "max_ms": round(max(waits), 1)}


def measure(place: str, process: int, photos: int, seconds: float) -> dict[str, object]:
    """The whole experiment, on a server that answers already."""
    small, large = drawing(), photo()
    alone = [ask(place, "classify", small) for _ in range(50)]
    photo_alone = statistics.median(ask(place, "read", large) for _ in range(3))
    with ExitStack() as stack:
        waiting = [stack.enter_context(closing(http.client.HTTPConnection(place, timeout=600))) for _ in range(photos)]
        senders = [threading.Thread(target=one.request, args=("POST", "/api/read", large)) for one in waiting]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        until, waits = time.monotonic() + seconds, []
        while time.monotonic() < until:
            waits.append(ask(place, "classify", small))
    return {
        "photos_waiting": photos,
        "drawing_alone": summary(alone),
        "drawing_beside_photos": summary(waits),
        "photo_alone_ms": round(photo_alone),
        "photo_after_all_left_ms": round(ask(place, "read", large)),
        "peak_rss_mb": round(peak_megabytes(process)),
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    started: list[subprocess.Popen[str]] = []
    with served(started) as address:
        place = urlsplit(address).netloc
        print(json.dumps(measure(place, started[0].pid, options.photos, options.seconds)))


if __name__ == "__main__":
    main()
