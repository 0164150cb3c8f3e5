"""Modules under the names that they had in version 0.1."""

import importlib
import sys

import pytest


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("edgedigits.normalize", "edgedigits.imaging.normalization", "to_image"),
        ("edgedigits.pictures", "edgedigits.imaging.picture_files", "load_picture"),
        ("edgedigits.reader", "edgedigits.reading.reader", "DigitReader"),
    ],
)
def test_an_old_name_is_the_new_module_and_warns(old: str, new: str, name: str) -> None:
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{new} now"):
        module = importlib.import_module(old)
    assert module is importlib.import_module(new)
    assert module.__spec__ is not None
    assert module.__spec__.name == new
    assert hasattr(module, name)
