"""Reference pages that are generated when the docs are built: commands from Typer, JSON forms from their schemas."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import mkdocs_gen_files
import typer.cli
import typer.main

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # MkDocs runs this file by its path

from scripts import schemas  # noqa: E402


def commands() -> str:
    """Every command with its arguments and options."""
    from edgedigits_apps.cli import app

    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="edgedigits")
    return str(typer.cli.get_docs_for_click(obj=command, ctx=context, name="edgedigits", title="Commands"))


def json_forms() -> str:
    """A table of fields for each object in each form."""
    lines = [
        "# JSON forms",
        "",
        "`--json` prints one object on a line. These are all fields; `schemas/` beside this page has the same as",
        "[JSON Schema](https://json-schema.org), and the program's own tests validate what it prints against them.",
        "New fields may be added; none is renamed or removed without a new major version.",
        "",
    ]
    for name in schemas.FORMS:
        found = schemas.schema(name)
        lines += [f"## {name}", "", f"[schemas/{name}.json](schemas/{name}.json)", ""]
        for form, facts in found["$defs"].items():
            lines += [f"### {form} ({name})", "", facts["description"], "", *_table(facts), ""]
    return "\n".join(lines)


def _table(form: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| field | type | |", "|---|---|---|")
    for name, facts in form["properties"].items():
        optional = "" if name in form["required"] else " Not always there."
        yield f"| `{name}` | {_type(facts)} | {facts.get('description', '')}{optional} |"


def _type(facts: Mapping[str, Any]) -> str:
    """A type as people write it: "list of numbers", "string or null"."""
    if "$ref" in facts:
        return str(facts["$ref"].rpartition("/")[2])
    if "anyOf" in facts:
        return " or ".join(_type(part) for part in facts["anyOf"])
    if facts.get("type") == "array":
        return f"list of {_type(facts['items'])}" if "items" in facts else f"list of {len(facts['prefixItems'])}"
    return str(facts.get("type", "anything"))


for page, text in {"reference/commands.md": commands(), "reference/json.md": json_forms()}.items():
    with mkdocs_gen_files.open(page, "w") as file:
        file.write(text)
