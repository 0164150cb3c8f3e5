"""MNIST and other digit sets, checked, split and ready for training or scoring. Needs numpy and OpenCV only."""

from edgedigits_data.errors import DataError
from edgedigits_data.mnist import Split, load_mnist

__all__ = ["DataError", "Split", "load_mnist"]
