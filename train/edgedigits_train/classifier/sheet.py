"""What a network is shown, on two sheets to look at: `python -m edgedigits_train.classifier.sheet FOLDER`."""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.imaging.picture_files import save_picture
from edgedigits_data import load_mnist
from edgedigits_data.synthetic.negatives import nondigits
from edgedigits_train.classifier.augmentation import augment


def sheet(images: NDArray[np.uint8], across: int = 24) -> NDArray[np.uint8]:
    """Images (N, 28, 28) side by side, dark on light, at twice their size; N is a multiple of `across`."""
    framed = np.pad(255 - images, ((0, 0), (1, 1), (1, 1)), constant_values=200)
    rows = framed.reshape(-1, across, 30, 30).transpose(0, 2, 1, 3).reshape(-1, across * 30)
    return np.asarray(cv2.resize(rows, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST), np.uint8)


def main(folder: Path) -> None:
    """Write digits.png and nondigits.png."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_mnist("train")
    random = np.random.default_rng(0)
    save_picture(folder / "digits.png", sheet(augment(digits.images[:192], random)))
    save_picture(folder / "nondigits.png", sheet(augment(nondigits(192, digits), random)))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
