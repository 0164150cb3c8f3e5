"""Where does the time go? Each operator's share of a call, as the engine's own profiler counts it."""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgedigits import Bundle
from edgedigits.engines.choice import engine_of
from edgedigits.errors import BenchError

CALLS = 300
WARM_UP_CALLS = 50
SECONDS = 120
LITERT = Path(__file__).with_name("litert_profiler.py")


def profile(bundle: Bundle, artifacts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Profile each artifact.

    Returns:
        For each one its operators in the order in which they run: `operator`, `us` and `share` of their sum, or one
        entry with the `error` that kept the profiler from telling.
    """
    found = {}
    for artifact in artifacts:
        measure = _litert if engine_of(artifact) == "litert" else _onnxruntime
        try:
            found[artifact] = _shares(measure(bundle.read(artifact)))
        except BenchError as error:
            found[artifact] = [{"operator": "-", "us": 0.0, "share": 0.0, "error": str(error)}]
    return found


def _shares(durations: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    times = {name: middle_mean(values[WARM_UP_CALLS:]) for name, values in durations.items()}
    total = sum(times.values()) or 1.0
    return [{"operator": name, "us": round(us, 2), "share": round(us / total, 4)} for name, us in times.items()]


def middle_mean(values: Sequence[float]) -> float:
    """The mean of the middle half: both profilers count whole microseconds, of which a median shows nothing between,
    and a mean of everything would be that of the interruptions."""
    ordered = np.sort(np.asarray(values, float))
    quarter = len(ordered) // 4
    return float(ordered[quarter : len(ordered) - quarter].mean())


def _litert(model: bytes) -> dict[str, list[float]]:
    """LiteRT's own profile, with the operators inside its delegate."""
    command = [sys.executable, "-P", str(LITERT), str(WARM_UP_CALLS + CALLS)]
    try:
        done = subprocess.run(command, input=model, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603
        found: dict[str, list[float]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise BenchError(f"this LiteRT's profiler does not answer ({type(error).__name__})") from error
    return found


def _onnxruntime(model: bytes) -> dict[str, list[float]]:
    """ONNX Runtime's own profile, for each node of the optimized graph."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        source = session.get_inputs()[0]
        image = np.zeros((1, *source.shape[1:]), np.uint8 if source.type == "tensor(uint8)" else np.float32)
        for _ in range(WARM_UP_CALLS + CALLS):
            session.run(None, {source.name: image})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    durations: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = f"{event['args']['op_name']} ({event['name'].removesuffix('_kernel_time')})"
            durations[name].append(float(event["dur"]))
    return durations
