"""The MNIST files: found or fetched, checked by hash, and split once and for all.

The last 5,000 training images are the validation set: every choice (epoch, architecture, threshold, calibration) is
made on them or on the training part. The 10,000 test images are for reporting only.
"""

import gzip
import hashlib
import io
import os
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]
SplitName = Literal["train", "validation", "test"]

VALIDATION_IMAGES = 5_000
FOLDER = Path(__file__).parent / "files"
# SHA-256 of each unpacked file and its size in bytes.
FILES = {
    "train-images-idx3-ubyte": ("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016),
    "train-labels-idx1-ubyte": ("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008),
    "t10k-images-idx3-ubyte": ("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016),
    "t10k-labels-idx1-ubyte": ("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008),
}
# The archive Keras itself downloads. The wheel carries only the test half; the rest comes from here when it is needed.
ARCHIVE_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
ARCHIVE_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
ARCHIVE_BYTES = 11_490_434


@dataclass(frozen=True)
class Split:
    """A part of a data set.

    Attributes:
        images: uint8 (N, height, width) in grey, (N, height, width, 3) in RGB; MNIST's are (N, 28, 28), 0 = paper and
            255 = ink.
        labels: the classes' numbers, (N,): uint8, or uint16 where there are more than 256.
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def pixels(self) -> Images:
        """The images with their channels as the last axis, uint8 (N, height, width, 1 or 3)."""
        return self.images if self.images.ndim == 4 else self.images[..., None]

    def sha256(self) -> str:
        """Hash of the pixels and labels, to record what a model was trained or calibrated on."""
        return hashlib.sha256(self.images.tobytes() + self.labels.tobytes()).hexdigest()

    def take(self, chosen: NDArray[Any]) -> "Split":
        """The chosen ones: their places in the order they shall have, or bool (N,)."""
        return Split(self.images[chosen], self.labels[chosen])

    def joined(self, other: "Split") -> "Split":
        """These and then the others."""
        return Split(np.concatenate([self.images, other.images]), np.concatenate([self.labels, other.labels]))

    def balanced(self, count: int, seed: int = 0) -> "Split":
        """A seeded random subset of `count` images, as equally spread over the classes as can be.

        Raises:
            DataError: if a class has too few images for its share.
        """
        random = np.random.default_rng(seed)
        classes = np.unique(self.labels)
        chosen = []
        for i, label in enumerate(classes):
            members = np.flatnonzero(self.labels == label)
            share = count // len(classes) + (i < count % len(classes))
            if share > len(members):
                raise DataError(f"{share} images of {label} were asked for, the data has {len(members)}; ask for fewer")
            chosen.append(random.choice(members, share, replace=False))
        order = random.permutation(np.concatenate(chosen))
        return self.take(order)


def load_mnist(split: SplitName) -> Split:
    """Load one part of MNIST: "train" (55,000 images), "validation" (5,000) or "test" (10,000).

    Raises:
        DataError: if a file is damaged (it is named), or is not here and cannot be downloaded.
    """
    if split not in ("train", "validation", "test"):
        raise DataError(f"MNIST has no split {split!r}; choose train, validation or test")
    stem = "t10k" if split == "test" else "train"
    if (FOLDER / f"{stem}-images-idx3-ubyte.gz").exists():
        images = _parse_idx(_unpack(f"{stem}-images-idx3-ubyte"))
        labels = _parse_idx(_unpack(f"{stem}-labels-idx1-ubyte"))
    else:
        images, labels = _from_archive()
    if split == "train":
        images, labels = images[:-VALIDATION_IMAGES], labels[:-VALIDATION_IMAGES]
    elif split == "validation":
        images, labels = images[-VALIDATION_IMAGES:], labels[-VALIDATION_IMAGES:]
    return Split(images, labels)


def _unpack(name: str) -> bytes:
    path = FOLDER / f"{name}.gz"
    digest, size = FILES[name]
    try:
        with gzip.open(path) as file:
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is missing or damaged ({error}); restore it with git or install again") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise DataError(f"{path} is damaged: its SHA-256 is not {digest}; restore it with git or install again")
    return content


def _parse_idx(content: bytes) -> NDArray[np.uint8]:
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, offset=4).astype(int)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _from_archive() -> tuple[Images, Labels]:
    """The 60,000 training images out of Keras' archive, downloaded once into the user's cache."""
    path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgedigits" / "mnist.npz"
    if path.exists():
        content = path.read_bytes()
    else:
        try:
            with urllib.request.urlopen(ARCHIVE_URL, timeout=30) as response:  # nosec B310 # a constant
                content = response.read(ARCHIVE_BYTES + 1)
        except OSError as error:
            raise DataError(f"cannot download {ARCHIVE_URL} ({error}); put that file at {path}") from error
    if hashlib.sha256(content).hexdigest() != ARCHIVE_SHA256:
        raise DataError(f"{path} is damaged: its SHA-256 is not {ARCHIVE_SHA256}; delete it and try again")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{os.getpid()}.{path.name}")  # whoever reads meanwhile sees all of it or nothing
        partial.write_bytes(content)
        partial.replace(path)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return arrays["x_train"], arrays["y_train"].astype(np.uint8)
