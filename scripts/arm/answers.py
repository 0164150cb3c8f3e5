"""Has every artifact of a bundle classify the same images, each in a process of its own, and keeps what came out.

Runs on the development machine and, unchanged, inside the emulated device: python answers.py BUNDLE IMAGES.npy OUT.npz
A native crash of an engine is a row of the report and not the end of it.
"""

import faulthandler
import json
import os
import platform
import sys
import tempfile
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits import DigitClassifier, load_bundle

PACKAGES = ("edgedigits", "numpy", "opencv-python", "opencv-python-headless", "ai-edge-litert", "onnxruntime")
Images = NDArray[np.uint8]
Answer = NDArray[np.float32]


def main() -> None:
    """Answer with every artifact."""
    bundle, images, out = sys.argv[1:4]
    question = np.load(images)
    answers, report = {}, {}
    for artifact in load_bundle(bundle).artifacts:
        answer, report[artifact] = one(bundle, artifact, question)
        if answer is not None:
            answers[artifact] = answer
        print(f"{platform.machine()}: {artifact} {report[artifact]}", file=sys.stderr, flush=True)
    facts = json.dumps({"device": device(), "artifacts": report})
    np.savez_compressed(out, report=np.frombuffer(facts.encode(), np.uint8), **answers)


def one(bundle: str, artifact: str, images: Images) -> tuple[Answer | None, dict[str, Any]]:
    """One artifact's probabilities, float32 (N, 10), or None; and how its process ended.

    The process is forked, so that what an emulated device takes minutes to import is imported once.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, error = Path(folder) / "answer.npy", Path(folder) / "error"
        child = os.fork()
        if not child:
            with error.open("wb") as file:
                os.dup2(file.fileno(), 2)
            faulthandler.enable()
            try:
                np.save(out, DigitClassifier(bundle, artifact).probabilities(images))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            return None, {"status": status, "error": error.read_text(errors="replace").strip()[-2000:]}
        return np.load(out), {"status": 0}


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
