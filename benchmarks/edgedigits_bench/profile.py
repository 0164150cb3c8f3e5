"""Where does the time go? Each operator's share of a call, as the engine's own profiler counts it."""

import json
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from edgedigits import Bundle
from edgedigits.engine_choice import engine_of

CALLS = 300
WARM_UP_CALLS = 50


def profile(bundle: Bundle, artifacts: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Profile each artifact.

    Returns:
        For each one its operators in the order in which they run: `operator`, `median_us` over the calls after a
        warm-up, and `share` of their sum.
    """
    onnx = [artifact for artifact in artifacts if engine_of(artifact) == "onnxruntime"]
    return {artifact: _shares(_onnxruntime(bundle.read(artifact))) for artifact in onnx}


def _shares(durations: dict[str, list[float]]) -> list[dict[str, Any]]:
    medians = {name: median(values[WARM_UP_CALLS:]) for name, values in durations.items()}
    total = sum(medians.values()) or 1.0
    return [{"operator": name, "median_us": us, "share": round(us / total, 4)} for name, us in medians.items()]


def _onnxruntime(model: bytes) -> dict[str, list[float]]:
    """ONNX Runtime's own profile: microseconds of every call, for each node of the optimized graph."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        source = session.get_inputs()[0]
        image = np.zeros((1, 28, 28, 1), np.uint8 if source.type == "tensor(uint8)" else np.float32)
        for _ in range(WARM_UP_CALLS + CALLS):
            session.run(None, {source.name: image})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    durations: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = f"{event['args']['op_name']} ({event['name'].removesuffix('_kernel_time')})"
            durations[name].append(float(event["dur"]))
    return durations
