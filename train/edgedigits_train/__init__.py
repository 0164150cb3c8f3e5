"""Trains the digit models in Keras. Needs the `train` extra; everything a user can do wrong raises `TrainError`."""

from edgedigits.errors import TrainError
from edgedigits_train.settings import TrainSettings

__all__ = ["TrainError", "TrainSettings"]
