"""Every error that a user can cause carries the exit status that the command line ends with."""

import inspect

import pytest

from edgedigits import errors
from edgedigits.errors import EdgeDigitsError
from edgedigits_data import errors as data_errors

WRONG_USAGE = {
    "OccupiedError",
    "UsageError",
    "MissingExtraError",
    "MissingEngineError",
    "UnknownNameError",
    "DestinationError",
}
CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_status_is_2_for_wrong_usage_and_1_for_the_rest(kind):
    assert issubclass(kind, EdgeDigitsError)
    assert kind("message").exit_status == (2 if kind.__name__ in WRONG_USAGE else 1)


def test_errors_of_data_carry_a_status_too():
    assert data_errors.DataError("message").exit_status == 1
    assert data_errors.MissingDataError("message").exit_status == 2


def test_the_names_of_0_1_0_are_the_same_classes():
    import edgedigits
    import edgedigits_bench
    import edgedigits_export
    import edgedigits_train

    assert edgedigits.BundleError is errors.BundleError
    assert edgedigits_train.TrainError is errors.TrainError
    assert edgedigits_export.ExportError is errors.ExportError
    assert edgedigits_bench.BenchError is errors.BenchError


def test_a_missing_package_is_named_with_its_extra():
    assert "pip install 'edgedigits[micro]'" in errors.missing_extra("a file", "tflite_micro")
