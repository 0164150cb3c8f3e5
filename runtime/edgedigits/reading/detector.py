"""Where are digits on a picture? A small fully convolutional network, run at the scales that the picture asks for."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle, load_bundle
from edgedigits.engines.locks import fork_lock
from edgedigits.reading.lite_network import Network

BUNDLE = "detector"
ARTIFACT = "float16.tflite"  # on CPUs without integer dot products as fast as float32 and faster than int8
# The network's answer has one cell for each STRIDE x STRIDE pixels. In it: heat, the box's middle in UNITs from the
# cell's own, the logarithm of its size in UNITs, and logits of the ten digits.
STRIDE, UNIT = 4, 16.0
HEAT, MIDDLE, SIZE, DIGITS = 0, slice(1, 3), slice(3, 5), slice(5, 15)
# The box's channels are so many times as large: int8 has one scale for all channels, and logits reach far.
GAIN = 8.0
# Pictures enter as multiples of this many pixels: the network's own coarsest grid.
GRID = 16
# Contrast is judged against the mean over a window of this many pixels.
WINDOW = 49
PAPER = 127
# Grey level over local mean, times PAPER: paper becomes the middle, faint strokes are stretched, deep ones compressed.
CURVE = np.clip(127.5 + 127.5 * np.tanh(3 * (np.arange(256) / PAPER - 1)), 0, 255).astype(np.uint8)


@dataclass(frozen=True, eq=False)  # arrays are not equal or unequal as one
class Found:
    """What the detector takes for digits.

    Attributes:
        boxes: float32 (N, 4), each (x, y, width, height) in pixels of the picture.
        scores: float32 (N,), how sure it is that this is a digit, 0 to 1.
        digits: float32 (N, 10), probabilities of which digit it is.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    digits: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which of them the network has seen at all, bool (N,): of the others it cannot say which digit they are."""
        return np.asarray(self.digits.max(axis=1) > 0.11, bool)

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Found":
        """Some of them, by index or by mask."""
        return Found(self.boxes[which], self.scores[which], self.digits[which])

    def joined(self, other: "Found") -> "Found":
        """These and others."""
        return Found(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.digits, other.digits]),
        )


def flatten(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take the light out of grey levels, uint8 (height, width): shadow and vignetting go, strokes stay.

    The detector is trained on what this returns.
    """
    mean = cv2.blur(grey, (WINDOW, WINDOW), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.LUT(cv2.divide(grey, mean, scale=PAPER), CURVE), np.uint8)


class Detector:
    """Finds digits at one scale a call; safe to use from several threads, one call at a time."""

    def __init__(self, artifact: str = ARTIFACT, threads: int = 1, bundle: str | Bundle = BUNDLE) -> None:
        """Load a network: the one that ships with the package, unless another bundle is given.

        Raises:
            BundleError: if it is missing or damaged.
            EngineError: if LiteRT is not installed.
        """
        self._model = (bundle if isinstance(bundle, Bundle) else load_bundle(bundle)).read(artifact)
        self._threads = threads
        self._lock = fork_lock()
        # One interpreter for each input size: a camera's frames are all of one, and changing it costs milliseconds.
        self._ready: dict[tuple[int, int], Network] = {}

    def find(self, grey: NDArray[np.uint8], least: float = 0.3) -> Found:
        """Find digits between about 8 and 140 pixels high.

        Args:
            grey: uint8 (height, width).
            least: the lowest score to report.
        """
        height, width = grey.shape
        padded = cv2.copyMakeBorder(
            flatten(grey), 0, -height % GRID, 0, -width % GRID, cv2.BORDER_CONSTANT, value=int(CURVE[PAPER])
        )
        with self._lock:
            answer = self._network(padded.shape).run(np.asarray(padded, np.uint8))
        return without_doubles(decode(answer, least))

    def _network(self, shape: tuple[int, ...]) -> Network:
        size = (shape[0], shape[1])
        if size not in self._ready:
            if len(self._ready) >= 4:  # pictures of all sizes: the oldest goes
                self._ready.pop(next(iter(self._ready)))
            self._ready[size] = Network(self._model, size, self._threads)
        return self._ready[size]


def decode(answer: NDArray[np.float32], least: float) -> Found:
    """Read the network's answer, float32 (h, w, 15): its peaks of heat, and what it says there."""
    heat = np.ascontiguousarray(answer[..., HEAT])
    floor = float(np.log(least / (1 - least)))
    peaks = (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8))) & (heat > floor)
    rows, columns = np.nonzero(peaks)
    cells = answer[rows, columns]
    middle = (np.column_stack([columns, rows]) + 0.5) * STRIDE + cells[:, MIDDLE] * (UNIT / GAIN)
    size = np.exp(np.clip(cells[:, SIZE] / GAIN, -3, 3)) * UNIT
    digits = np.exp(cells[:, DIGITS] - cells[:, DIGITS].max(axis=1, keepdims=True))
    scores = 1 / (1 + np.exp(-cells[:, HEAT]))
    boxes = np.column_stack([middle - size / 2, size]).astype(np.float32)
    return Found(boxes, scores.astype(np.float32), digits / digits.sum(axis=1, keepdims=True))


def without_doubles(found: Found, overlap: float = 0.45) -> Found:
    """Of boxes that cover each other, keep the surest."""
    kept = surest(overlaps(found.boxes, found.boxes) >= overlap, found.scores)
    order = np.argsort(-found.scores, kind="stable")
    return found.take(order[kept[order]])


def surest(same: NDArray[np.bool_], sureness: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which to keep, bool (N,), where of two that are the `same`, bool (N, N), only the surer one may stay."""
    kept = np.zeros(len(sureness), bool)
    for i in np.argsort(-sureness, kind="stable"):
        kept[i] = not (kept & same[i]).any()
    return kept


def overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of the union of each two boxes both cover, float32 (len(a), len(b))."""
    both = intersections(a, b)
    union = np.prod(a[:, None, 2:], axis=-1) + np.prod(b[None, :, 2:], axis=-1) - both
    return np.asarray(both / np.maximum(union, 1e-6), np.float32)


def intersections(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """How many pixels each two boxes share, float32 (len(a), len(b))."""
    start = np.maximum(a[:, None, :2], b[None, :, :2])
    stop = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    return np.asarray(np.prod(np.maximum(stop - start, 0), axis=-1), np.float32)
