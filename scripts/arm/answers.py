"""Has every artifact of some bundles classify the same images, and the reader read a page, each in its own process.

Runs on the development machine and, unchanged, inside the emulated device: python answers.py QUESTION OUT.npz
The question is a folder with bundles/, images.npy and page.png. A native crash is a row of the report and not its end.
"""

import faulthandler
import importlib
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits import Bundle, DigitClassifier, DigitReader, load_bundle
from edgedigits.engines.choice import MICRO_ENGINE, engine_of
from edgedigits.imaging.picture_files import load_picture

ENGINES = ("ai_edge_litert.interpreter", "onnxruntime")
PACKAGES = ("edgedigits", "numpy", "opencv-python", "opencv-python-headless", "ai-edge-litert", "onnxruntime")


def main() -> None:
    """Answer with every artifact that an engine of a device runs; a microcontroller's file has none there."""
    question, out = Path(sys.argv[1]), Path(sys.argv[2])
    images, page = np.load(question / "images.npy"), load_picture(question / "page.png")
    answers, artifacts, pages = {}, {}, {}
    for module in ENGINES:  # imported once for all forks, unless that crashes, which is then theirs to say
        if not apart(load, module)[1]["status"]:
            load(module)
    for bundle in map(load_bundle, sorted((question / "bundles").iterdir())):
        for artifact in bundle.artifacts:
            if engine_of(artifact) != MICRO_ENGINE:
                name = f"{bundle.name}/{artifact}"
                answer, artifacts[name] = apart(classify, bundle, artifact, images)
                if answer is not None:
                    answers[name] = answer
                print(f"{platform.machine()}: {name} {artifacts[name]}", file=sys.stderr, flush=True)
        rows, ended = apart(read, bundle, page)
        pages[bundle.name] = ended if rows is None else json.loads(str(rows))
    facts = json.dumps({"device": device(), "artifacts": artifacts, "pages": pages})
    np.savez_compressed(out, report=np.frombuffer(facts.encode(), np.uint8), **answers)


def load(module: str) -> NDArray[Any]:
    """Import an engine."""
    importlib.import_module(module)
    return np.zeros(0)


def classify(bundle: Bundle, artifact: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """One artifact's probabilities, float32 (N, 10)."""
    return DigitClassifier(bundle, artifact).probabilities(images)


def read(bundle: Bundle, picture: NDArray[np.uint8]) -> NDArray[np.str_]:
    """What must be the same everywhere, as JSON: the rows, and where each digit stands."""
    page = DigitReader(bundle).read(picture)
    return np.array(json.dumps({"rows": page.rows, "boxes": [digit.box for digit in page.digits]}))


def apart(answer: Callable[..., NDArray[Any]], *question: Any) -> tuple[NDArray[Any] | None, dict[str, Any]]:
    """What an answer is, None if its process failed; and how that ended.

    The process is forked, so that what an emulated device takes minutes to import is imported once.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, error = Path(folder) / "answer.npy", Path(folder) / "error"
        started = time.monotonic()
        child = os.fork()
        if not child:
            with error.open("wb") as file:
                os.dup2(file.fileno(), 2)
            faulthandler.enable()
            try:
                np.save(out, answer(*question))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            return None, {"status": status, "error": error.read_text(errors="replace").strip()[-2000:]}
        return np.load(out), {"status": 0, "seconds": round(time.monotonic() - started, 1)}


def device() -> dict[str, Any]:
    """What answered: machine, Python, packages."""
    return {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }


def installed(package: str) -> str | None:
    """A package's version, if it is there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
