"""What views are drawn with: typefaces, hands, textures and words, split into training and validation."""

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits_data.errors import DataError
from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.views.imagehand import HandImages, group_images
from edgedigits_data.synthetic.views.strokes import Strokes, load_writers
from edgedigits_data.synthetic.views.typefaces import Face
from edgedigits_data.synthetic.views.words import WORDS

SourceSplit = Literal["train", "validation"]
DEFAULT_FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgedigits" / "sources"
INDEX = "sources.json"
COMMAND = "python scripts/fetch_sources.py"
VALIDATION_WRITERS = frozenset({3, 9, 15, 21, 27})


@dataclass(frozen=True)
class Sources:
    """What views of one split are drawn with; nothing of one split is in the other.

    Attributes:
        split: which one.
        images: MNIST's training (or validation) images, as hands.
        writers: pen strokes by writer, digit and sample.
        faces: typefaces by role: "hand", "print", "segments", "numerals", "letters"; a role may be empty.
        photos, papers: grey pictures uint8 without digits; may be empty.
        words: by script, "latin" always.
        grains: float32 (K, 512, 512), noise around 1 that repeats every 256 pixels, from fine to coarse.
    """

    split: SourceSplit
    images: HandImages
    writers: Sequence[Sequence[Sequence[Strokes]]]
    faces: dict[str, list[Face]]
    photos: Sequence[NDArray[np.uint8]]
    papers: Sequence[NDArray[np.uint8]]
    words: dict[str, list[str]]
    grains: NDArray[np.float32]


def load_sources(folder: Path | None, split: SourceSplit) -> Sources:
    """Load what `scripts/fetch_sources.py` has fetched, and what the project itself carries.

    Args:
        folder: where the fetched things lie; None for the user's cache.
        split: "train" or "validation". Typefaces, writers, images of MNIST, photographs and words are disjoint.

    Raises:
        DataError: if they are not there; the message names the command that fetches them.
    """
    folder = folder or DEFAULT_FOLDER
    path = folder / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is missing or damaged; fetch it: {COMMAND} --out {folder}") from error
    faces: dict[str, list[Face]] = {}
    for entry in index["faces"]:
        # segments, numerals and the like are so few that both splits share them
        if entry["split"] == split or entry["role"] not in ("hand", "print"):
            files = {subset: folder / file for subset, file in entry["files"].items()}
            faces.setdefault(entry["role"], []).append(Face(entry["family"], entry["role"], files))
    pictures: dict[str, list[NDArray[np.uint8]]] = {"photo": [], "paper": []}
    for entry in index["textures"]:
        if entry["split"] == split:
            picture = cv2.imread(str(folder / entry["file"]), cv2.IMREAD_GRAYSCALE)
            if picture is None:
                raise DataError(f"{folder / entry['file']} is missing or damaged; fetch it: {COMMAND} --out {folder}")
            pictures[entry["role"]].append(np.asarray(picture, np.uint8))
    words = {entry["file"]: (folder / entry["file"]).read_text(encoding="utf-8").split() for entry in index["words"]}
    scripts = {entry["file"]: entry["script"] for entry in index["words"]}
    lexicon: dict[str, list[str]] = {}
    for file, listed in words.items():
        lexicon.setdefault(scripts[file], []).extend(word for word in listed if _in_split(word, split))
    return own_sources(split, faces, pictures, lexicon)


def own_sources(
    split: SourceSplit,
    faces: dict[str, list[Face]],
    pictures: dict[str, list[NDArray[np.uint8]]] | None = None,
    lexicon: dict[str, list[str]] | None = None,
) -> Sources:
    """Sources that need nothing fetched but the typefaces handed in: MNIST, pen strokes and a short list of words."""
    mnist = load_mnist(split)
    writers = load_writers()
    chosen = [digits for number, digits in writers.items() if (number in VALIDATION_WRITERS) == (split == "validation")]
    pictures, lexicon = pictures or {}, dict(lexicon or {})
    lexicon["latin"] = lexicon.get("latin", []) + WORDS
    return Sources(
        split,
        group_images(mnist.images, mnist.labels),
        chosen,
        {role: faces.get(role, []) for role in ("hand", "print", "segments", "numerals", "letters")},
        pictures.get("photo", []),
        pictures.get("paper", []),
        lexicon,
        make_grains(),
    )


def _in_split(word: str, split: SourceSplit) -> bool:
    return (zlib.crc32(word.lower().encode()) % 7 == 0) == (split == "validation")


def make_grains() -> NDArray[np.float32]:
    """Noise of mean 1, the same each time; see `Sources`."""
    random = np.random.default_rng(0)
    grains = []
    for sigma in (0.6, 1.0, 1.6, 2.6, 5.0, 12.0):
        noise: NDArray[Any] = np.tile(random.standard_normal((256, 256)).astype(np.float32), (3, 3))
        noise = cv2.GaussianBlur(noise, (0, 0), sigma)[256:512, 256:512]
        grains.append(np.tile(1 + 0.25 * (noise - noise.mean()) / noise.std(), (2, 2)))
    return np.stack(grains).astype(np.float32)
