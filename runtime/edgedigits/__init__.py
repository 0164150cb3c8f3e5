"""Reads handwritten digits on small machines; imports no TensorFlow."""

from edgedigits._version import __version__

__all__ = ["__version__"]
