"""The old place of `edgedigits.imaging.normalization`, for programs written for version 0.1."""

from edgedigits.imaging.normalization import ink_of, to_grey, to_image

__all__ = ["ink_of", "to_grey", "to_image"]
