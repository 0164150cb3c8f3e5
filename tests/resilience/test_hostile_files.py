"""What a user names, at every command that takes a path: pipes, devices and damaged JSON are one line and an end."""

import json
import os
from pathlib import Path

import pytest

from edgedigits import load_bundle

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "edge.json"
# Runs into a time-out where a command waits for somebody to write into a pipe.
SECONDS = 300


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path / "pipe.png"


def refused(done, words, status):
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == status


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["read", "{pipe}"],
        ["read", "{pipe}", "--bundle", "{pipe}"],
        ["webcam", "--source", "{pipe}", "--headless"],
        ["webcam", "--source", "{pipe}.mp4", "--headless"],
        ["verify", "{pipe}"],
        ["verify", "{bundle}"],
        ["bench", "compare", "{pipe}", "{pipe}"],
        ["train", "--data", "{pipe}", "--out", "{out}"],
        ["train", "--from", "{pipe}", "--out", "{out}"],
        ["export", "{pipe}", "--out", "{out}"],
    ],
    ids=" ".join,
)
def test_a_pipe_is_refused_at_once_by_every_command(edgedigits, pipe, tmp_path, command):
    os.mkfifo(f"{pipe}.mp4")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    os.mkfifo(bundle / "manifest.json")
    places = {"pipe": pipe, "bundle": bundle, "out": tmp_path / "out"}
    done = edgedigits(*(word.format(**places) for word in command), timeout=SECONDS)
    assert done.returncode in (1, 2)
    assert [line.startswith("error: ") for line in done.stderr.splitlines()].count(True) == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")


def damaged_results():
    """Results in which one thing is wrong."""
    good = json.loads(RESULT.read_text())
    yield "list", [1]
    yield "nothing", {}
    yield "artifacts", good | {"artifacts": [1]}
    yield "rounds", good | {"results": [good["results"][0] | {"rounds_us": []}]}
    yield "size", good | {"artifacts": [good["artifacts"][0] | {"size_bytes": 10**30}]}
    yield "device", good | {"device": None}
    corruption, cells = next(iter(good["artifacts"][0]["robustness"].items()))
    table = good["artifacts"][0]["robustness"]
    yield "strengths", good | {"artifacts": [good["artifacts"][0] | {"robustness": table | {corruption: cells[:2]}}]}
    yield "corruptions", good | {"artifacts": [good["artifacts"][0] | {"robustness": {corruption: cells}}]}


@pytest.mark.parametrize("name", [name for name, _ in damaged_results()])
def test_a_damaged_result_is_refused_by_compare_and_report(tmp_path, name):
    from edgedigits.errors import BenchError
    from edgedigits_bench.report.comparison import load_result

    path = tmp_path / "result.json"
    path.write_text(json.dumps(dict(damaged_results())[name]))
    with pytest.raises(BenchError, match="is no result of a benchmark") as error:
        load_result(path)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.slow
def test_the_commands_refuse_it_in_one_line(edgedigits, tmp_path):
    (tmp_path / "result.json").write_text('{"device": [1]}')
    refused(edgedigits("bench", "compare", RESULT, tmp_path / "result.json"), "no result", 1)
    report = edgedigits("bench", "report", tmp_path / "result.json", "--html", tmp_path / "page.html")
    refused(report, "no result", 1)
    manifest = json.loads((load_bundle("edge").path / "manifest.json").read_text())
    manifest["files"]["int8.tflite"]["size_bytes"] = 10**30
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    refused(edgedigits("verify", tmp_path), "files.int8.tflite.size_bytes is 1000", 1)


@pytest.mark.parametrize("name", ["settings", "metrics", "history"])
def test_a_run_whose_json_is_damaged_is_no_traceback(tmp_path, name):
    from edgedigits.errors import ExportError
    from edgedigits_export.model.loading import open_source

    (tmp_path / "model.keras").write_bytes(b"")
    for content in ("[1]", "5", "{", '{"model": NaN}'):
        (tmp_path / f"{name}.json").write_text(content)
        with pytest.raises(ExportError, match=f"{name}.json is damaged"):
            open_source(tmp_path)


def test_pictures_with_odd_numerals_in_their_names_are_sorted(tmp_path):
    from edgedigits.live.sources import _natural

    assert sorted(["\u00b21.png", "10.png", "9.png"], key=_natural) == ["9.png", "10.png", "\u00b21.png"]


@pytest.mark.slow
def test_too_little_memory_is_told(edgedigits, tmp_path):
    import resource

    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "large.png"), np.full((9000, 9000), 255, np.uint8))
    limit = 700_000_000
    done = edgedigits(
        "read", tmp_path / "large.png", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    )
    assert done.returncode == 1
    assert "does not fit into memory" in done.stderr
