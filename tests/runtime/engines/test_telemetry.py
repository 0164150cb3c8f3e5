"""No engine reports to its maker, or leaves anything behind."""

import os
import subprocess
import sys
from pathlib import Path


def test_onnx_runtime_keeps_to_itself(tmp_path: Path) -> None:
    """Since 1.32 it makes a device number and a database of events in the home folder, unless it is told not to."""
    program = "from edgedigits import DigitClassifier; DigitClassifier('edge', 'int8.onnx')"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    folders = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    subprocess.run([sys.executable, "-c", program], env={**environment, **folders}, check=True, timeout=120)
    assert list(tmp_path.iterdir()) == []
