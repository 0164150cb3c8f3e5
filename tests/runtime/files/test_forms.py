"""JSON from outside: what its form refuses, and where."""

import json
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from edgedigits.files.forms import find_fault, parse_json, read_form


class PartForm(TypedDict):
    kind: Literal["a", "b"]
    place: NotRequired[tuple[int, float]]


class WholeForm(TypedDict):
    name: str
    parts: list[PartForm]
    sizes: NotRequired[dict[str, int | None]]
    extra: NotRequired[Any]


GOOD = {"name": "x", "parts": [{"kind": "a", "place": [1, 2]}], "sizes": {"a": None}, "extra": [{}], "unknown": 1}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": 1}, "name is 1, expected text"),
        ({"name": None}, "name is None, expected text"),
        ({"parts": {}}, "parts is {}, expected a list"),
        ({"parts": [1]}, "parts[0] is 1, expected an object"),
        ({"parts": [{"kind": "c"}]}, "parts[0].kind is 'c', expected one of 'a', 'b'"),
        ({"parts": [{"kind": []}]}, "parts[0].kind is [], expected one of 'a', 'b'"),
        ({"parts": [{}]}, "parts[0].kind is missing"),
        ({"parts": [{"kind": "a", "place": [1]}]}, "parts[0].place is [1], expected a list of 2"),
        ({"parts": [{"kind": "a", "place": [1.5, 2]}]}, "parts[0].place[0] is 1.5, expected a whole number"),
        ({"parts": [{"kind": "a", "place": [True, 2]}]}, "parts[0].place[0] is True, expected a whole number"),
        ({"sizes": {"a": 10**30}}, "sizes.a is 1000000000000000000000000000000, expected a whole number"),
        ({"sizes": {"a\nb": "x"}}, r"sizes.a\nb is 'x', expected a whole number"),
        ({"sizes": 3}, "sizes is 3, expected an object"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(change, fault):
    assert find_fault(GOOD, WholeForm) == ""
    assert find_fault(GOOD | change, WholeForm) == fault


@pytest.mark.parametrize("value", [[], "x", 1, None, {"parts": []}])
def test_other_values_are_refused(value):
    assert find_fault(value, WholeForm)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "[-Infinity]", "[" * 100_000, "1" * 5_000, b"\xff", "", "{"])
def test_what_is_no_json_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        parse_json(text)


def test_a_number_that_is_none_of_jsons_is_no_number():
    assert find_fault(json.loads("1e999"), float)
    assert find_fault(10**400, float)
    assert find_fault(2**53, int) == ""


def test_a_file_is_read_or_its_fault_is_told(tmp_path):
    file = tmp_path / "file.json"
    file.write_text(json.dumps(GOOD))
    assert read_form(file, WholeForm) == GOOD
    for path, fault in [(tmp_path, "it is a folder"), (tmp_path / "no", "No such file")]:
        with pytest.raises(ValueError, match=fault):
            read_form(path, WholeForm)
    with pytest.raises(ValueError, match="expected an object"):
        read_form(file, dict[str, dict[str, int]])
