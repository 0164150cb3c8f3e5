"""Records what users get, to be compared with later versions: python tests/unchanged/record.py > answers.json

Uses only what 0.1.0 made public, so that it runs in any checkout; `answers.json` was written at commit 13c2795, before
the modules were moved. Pages and clip are drawn here and not by edgedigits_data, whose pages may change.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits import DigitClassifier, load_bundle
from edgedigits_data import Split, load_mnist

BUNDLES, IMAGES, EXACT_IMAGES, PAGES, FRAMES = ("edge", "nano"), 1000, 5, 20, 24


def record() -> dict[str, Any]:
    """The answers of the shipped classifiers, and what `read` and `webcam` print."""
    with tempfile.TemporaryDirectory() as folder:
        return {"cpu": cpu(), "classifiers": classifiers(), "read": read(Path(folder)), "webcam": webcam(Path(folder))}


def cpu() -> str:
    """The processor: engines promise equal bits on equal processors only."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if os.name == "posix" else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def classifiers() -> dict[str, dict[str, Any]]:
    """For each artifact a digest of its probabilities, the digits it names, and some probabilities."""
    images = load_mnist("test").images[:IMAGES]
    found = {}
    for name in BUNDLES:
        for artifact in load_bundle(name).artifacts:
            if artifact.endswith(".tflite") and "/" not in artifact:
                probabilities = DigitClassifier(name, artifact).probabilities(images)
                found[f"{name}/{artifact}"] = {
                    "sha256": hashlib.sha256(probabilities.tobytes()).hexdigest(),
                    "digits": "".join(map(str, probabilities.argmax(axis=1))),
                    "probabilities": probabilities[:EXACT_IMAGES].round(6).tolist(),
                }
    return found


def read(folder: Path) -> list[dict[str, Any]]:
    """What `edgedigits read --json` prints for each page, without the time it took."""
    paths = [folder / f"page{i:02}.png" for i in range(PAGES)]
    for i, path in enumerate(paths):
        cv2.imwrite(str(path), page(i))
    lines = [json.loads(line) for line in _printed("read", "--json", *map(str, paths))]
    return [{name: value for name, value in line.items() if name not in ("milliseconds", "source")} for line in lines]


def webcam(folder: Path) -> list[dict[str, Any]]:
    """What `edgedigits webcam --headless` prints for a clip: a page that moves a little, then another one."""
    clip = folder / "clip"
    clip.mkdir()
    for i in range(FRAMES):
        shifted = np.roll(page(100 + (i >= FRAMES // 2)), (i % 3, i % 2), axis=(0, 1))
        cv2.imwrite(str(clip / f"{i:03}.png"), shifted)
    return [json.loads(line) for line in _printed("webcam", "--headless", "--source", str(clip), "--fps", "8")]


def page(seed: int) -> NDArray[np.uint8]:
    """A page of rows of test digits, uint8 (480, 640): uneven light, dark ink, noise."""
    random = np.random.default_rng(seed)
    test: Split = load_mnist("test")
    light = np.add.outer(np.linspace(0, random.uniform(-50, 50), 480), np.linspace(0, random.uniform(-50, 50), 640))
    canvas = random.uniform(190, 225) + light + random.normal(0, 3, (480, 640))
    for row in range(3):
        for column in range(int(random.integers(2, 7))):
            digit = test.images[int(random.integers(len(test)))]
            size = int(random.integers(44, 64))
            ink = cv2.resize(digit, (size, size), interpolation=cv2.INTER_LINEAR).astype(float) / 255
            y, x = 40 + 140 * row + int(random.integers(0, 16)), 40 + 95 * column + int(random.integers(0, 16))
            canvas[y : y + size, x : x + size] -= 150 * ink
    return canvas.clip(0, 255).astype(np.uint8)


def _printed(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "edgedigits_apps", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


if __name__ == "__main__":
    print(json.dumps(record()))
