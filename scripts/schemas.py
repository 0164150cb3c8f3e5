"""JSON Schemas of what the program prints and writes, made from its TypedDicts: python scripts/schemas.py

Each form is a TypedDict in one module, used by whatever writes and reads it; descriptions come from its docstring.
"""

import argparse
import importlib
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NotRequired, Required, Union

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference" / "schemas"
# For each schema the forms that one line, or one file, may have.
FORMS: Mapping[str, tuple[str, ...]] = {
    "read": ("edgedigits.page:PageForm", "edgedigits.page:UnreadableForm"),
    "verify": ("edgedigits_bench.accuracy.verify_form:VerifyForm",),
    "bench": ("edgedigits_bench.report.bench_form:BenchForm",),
    "manifest": ("edgedigits.bundle.manifest:ManifestForm",),
}
SCALARS: Mapping[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
Schema = dict[str, Any]


def schema(name: str, strict: bool = False) -> Schema:
    """The JSON Schema of one entry of `FORMS`.

    Args:
        name: the entry.
        strict: refuse fields that the form does not name; published schemas allow them, so that forms can grow.
    """
    definitions: dict[str, Schema] = {}
    found = [_schema_of(_form(path), definitions, strict) for path in FORMS[name]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"edgedigits {name}",
        **(found[0] if len(found) == 1 else {"anyOf": found}),
        "$defs": definitions,
    }


def _form(path: str) -> Any:
    module, _, form = path.partition(":")
    return getattr(importlib.import_module(module), form)


def _schema_of(kind: Any, definitions: dict[str, Schema], strict: bool) -> Schema:
    """The schema of a type; the TypedDicts in it are added to the definitions."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return {}
    if kind in SCALARS:
        return {"type": SCALARS[kind]}
    if typing.is_typeddict(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}  # a form may hold itself
            definitions[kind.__name__] = _object(kind, definitions, strict)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if origin in (NotRequired, Required):
        return _schema_of(arguments[0], definitions, strict)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema_of(part, definitions, strict) for part in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": _schema_of(arguments[0], definitions, strict)}
    if origin is tuple:
        items = [_schema_of(part, definitions, strict) for part in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema_of(arguments[1], definitions, strict)}
    raise TypeError(f"{kind} has no JSON form")


def _object(form: Any, definitions: dict[str, Schema], strict: bool) -> Schema:
    described = descriptions(form)
    hints = typing.get_type_hints(form, include_extras=True)
    properties = {
        name: {
            **_schema_of(hint, definitions, strict),
            **({"description": described[name]} if name in described else {}),
        }
        for name, hint in hints.items()
    }
    return {
        "type": "object",
        "description": (inspect.getdoc(form) or "").partition("\n\nAttributes:")[0].replace("\n", " "),
        "properties": properties,
        "required": [name for name, hint in hints.items() if typing.get_origin(hint) is not NotRequired],
        **({"additionalProperties": False} if strict else {}),
    }


def descriptions(form: Any) -> dict[str, str]:
    """The text about each field, from the "Attributes:" of a form's docstring and of those whose fields it includes."""
    siblings = vars(sys.modules[form.__module__]).values()  # Python 3.11 does not tell what a TypedDict extends
    included = [other for other in siblings if typing.is_typeddict(other) and set(_fields(other)) < set(_fields(form))]
    found = {name: text for other in included for name, text in descriptions(other).items()}
    _, _, text = (inspect.getdoc(form) or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", text, re.MULTILINE)
    return found | {name: " ".join(words.split()) for name, words in entries}


def _fields(form: Any) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = form.__annotations__
    return fields


def text_of(name: str) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write every schema, or with --check say which files are out of date; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    wanted = parser.parse_args()
    stale = [name for name in FORMS if _stored(name) != text_of(name)]
    if not wanted.check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in stale:
            (FOLDER / f"{name}.json").write_text(text_of(name), encoding="utf-8")
    for name in stale:
        print(f"{name}.json is {'out of date' if wanted.check else 'written'}", file=sys.stderr)
    return int(wanted.check and bool(stale))


def _stored(name: str) -> str:
    path = FOLDER / f"{name}.json"
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
