"""The old place of `edgedigits_data.user_sets`, for programs written for version 0.1."""

from edgedigits_data.user_sets import OwnSet, Prepare, load_set

__all__ = ["OwnSet", "Prepare", "load_set"]
