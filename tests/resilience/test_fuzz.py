"""A short round of every fuzzer, always the same cases; `make fuzz` runs them for longer with new ones."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgedigits import DigitReader

FUZZ = Path(__file__).with_name("fuzz.py")


@pytest.mark.slow
@pytest.mark.parametrize("target", ["idx", "manifest", "npz", "onnx", "picture", "result", "tflite", "video"])
def test_damaged_files_are_read_or_refused(target):
    command = [sys.executable, str(FUZZ), target, "--cases", "80", "--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout)["cases"] >= 80


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", FUZZ)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz"]


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (lambda path: os.kill(os.getpid(), 9), "SIGKILL"),
        (lambda path: time.sleep(30), "SIGALRM"),
        (lambda path: sum(iter(int, 1)), "SIGXCPU"),
        (lambda path: {}["missing"], "KeyError"),
        (lambda path: os._exit(3), "status 3"),
        (lambda path: os.write(1, b"stray"), "standard output"),
        (lambda path: (path.parents[1] / "elsewhere").write_text("x"), "wrote"),
        (lambda path: bytearray(10**11), "MemoryError"),
        (lambda path: b"x" * 400_000_000, "resident"),
        (lambda path: None, None),
        (lambda path: (path.parent / "beside").write_text("x"), None),
    ],
    ids=["crash", "wait", "spin", "traceback", "exit", "print", "write", "allocate", "fill", "nothing", "write-inside"],
)
def test_the_fuzzer_sees_what_goes_wrong(fuzz, monkeypatch, tmp_path, harm, complaint):
    monkeypatch.setattr(fuzz, "SECONDS", 1 if complaint == "SIGALRM" else 60)
    monkeypatch.setattr(fuzz, "BUSY_SECONDS", 1 if complaint == "SIGXCPU" else 20)
    monkeypatch.setattr(fuzz, "MOST_RESIDENT", 200_000_000)
    (tmp_path / "case").mkdir()
    if complaint is None:
        assert fuzz.attempt(harm, tmp_path / "case" / "file") > 0
        return
    with pytest.raises(AssertionError, match=complaint):
        fuzz.attempt(harm, tmp_path / "case" / "file")


@pytest.mark.parametrize(
    ("target", "sample", "changes"),
    [
        pytest.param("picture", "page.png", [("put", 30, b"\xff" * 4)], id="a chunk of 4 GB, which OpenCV allocated"),
        pytest.param("npz", "plain.npz", [("put", 116, b"\x00" * 5)], id="a header on which numpy's tokenizer gave up"),
    ],
)
def test_what_was_found_once_stays_mended(fuzz, monkeypatch, tmp_path, target, sample, changes):
    monkeypatch.setattr(fuzz, "READER", DigitReader(), raising=False)
    path = tmp_path / sample
    path.write_bytes(fuzz.apply(fuzz.TARGETS[target].corpus()[sample], changes))
    assert fuzz.attempt(fuzz.TARGETS[target].read, path) > 0
