"""Makes strokes.json: MNIST training digits as a pen would draw them, for the browser tests to draw again.

Each image is thinned to its skeleton (Zhang and Suen 1984), and the skeleton is followed from its ends, straight on
where lines cross. The first digits of each class are taken as they come, none is left out. Run once; the file is kept.
"""

import json
from pathlib import Path

import cv2
import numpy as np

from edgedigits_data import load_mnist
from edgedigits_data.synthetic.glyphs import skeletons

EACH = 5
SCALE = 6  # the skeleton of a larger image is smoother
SHORTEST = 9  # pixels of the larger image; shorter ends are hairs of the thinning


def trace(thin):
    """Polylines [(x, y), ...] that together cover every pixel of a skeleton."""
    left = {(int(x), int(y)) for y, x in np.argwhere(thin)}

    def around(point):
        x, y = point
        sides = [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        return [q for q in [*sides, (x + 1, y + 1), (x - 1, y - 1), (x + 1, y - 1), (x - 1, y + 1)] if q in left]

    lines = []
    while left:
        ends = [point for point in left if len(around(point)) <= 1]
        line = [min(ends or left, key=lambda point: (point[1], point[0]))]
        left.discard(line[0])
        while steps := around(line[-1]):
            back = line[max(0, len(line) - 8)]
            ahead = np.subtract(line[-1], back)
            best = max(steps, key=lambda q: float(np.dot(np.subtract(q, line[-1]), ahead)))
            # The other pixels beside a diagonal step belong to the line too, unless something goes on from them.
            line.append(best)
            left.discard(best)
        lines.append(line)
    return lines


def strokes_of(image):
    """An image's strokes as the page has them, in units of the surface's side."""
    large = cv2.GaussianBlur(cv2.resize(image, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC), (0, 0), 2)
    lines = [line for line in trace(skeletons((large > 100)[np.newaxis])[0]) if len(line) >= SHORTEST] or [
        [(14 * SCALE, 14 * SCALE)]
    ]
    side = image.shape[0] * SCALE
    smooth = [cv2.approxPolyDP(np.array(line, np.float32)[:, None], 0.8, False)[:, 0] for line in lines]
    return [{"points": (line.astype(float) / side).round(3).tolist()} for line in smooth]


def main():
    """Write strokes.json beside this file."""
    digits = load_mnist("train")
    recordings = [
        {"digit": digit, "strokes": strokes_of(digits.images[i])}
        for digit in range(10)
        for i in np.flatnonzero(digits.labels == digit)[:EACH]
    ]
    # NumPy's numbers become Python's here.
    text = json.dumps(recordings, default=int, separators=(",", ":")).replace('},{"digit"', '},\n{"digit"')
    Path(__file__).with_name("strokes.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
