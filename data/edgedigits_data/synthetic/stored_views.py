"""Pages as a detector is trained on: square views, grey, in files that hold a thousand each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.mnist import SplitName, load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker, SyntheticPage

SIDE = 256
VIEWS = 1000  # in a file
MOST = 128  # digits that are kept of one view
GATED, GATE_SEED = 200, 77  # the views of `gate_views`
# What a box is: a digit; one that lies on its side or head, to be found but not named; one that the edge cuts.
UPRIGHT, TURNED, CUT = 1, 2, -1
# Of a digit cut by the edge, less than this share in view, or more pixels than this high, is no digit but paper.
SHARE_IN_VIEW, LARGEST_CUT = 0.3, 200


@dataclass(frozen=True)
class Views:
    """Views of pages.

    Attributes:
        images: uint8 (N, SIDE, SIDE), grey.
        boxes: float32 (N, MOST, 6): x, y, width, height, digit, and UPRIGHT, TURNED or CUT; zeros fill the rest.
    """

    images: NDArray[np.uint8]
    boxes: NDArray[np.float32]

    def places(self, *kinds: int) -> list[NDArray[np.float32]]:
        """For each view the boxes of these kinds, float32 (n, 4)."""
        return [rows[np.isin(rows[:, 5], kinds), :4] for rows in self.boxes]

    def names(self) -> list[NDArray[np.uint8]]:
        """For each view which digits are UPRIGHT on it, uint8 (n,)."""
        return [rows[rows[:, 5] == UPRIGHT, 4].astype(np.uint8) for rows in self.boxes]

    def questions(
        self,
    ) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32]]]:
        """Each view with its UPRIGHT digits' places and names, and the places of the others."""
        return zip(self.images, self.places(UPRIGHT), self.names(), self.places(TURNED, CUT), strict=True)


def make_views(maker: PageMaker, seed: int, count: int) -> Views:
    """Make views: whole pages, pages shrunk as a camera's picture is, and parts of pages seen closely."""
    images = np.empty((count, SIDE, SIDE), np.uint8)
    boxes = np.zeros((count, MOST, 6), np.float32)
    for i in range(count):
        random = np.random.default_rng([seed, i])
        kind = random.choice(["whole", "shrunk", "close"], p=[0.79, 0.12, 0.09])
        turn = int(random.choice([0, 90, 180, 270], p=[0.85, 0.05, 0.05, 0.05]))
        side = SIDE if kind == "whole" else 2 * SIDE
        page = maker.page(seed * 100_003 + i, (side, side), turn=turn)
        grey = np.asarray(cv2.cvtColor(page.picture, cv2.COLOR_BGR2GRAY), np.uint8)
        scale, corner = 1.0, np.zeros(2, int)
        if kind == "shrunk":
            scale, grey = 0.5, np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
        elif kind == "close":
            corner = random.integers(0, SIDE + 1, 2)
        images[i] = grey[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE]
        rows = list(_rows(page, scale, corner))[:MOST]
        boxes[i, : len(rows)] = np.array(rows, np.float32).reshape(-1, 6)
    return Views(images, boxes)


@cache  # the export asks for them, and the gate after it
def gate_views() -> Views:
    """The views, always the same, on which a detector's artifacts are held against its float model: of test digits."""
    return make_views(PageMaker(make_glyphs(load_mnist("test").balanced(500, GATE_SEED), GATE_SEED)), GATE_SEED, GATED)


def store_views(folder: Path, split: SplitName, files: int, seed: int = 1, glyphs: int = 9000) -> Iterator[Path]:
    """Write files of a thousand views each, made of one split's digits; those already there stay. Yields each file."""
    folder.mkdir(parents=True, exist_ok=True)
    maker: PageMaker | None = None
    for i in range(files):
        path = folder / f"{split}-{seed}-{i:03}.npz"
        if not path.exists():
            maker = maker or PageMaker(make_glyphs(load_mnist(split).balanced(glyphs, seed), seed))
            views = make_views(maker, seed * 1000 + i, VIEWS)
            partial = path.with_name(f".{path.name}")
            np.savez(partial, images=views.images, boxes=views.boxes)
            partial.replace(path)
        yield path


def load_views(path: Path) -> Views:
    """Read one file of views.

    Raises:
        DataError: if it is not one.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Views(arrays["images"], arrays["boxes"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} holds no views ({error}); delete it and make it again") from error


def _rows(page: SyntheticPage, scale: float, corner: NDArray[np.int64]) -> Iterator[tuple[float, ...]]:
    kind = UPRIGHT if page.turn == 0 else TURNED
    known = [(digit.box, digit.digit, kind) for digit in page.digits] + [(box, 0, CUT) for box in page.partial]
    for (x, y, width, height), digit, what in known:
        x, y, width, height = x * scale - corner[0], y * scale - corner[1], width * scale, height * scale
        left, top, right, bottom = max(x, 0.0), max(y, 0.0), min(x + width, SIDE), min(y + height, SIDE)
        share = max(right - left, 0) * max(bottom - top, 0) / max(width * height, 1e-6)
        if what != CUT and share > 0.999:
            yield x, y, width, height, digit, what
        elif share > SHARE_IN_VIEW and height < LARGEST_CUT:
            yield left, top, right - left, bottom - top, digit, CUT
