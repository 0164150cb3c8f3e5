"""Fresh processes that really crash, hang and lack their engine: rows of the benchmark, not its end."""

import os
from pathlib import Path

import pytest

from edgedigits import load_bundle
from edgedigits_bench import Settings, bench
from edgedigits_bench.report.comparison import compare
from edgedigits_bench.report.html_report import render
from edgedigits_bench.report.markdown import table
from edgedigits_bench.speed import footprint
from edgedigits_bench.speed.latency import Effort

# Python runs this in every process, before anything else.
SABOTAGE = """
import os, signal, sys, time
words = " ".join(sys.orig_argv)
if "probe.py ours" in words:
    if "float32.onnx" in words:
        os.kill(os.getpid(), signal.SIGSEGV)
    elif "dynamic.tflite" in words:
        time.sleep(600)
    elif "float32.tflite" in words:
        os._exit(3)
elif "probe.py bare" in words and "int8.onnx" in words:
    sys.modules["onnxruntime"] = None
"""
EFFORT = Effort(seconds=0.01, calls=20, rounds=2)
SETTINGS = Settings(threads=(1,), batches=(1,), effort=EFFORT, launches=2, robustness=False)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The result of a benchmark in which four processes of twelve fail."""
    folder = tmp_path_factory.mktemp("sabotage")
    (folder / "sitecustomize.py").write_text(SABOTAGE)
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        patch.setattr(footprint, "LAUNCH_SECONDS", 20)
        return bench(load_bundle("edge"), SETTINGS).to_json()


def entries(result):
    return {entry["file"]: entry for entry in result["artifacts"]}


@pytest.mark.slow
def test_a_failing_process_is_a_row_that_says_how(broken):
    found = entries(broken)
    assert set(found) == set(load_bundle("edge").artifacts)
    lines = {name: entry.get("cold_start_error", "") for name, entry in found.items()}
    assert lines["float32.onnx"] == "float32.onnx fails in a fresh process: it was ended by SIGSEGV"
    assert "dynamic.tflite fails in a fresh process: no first answer within 20 s" in lines["dynamic.tflite"]
    assert lines["float32.tflite"] == "float32.tflite fails in a fresh process: exit status 3"
    alone = found["int8.onnx"]
    assert (
        "int8.onnx with its engine alone fails in a fresh process: ModuleNotFoundError"
        in alone["bare_cold_start_error"]
    )
    assert alone["cold_start"]["total_ms"] > 0
    assert alone["cold_ratio"] is None
    for name in ("int8.tflite", "float16.tflite"):
        assert not lines[name]
        assert found[name]["cold_ratio"] > 0
    # What the running process can do is still measured; what only a fresh one tells is null.
    rows = {row["artifact"]: row for row in broken["results"]}
    assert set(rows) == set(found)
    for name, row in rows.items():
        assert row["runs"] >= 20
        assert all((row[key] is None) == bool(lines[name]) for key in ("first_call_us", "load_ms", "peak_rss_mb"))


@pytest.mark.slow
def test_what_crashes_is_not_recommended_and_every_form_names_it(broken):
    failing = {name for name, entry in entries(broken).items() if "cold_start_error" in entry}
    assert broken["recommended"] not in failing
    page, markdown = render(broken), table(broken)
    for entry in broken["artifacts"]:
        for line in (entry.get("cold_start_error"), entry.get("bare_cold_start_error")):
            assert line is None or f"<p class=bad>{line}</p>" in page
        (row,) = (line for line in markdown.splitlines() if entry["file"] in line and line.startswith("|"))
        assert ("fails" in row) == (entry["file"] in failing)


@pytest.mark.slow
def test_a_crash_that_was_none_before_is_a_regression(broken):
    whole = {**broken, "artifacts": [dict(entry) for entry in broken["artifacts"]]}
    start = entries(broken)["int8.tflite"]["cold_start"]
    for entry in whole["artifacts"]:
        entry.pop("cold_start_error", None)
        entry.setdefault("cold_start", start)
    worse = {change.subject for change in compare(whole, broken).changes if change.outcome == "worse"}
    assert worse == {"float32.onnx", "dynamic.tflite", "float32.tflite"}
    assert not compare(broken, whole).regressed


@pytest.mark.slow
def test_a_benchmark_of_which_every_process_crashes_ends_without_a_recommendation(edgedigits, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import os, sys\n'probe.py' in ' '.join(sys.orig_argv) and os.abort()\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    report = tmp_path / "report.html"
    done = edgedigits(
        *("bench", "edge", "--quick", "--seconds", 0.01, "--html", report), env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    assert "nothing to recommend" in done.stderr
    for name in load_bundle("edge").artifacts:
        assert f"{name} fails in a fresh process: it was ended by SIGABRT" in done.stderr
        assert f"{name} fails in a fresh process" in Path(report).read_text(encoding="utf-8")
