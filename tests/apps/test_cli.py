"""Exit statuses and error lines of the whole program, as another program sees them."""

import errno

import pytest

from edgedigits.errors import BundleError, MissingExtraError
from edgedigits_apps.console import explain
from edgedigits_data.errors import DataError, MissingDataError


@pytest.mark.parametrize(
    "arguments",
    [
        ["read"],
        ["read", "--no-such-option"],
        ["no-such-command"],
        ["read", "--artifact", "int9.tflite", "a.png"],
        ["read", "--artifact", "model.keras", "a.png"],
        ["read", "--bundle", "nowhere", "a.png"],
        ["verify", "nowhere"],
        ["verify", "edge", "--tolerance", "nan"],
        ["bench", "compare", "a.json"],
        ["bench", "edge", "--threads", "0"],
        ["train", "--model", "no-such-model"],
        ["train", "--epochs", "many"],
        ["train", "--data", "nowhere"],
        ["export", "nowhere.keras"],
        ["webcam", "--source", "README.md", "--headless", "--roi", "1,2"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_status_2(edgedigits, arguments):
    done = edgedigits(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert done.stderr.splitlines()[-1] == errors[0]


def test_an_input_that_cannot_be_read_is_status_1(edgedigits, tmp_path):
    done = edgedigits("read", tmp_path / "missing.png")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_without_a_command_the_help_is_shown_and_nothing_else(edgedigits):
    done = edgedigits()
    assert "Usage: edgedigits" in done.stdout + done.stderr
    assert "error: " not in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (BundleError("a is damaged"), 1, "a is damaged"),
        (MissingExtraError("install it"), 2, "install it"),
        (DataError("b is damaged"), 1, "b is damaged"),
        (MissingDataError("b does not exist"), 2, "does not exist"),
        (OSError(errno.ENOSPC, "No space left on device", "c"), 1, "No space left"),
        (MemoryError(), 1, "MemoryError"),
        (ModuleNotFoundError("No module named 'keras'", name="keras.layers"), 2, "edgedigits[train]"),
        (ImportError("libGL.so.1: cannot open shared object file"), 1, "libgl1"),
    ],
)
def test_each_mistake_that_a_user_can_mend_is_explained(error, status, text):
    explained = explain(error)
    assert explained is not None
    assert explained[0] == status
    assert text in explained[1]


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), ModuleNotFoundError("x", name="edgedigits.nothing")])
def test_a_mistake_of_ours_is_not_explained_away(error):
    assert explain(error) is None
