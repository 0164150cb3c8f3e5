"""What counts as a regression, on results built from measured ones by one change at a time."""

import copy
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgedigits.errors import BenchError, UsageError
from edgedigits_apps.cli import app
from edgedigits_bench.report.comparison import compare, load_result

MEASURED = Path(__file__).parents[3] / "benchmarks" / "results" / "edge.json"


def result(p50=40.0, spread=0.02, accuracy=0.99, size=1000, cpu="A", ratio=1.05):
    row = {"artifact": "a.tflite", "engine": "litert", "threads": 1, "batch": 1, "p50_us": p50, "spread": spread}
    start = {"total_ms": 300.0, "peak_rss_mb": 60.0}
    entry = {"file": "a.tflite", "evaluation": {"accuracy": accuracy}, "size_bytes": size, "cold_start": start}
    return {
        "device": {"cpu": cpu},
        "results": [row],
        "artifacts": [{**entry, "robustness": {}, "call_ratio": ratio}],
        "limits": {"call_ratio": 1.15},
        "reason": "",
        "recommended": None,
    }


@pytest.mark.parametrize(
    ("after", "regressed"),
    [
        ({}, False),
        ({"p50": 41.5}, False),  # within what no comparison takes for a change
        ({"p50": 48.0}, True),
        ({"p50": 48.0, "spread": 0.3}, False),  # as noisy as that, 20 % is nothing
        ({"p50": None}, False),
        ({"p50": 20.0}, False),
        ({"accuracy": 0.9890}, False),  # exactly the gate's tolerance
        ({"accuracy": 0.9889}, True),
        ({"size": 1100}, True),
        ({"ratio": 1.2}, True),
        ({"p50": 400.0, "cpu": "B"}, False),  # another machine is no regression
        ({"accuracy": 0.9, "cpu": "B"}, True),  # but accuracy does not depend on it
    ],
)
def test_a_regression_is_what_got_worse_beyond_noise(after, regressed):
    assert compare(result(), result(**after)).regressed is regressed


def test_an_artifact_that_no_longer_runs_is_a_regression():
    broken = result()
    broken["artifacts"] = [{"file": "a.tflite", "error": "damaged"}]
    assert compare(result(), broken).regressed
    assert not compare(broken, result()).regressed


def test_the_command_exits_1_on_a_regression_and_names_a_file_that_is_no_result(tmp_path):
    old, new, other = (tmp_path / name for name in ("old.json", "new.json", "other.json"))
    measured = json.loads(MEASURED.read_text())
    old.write_text(json.dumps(measured))
    slower = [{**row, "p50_us": row["p50_us"] and 9 * row["p50_us"]} for row in measured["results"]]
    new.write_text(json.dumps(measured | {"results": slower}))
    other.write_text("[]")
    run = CliRunner().invoke
    assert run(app, ["bench", "compare", str(old), str(old)]).exit_code == 0
    worse = run(app, ["bench", "compare", str(old), str(new), "--json"])
    assert worse.exit_code == 1
    assert json.loads(worse.stdout)["regressed"] is True
    for path in (other, tmp_path / "missing.json"):
        with pytest.raises(BenchError, match=path.name):
            load_result(path)


def test_results_are_left_as_they_are():
    old, new = result(), result(p50=80.0)
    before = copy.deepcopy((old, new))
    compare(old, new)
    assert (old, new) == before


def test_what_is_asked_of_another_device_is_what_would_be_measured_here():
    from edgedigits_apps.commands.bench import Wanted, _numbers

    for wanted in (
        Wanted(True, (), (), None, None, False, False),
        Wanted(False, (1, 4), (1,), 0.5, False, True, True),
        Wanted(True, (2,), (1, 8), None, True, False, True),
    ):
        words, options = iter(wanted.options()), {}
        for word in words:
            options[word] = next(words) if word in ("--threads", "--batch", "--seconds") else True
        there = Wanted(
            "--quick" in options,
            _numbers("--threads", options.get("--threads", "")),
            _numbers("--batch", options.get("--batch", "")),
            float(options["--seconds"]) if "--seconds" in options else None,
            True if "--robustness" in options else False if "--no-robustness" in options else None,
            "--peers" in options,
            "--profile" in options,
        )
        assert there.settings() == wanted.settings()


@pytest.mark.parametrize("text", ["0", "1,x", "-1", "1,,2", "2000"])
def test_thread_counts_that_are_none_are_wrong_usage(text):
    with pytest.raises(UsageError, match="1 to 1024"):
        CliRunner().invoke(app, ["bench", "edge", "--threads", text], catch_exceptions=False)
