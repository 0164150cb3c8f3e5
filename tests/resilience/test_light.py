"""Nothing is imported that a command does not use: what a device pays for a short answer."""

import subprocess
import sys

import pytest

ENGINES = {"ai_edge_litert", "tflite_runtime", "onnxruntime", "tensorflow", "keras", "onnx", "tf2onnx", "tflite_micro"}
PICTURES = {"cv2", "numpy"}
SCREENS = {"starlette", "uvicorn", "matplotlib", "pandas", "ray", "pyarrow"}
CLI = "from edgedigits_apps.cli import main; main()"


def modules_after(program: str, *arguments: str) -> tuple[int, set[str]]:
    """Run a program in a fresh interpreter; its exit status and the packages it had loaded by the end."""
    code = "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n" + program
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode, {name.split(".")[0] for name in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["read", "--help"], ["info", "--json"]], ids=" ".join)
def test_asking_loads_neither_pictures_nor_engines(arguments):
    status, loaded = modules_after(CLI, *arguments)
    assert status == 0
    assert not loaded & (ENGINES | PICTURES | SCREENS)


@pytest.mark.parametrize("arguments", [["verify", "missing", "--json"], ["bench", "missing", "--json"]], ids=" ".join)
def test_a_missing_bundle_is_told_without_an_engine(arguments):
    status, loaded = modules_after(CLI, *arguments)
    assert status in (1, 2)
    assert not loaded & (ENGINES | SCREENS)


def test_every_public_name_is_there_and_none_loads_an_engine():
    names = "from edgedigits import Bundle, Digit, DigitClassifier, DigitReader, ImageClassifier, Page, load_bundle"
    status, loaded = modules_after(names)
    assert status == 0
    assert loaded >= PICTURES
    assert not loaded & (ENGINES | SCREENS | {"typer", "rich"})


def test_the_classifier_brings_little_along_beside_numpy_opencv_and_litert():
    # Each of these costs milliseconds (urllib by pathlib, OpenSSL by hashlib), and only opening a bundle needs them.
    base = "import numpy, cv2, ai_edge_litert.interpreter"
    _, before = modules_after(base)
    names = "from edgedigits import Bundle, Digit, DigitClassifier, DigitReader, ImageClassifier, Page, load_bundle"
    _, loaded = modules_after(f"{base}\n{names}")
    assert not (loaded - before) & {"pathlib", "urllib", "hashlib", "_hashlib", "json", "threading"}


def test_importing_the_package_alone_loads_nothing_else():
    status, loaded = modules_after("import edgedigits")
    assert status == 0
    assert not loaded & (ENGINES | PICTURES | SCREENS)
