"""Small pages, and the results of a batch of them."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgedigits_data import load_mnist

READER = {"artifact": "int8.tflite", "artifact_sha256": "0"}


def draw(folder: Path, count: int, digits: int = 2) -> Path:
    """Small pages with a few digits each, and one file that is none."""
    folder.mkdir()
    random, images = np.random.default_rng(0), load_mnist("test").images
    for i in range(count):
        page = np.full((60, 20 + 40 * digits), 245, np.uint8)
        for x in range(16, 40 * digits, 40):
            page[16:44, x : x + 28] -= (images[random.integers(len(images))] * 0.9).astype(np.uint8)
        cv2.imwrite(str(folder / f"{i:06}.png"), page)
    (folder / "no picture.png").write_bytes(b"nonsense")
    return folder


def table(out: Path) -> dict[str, dict[str, Any]]:
    """All rows by their source; no source may occur twice."""
    import pyarrow.parquet

    rows = [row for part in sorted(out.glob("part-*.parquet")) for row in pyarrow.parquet.read_table(part).to_pylist()]
    found = {row["source"]: row for row in rows}
    assert len(found) == len(rows)
    return found
