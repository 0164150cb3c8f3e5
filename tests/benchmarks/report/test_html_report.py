"""The report and the tables that are generated from results."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edgedigits import load_bundle
from edgedigits.files.names import printable
from edgedigits_bench import Settings, bench
from edgedigits_bench.report.comparison import load_result
from edgedigits_bench.report.html_report import render
from edgedigits_bench.report.markdown import PLACE, fill, table
from edgedigits_bench.report.recommendation import recommend
from edgedigits_bench.speed.latency import Configuration, Effort

ROOT = Path(__file__).parents[3]
BENCHMARKING = ROOT / "docs" / "research" / "benchmarking.md"
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]


@pytest.fixture(scope="module")
def measured():
    effort = Effort(seconds=0.01, calls=20, rounds=2)
    settings = Settings(threads=(1,), batches=(1, 3), effort=effort, launches=1, robustness=False, profile=True)
    return bench(load_bundle("edge"), settings)


@pytest.mark.parametrize("evil", ["a$^{$.tflite", "<script>alert(1)</script>.tflite", "a\x1b]0;x\x07\nb.tflite"])
def test_names_are_text_in_the_page_and_its_plots(evil, tmp_path):
    content = (ROOT / "benchmarks/results/edge.json").read_text(encoding="utf-8").replace("int8.tflite", json_of(evil))
    (tmp_path / "result.json").write_text(content, encoding="utf-8")
    page = render(load_result(tmp_path / "result.json"))
    assert "<script>" not in page
    plots = re.findall("<svg.*?</svg>", page, re.DOTALL)
    drawn = [any(printable(evil) in text for text in ElementTree.fromstring(plot).itertext()) for plot in plots]
    assert sum(drawn) >= 2


def json_of(text: str) -> str:
    """A text as it stands inside a JSON string."""
    return json.dumps(text)[1:-1]


@pytest.mark.slow
def test_the_json_has_the_designs_fields_and_survives_being_written(measured):
    result = measured.to_json()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    names = {row["artifact"] for row in result["results"]}
    assert names == set(load_bundle("edge").artifacts)
    fields = ["artifact", "engine", "threads", "batch", "runs", "p50_us", "p90_us", "p99_us", "images_per_second"]
    fields += ["first_call_us", "load_ms", "peak_rss_mb", "size_bytes", "accuracy"]
    for row in result["results"]:
        assert set(fields) <= set(row)
        assert row["runs"] >= 20
        assert (row["p50_us"] is None) is row["noisy"]
        assert row["noisy"] or row["p50_us"] <= row["p90_us"] <= row["p99_us"]
    assert result["recommended"] in names
    assert result["reason"].startswith(f"ship {result['recommended']} ")
    # The engines' own profile has every operator that costs anything.
    assert {"float32.onnx", "int8.onnx"} <= set(result["profile"])
    assert all(sum(op["share"] for op in ops) == pytest.approx(1, abs=0.01) for ops in result["profile"].values())


@pytest.mark.slow
def test_the_report_is_one_file_that_needs_nothing_from_elsewhere(measured):
    page = render(measured.to_json())

    class Sources(HTMLParser):
        found: list[str] = []  # noqa: RUF012 - one parser, one page

        def handle_starttag(self, tag, attrs):
            self.found += [value for name, value in attrs if name in ("src", "href", "xlink:href", "data")]

    Sources().feed(page)
    assert all(source.startswith("#") for source in Sources.found)
    assert "<script" not in page
    assert "@import" not in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) >= 2
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    for name in load_bundle("edge").artifacts:
        assert name in page


def test_whatever_a_result_says_is_text_in_the_report():
    result = load_result(ROOT / "benchmarks" / "results" / "edge.json")
    result["device"]["cpu"] = result["reason"] = result["results"][0]["artifact"] = "<script>alert(1)</script>"
    page = render(result)
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 3


@pytest.mark.slow
def test_the_recommendation_passes_the_gate_and_nothing_that_passes_is_clearly_faster(measured):
    found = recommend(measured.gate, measured.ours)
    assert found == measured.recommendation
    passed = {entry.file for entry in measured.gate.artifacts if entry.passed}
    assert found.artifact in passed
    times = {item.artifact: timing.calmest_us for item, timing in measured.ours.items() if item.batch == 1}
    noisy = any(timing.noisy for item, timing in measured.ours.items() if item.batch == 1)
    if noisy:  # then the calmest rounds decide, and the line says so
        assert "noisy" in found.line
        assert times[found.artifact] <= 1.05 * min(times[name] for name in passed)
    slow = Configuration(found.artifact, "litert", 1, 1)
    assert slow in measured.ours or found.artifact.endswith(".onnx")


@pytest.mark.slow
def test_a_table_names_every_artifact_and_its_place_is_found_again(measured, tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(measured.to_json()))
    page = "before\n<!-- bench: result.json -->\nyesterday\n<!-- /bench -->\nafter\n"
    filled = fill(page, tmp_path)
    assert filled.startswith("before\n<!-- bench: result.json -->\n| artifact")
    assert filled.endswith("<!-- /bench -->\nafter\n")
    assert "yesterday" not in filled
    assert fill(filled, tmp_path) == filled
    assert all(name in table(measured.to_json()) for name in load_bundle("edge").artifacts)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_committed_tables_are_what_their_results_give(path):
    page = path.read_text(encoding="utf-8")
    if PLACE.search(page) and not any((ROOT / "benchmarks" / "results").glob("*.json")):
        pytest.skip("nothing has been measured yet; make results does")
    assert fill(page, path.parent) == page


def test_the_results_have_their_places():
    places = [match["file"] for match in PLACE.finditer(BENCHMARKING.read_text(encoding="utf-8"))]
    expected = [ROOT / "benchmarks" / "results" / name for name in ("edge.json", "nano.json")]
    assert [(BENCHMARKING.parent / place).resolve() for place in places] == expected


def test_without_a_result_the_command_says_so_in_one_line_and_changes_no_page(tmp_path):
    texts = {"whole.md": "no table\n", "page.md": BENCHMARKING.read_text(encoding="utf-8")}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for pages, status in ((texts, 1), (["missing.md"], 1), ([], 2)):
        command = [sys.executable, "-m", "edgedigits_bench.report.markdown", *pages]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == status
        assert len(done.stderr.splitlines()) == 1
        assert not done.stdout
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == texts
