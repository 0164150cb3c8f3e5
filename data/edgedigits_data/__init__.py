"""MNIST and other digit sets, checked, split and ready for training or scoring. Needs numpy and OpenCV only."""

import os

# As the runtime does, before OpenCV is imported: a picture that declares itself larger is refused, not unpacked.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "100000000")

from edgedigits_data.errors import DataError
from edgedigits_data.mnist import Split, load_mnist

__all__ = ["DataError", "Split", "load_mnist"]
