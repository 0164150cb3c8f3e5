"""What a person sees of a bundle: a suggestion for a misspelt name, and six lines when it is printed."""

import pytest

from edgedigits import load_bundle
from edgedigits.errors import UnknownNameError


def test_a_name_that_is_nearly_a_shipped_bundles_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"did you mean edge\?"):
        load_bundle("edgee")
    with pytest.raises(UnknownNameError, match="export one, or use") as failed:
        load_bundle("no/such/thing")
    assert "did you mean" not in str(failed.value)


@pytest.mark.parametrize("name", ["edge", "nano"])
def test_a_printed_bundle_is_six_lines(name):
    lines = str(load_bundle(name)).splitlines()
    assert len(lines) == 6
    assert lines[0].startswith(f"bundle {name}, version")
    assert lines[1] == "input: 28x28x1, levels 0..255"
    assert lines[2] == "classes: 10: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert "int8.tflite" in lines[3]
    assert lines[4] == "not made: nothing"
    assert lines[5].startswith("accuracy: float model 99.")
