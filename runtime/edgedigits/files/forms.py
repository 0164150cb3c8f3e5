"""JSON from outside: parsed within limits, and checked against the TypedDict that its schema is published from."""

from __future__ import annotations

import functools
import json
import os
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, NotRequired, Union

from edgedigits.files.names import printable
from edgedigits.files.opening import read_regular

MAX_BYTES = 50_000_000
# What every reader of JSON holds exactly; nothing that is counted or measured here comes near it.
MOST = 2**53
_SCALARS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", type(None): "null"}


def parse_json(content: bytes | str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: in one line, if it is no JSON, nested too deeply, or holds NaN or infinity, which are none.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def read_form(path: str | os.PathLike[str], form: Any) -> Any:
    """The value of a JSON file of at most MAX_BYTES that has a form, as `find_fault` takes it.

    Raises:
        ValueError: in one line, if the file cannot be read, is no JSON, or has another form.
    """
    try:
        value = parse_json(read_regular(path, MAX_BYTES))
    except OSError as error:
        raise ValueError(error.strerror) from error
    if fault := find_fault(value, form):
        raise ValueError(fault)
    return value


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def find_fault(value: Any, form: Any, place: str = "") -> str:
    """What keeps a parsed JSON value from having a form, in one line that names the place; empty if nothing does.

    Args:
        value: what `parse_json` returned.
        form: a TypedDict or another type that JSON has: scalars, list, tuple, dict with text keys, Literal, unions.
            Fields that a TypedDict does not name may be there.
        place: the path to the value, as "files.int8.tflite".
    """
    origin, arguments = typing.get_origin(form), typing.get_args(form)
    if form is Any:
        return ""
    if form in _SCALARS:
        return "" if _is(value, form) else _expected(place, value, _SCALARS[form])
    if typing.is_typeddict(form):
        return _find_in_object(value, form, place)
    if origin is NotRequired:
        return find_fault(value, arguments[0], place)
    if origin in (Union, types.UnionType):
        faults = [find_fault(value, part, place) for part in arguments]
        return "" if "" in faults else faults[0]
    if origin is Literal:
        return "" if value in arguments else _expected(place, value, "one of " + ", ".join(map(repr, arguments)))
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            return _expected(place, value, "an object")
        parts = ((item, arguments[1], _below(place, key)) for key, item in value.items())
    else:  # a list of any length, or a tuple as its types say
        kinds = arguments if origin is tuple else arguments * len(value if isinstance(value, list) else ())
        if not isinstance(value, list) or len(value) != len(kinds):
            return _expected(place, value, f"a list of {len(kinds)}" if origin is tuple else "a list")
        parts = ((item, kind, f"{place}[{i}]") for i, (item, kind) in enumerate(zip(value, kinds, strict=True)))
    return next(filter(None, (find_fault(*part) for part in parts)), "")


def _find_in_object(value: Any, form: Any, place: str) -> str:
    if not isinstance(value, dict):
        return _expected(place, value, "an object")
    for name, kind in _fields(form).items():
        if name in value:
            fault = find_fault(value[name], kind, _below(place, name))
        else:
            fault = "" if typing.get_origin(kind) is NotRequired else f"{printable(_below(place, name))} is missing"
        if fault:
            return fault
    return ""


@functools.cache
def _fields(form: Any) -> Mapping[str, Any]:
    return typing.get_type_hints(form, include_extras=True)


def _is(value: Any, form: Any) -> bool:
    if form in (int, float):  # to Python, though not to JSON, true is a whole number, and any of those a float
        return isinstance(value, (int, form)) and not isinstance(value, bool) and abs(value) <= MOST
    return isinstance(value, form)


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _expected(place: str, value: Any, expected: str) -> str:
    found = repr(value)
    return f"{printable(place) or 'it'} is {found if len(found) <= 40 else found[:37] + '...'}, expected {expected}"
