"""What the program prints is what its published JSON Schemas say, and those are what its TypedDicts say."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from scripts.schemas import FOLDER, FORMS, descriptions, schema, text_of

from edgedigits.bundle.reading import load_bundle, shipped_bundles
from edgedigits_bench.report.comparison import load_result

ROOT = Path(__file__).parents[2]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*.json"))


@pytest.mark.parametrize("name", FORMS)
def test_a_published_schema_is_up_to_date(name):
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == text_of(name)


@pytest.mark.parametrize("name", FORMS)
def test_every_field_is_described(name):
    for form in schema(name)["$defs"].values():
        assert form["description"]
        assert [field for field, facts in form["properties"].items() if "description" not in facts] == []


def test_a_field_that_the_form_does_not_have_is_noticed():
    form = {"source": "a.jpg", "error": "why"}
    jsonschema.validate(form, schema("read", strict=True))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**form, "reason": "x"}, schema("read", strict=True))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"source": "a.jpg"}, schema("read"))


@pytest.mark.parametrize("bundle", shipped_bundles())
def test_manifests_have_the_published_form(bundle):
    jsonschema.validate(dict(load_bundle(bundle).manifest), schema("manifest"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_committed_benchmarks_have_the_published_form(path):
    result = load_result(path)
    result["gate"].setdefault("not_made", [])  # results of 0.1.0 do not say
    jsonschema.validate(result, schema("bench", strict=True))


def test_read_prints_the_published_form(edgedigits, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    done = edgedigits("read", ROOT / "docs" / "images" / "page.jpg", tmp_path / "broken.png", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in line for line in lines] == [False, True]
    for line in lines:
        jsonschema.validate(line, schema("read", strict=True))


@pytest.mark.slow
def test_verify_prints_the_published_form(edgedigits):
    jsonschema.validate(json.loads(edgedigits("verify", "nano", "--json").stdout), schema("verify", strict=True))


@pytest.mark.slow
def test_bench_prints_the_published_form(edgedigits):
    done = edgedigits("bench", "nano", "--quick", "--profile", "--json")
    jsonschema.validate(json.loads(done.stdout), schema("bench", strict=True))


def test_descriptions_of_an_extended_form_are_found():
    from edgedigits_bench.report.bench_form import RowForm

    assert {"p50_us", "artifact"} <= descriptions(RowForm).keys()


def test_the_command_says_what_is_out_of_date():
    done = subprocess.run([sys.executable, ROOT / "scripts" / "schemas.py", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
