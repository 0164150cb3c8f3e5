"""Is it a digit, and which? A small network looks at each find with what stands around it.

The classifier sees one digit's ink alone, and the detector the whole picture from afar. What tells a 5 from the S of a
word, or a stroke from a table's line, is what goes on beside it; and where the ink was cut out badly, the paper's grey
levels still show the digit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle, load_bundle
from edgedigits.engines.locks import fork_lock
from edgedigits.reading.cut import patch_of
from edgedigits.reading.lite_network import Network

BUNDLE = "surroundings"
ARTIFACT = "float16.tflite"  # as the detector's
# A find is shown so large: its longer side in pixels, and the piece of the picture around it.
DIGIT, SIDE = 13, 32
# The darkest and the lightest share of pixels that set the range of grey levels, and the least range there is.
SHARE, RANGE = 0.02, 12.0


def surroundings(grey: NDArray[np.uint8], boxes: NDArray[np.float32], angle: float = 0.0) -> NDArray[np.uint8]:
    """What the network is shown, uint8 (N, 32, 32): each box with as much again around it, its contrast stretched.

    Args:
        grey: uint8 (height, width).
        boxes: float32 (N, 4), each (x, y, width, height) in pixels.
        angle: degrees by which the picture is turned clockwise around each box's middle.
    """
    if not len(boxes):
        return np.empty((0, SIDE, SIDE), np.uint8)
    patches = np.stack([patch_of(grey, box, angle, DIGIT, SIDE)[0] for box in boxes])
    low, high = int(SHARE * SIDE**2), int((1 - SHARE) * SIDE**2)
    levels = np.partition(patches.reshape(len(boxes), -1), (low, high), axis=1)[:, [low, high]].astype(np.float32)
    darkest, lightest = levels[:, :1, None], levels[:, 1:, None]
    stretched = (patches - darkest) * (160 / np.maximum(lightest - darkest, RANGE)) + 48
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)


class Statement(NamedTuple):
    """What the network says.

    Attributes:
        sure: float32 (N,), the logit of each being a digit.
        digits: float32 (N, 10), the probabilities of which digit.
    """

    sure: NDArray[np.float32]
    digits: NDArray[np.float32]


class Witness:
    """Asks the network; safe to use from several threads, one call at a time."""

    def __init__(self, artifact: str = ARTIFACT, threads: int = 1, bundle: str | Bundle = BUNDLE) -> None:
        """Load a network: the one that ships with the package, unless another bundle is given.

        Raises:
            BundleError: if it is missing or damaged.
            EngineError: if LiteRT is not installed.
        """
        model = (bundle if isinstance(bundle, Bundle) else load_bundle(bundle)).read(artifact)
        self._network, self._lock = Network(model, (SIDE, SIDE), threads), fork_lock()

    def testify(self, grey: NDArray[np.uint8], boxes: NDArray[np.float32], angle: float = 0.0) -> Statement:
        """What it says of boxes on a picture; the arguments are those of `surroundings`."""
        return self.look(surroundings(grey, boxes, angle))

    def look(self, images: NDArray[np.uint8]) -> Statement:
        """What it says of images, uint8 (N, 32, 32), as `surroundings` makes them."""
        with self._lock:
            said = [self._network.run(image) for image in images]
        return statement(np.array(said, np.float32).reshape(-1, 11))


def statement(said: NDArray[np.float32]) -> Statement:
    """Read the network's answers, float32 (N, 11): a digit's logit, and those of which."""
    digits = np.exp(said[:, 1:] - said[:, 1:].max(axis=1, keepdims=True))
    return Statement(said[:, 0], digits / digits.sum(axis=1, keepdims=True))
