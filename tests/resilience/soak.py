"""Does reading leave memory where it was? python tests/resilience/soak.py --reads 100000"""

import argparse
import ctypes
import json
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from edgedigits import DigitReader
from edgedigits_data import load_mnist

# What caches may still take after the first tenth of the reads.
ALLOWED_MB = 1.0


def main() -> None:
    """Read pages of changing sizes, and compare the resident memory after a tenth of the reads with that at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=100_000)
    reads = parser.parse_args().reads
    cv2.setNumThreads(1)
    reader, images, random = DigitReader(), load_mnist("test").images, np.random.default_rng(0)
    started, marks, digits = time.monotonic(), [], 0
    for i in range(reads):
        page = np.full((random.integers(36, 56), random.integers(40, 80)), 240, np.uint8)
        for x in range(4, page.shape[1] - 31, 36):
            page[4:32, x : x + 28] -= (images[random.integers(len(images))] * 0.9).astype(np.uint8)
        digits += len(reader.read(page).digits)
        if (i + 1) % (reads // 10) == 0:
            marks.append(resident_mb())
    grown = max(marks[1:]) - marks[0]
    report = {"reads": reads, "digits": digits, "resident_mb": marks, "grown_mb": round(grown, 2)}
    print(json.dumps(report | {"seconds": round(time.monotonic() - started)}))
    sys.exit(grown > ALLOWED_MB or not digits)


def resident_mb() -> float:
    """This process' memory in use, without what the allocator only holds free: what is kept can be a leak."""
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 2)


if __name__ == "__main__":
    main()
