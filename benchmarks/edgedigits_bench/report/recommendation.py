"""Which artifact should be shipped on this device? One line, and the reason."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from edgedigits_bench.accuracy.gate import GateResult
from edgedigits_bench.speed.latency import Configuration, Timing

ENGINE_NAMES = {"litert": "LiteRT", "onnxruntime": "ONNX Runtime"}
# Latencies nearer to each other than this are called equal, and the other virtues decide.
EQUAL = 0.05


@dataclass(frozen=True)
class Recommendation:
    """The recommendation: an artifact, or None where there is nothing to recommend, and one line that says why."""

    artifact: str | None
    line: str


def recommend(
    gate: GateResult, timings: Mapping[Configuration, Timing], failing: Collection[str] = ()
) -> Recommendation:
    """Choose the fastest artifact that passes the gate, for one image at a time, but none of the `failing`.

    Among those about as fast as the fastest: fewer threads, then less accuracy lost, then the first in the bundle.
    Where timings were too noisy for a figure they are ranked by their calmest rounds, and the line says so.
    """
    passed = {entry.file: entry.evaluation for entry in gate.artifacts if entry.passed and entry.evaluation}
    evaluations = {file: evaluation for file, evaluation in passed.items() if file not in failing}
    single = {item: timing for item, timing in timings.items() if item.batch == min(i.batch for i in timings)}
    noisy = any(timing.noisy for timing in single.values())
    latencies = {item: timing.calmest_us if noisy else timing.total.p50_us for item, timing in single.items()}
    candidates = {item: latency for item, latency in latencies.items() if item.artifact in evaluations}
    if not candidates:
        reason = "what is within tolerance of the float model fails in a fresh process"
        reason = reason if passed else "no artifact is within tolerance of the float model"
        return Recommendation(None, f"nothing to recommend: {reason}")
    fastest = min(candidates.values())
    near = [item for item, latency in candidates.items() if latency <= fastest * (1 + EQUAL)]
    best = min(near, key=lambda item: (item.threads, evaluations[item.artifact].drop_pp))
    line = (
        f"ship {best.artifact} with {ENGINE_NAMES[best.engine]}, {best.threads} thread{'s' * (best.threads > 1)}: "
        f"{duration(candidates[best])}, {0.0 - evaluations[best.artifact].drop_pp:.2f} pp"
    )
    line += _slower_int8(best, latencies)
    return Recommendation(best.artifact, line + "; the machine was noisy, so the calmest rounds are compared" * noisy)


def _slower_int8(best: Configuration, latencies: Mapping[Configuration, float]) -> str:
    """A remark where integers, contrary to what everybody expects, do not pay on this CPU."""
    same = {
        PurePath(item.artifact).stem: latency
        for item, latency in latencies.items()
        if item.engine == best.engine and item.threads == best.threads
    }
    int8 = same.get("int8", 0.0)
    return f"; int8 is slower on this CPU ({duration(int8)})" if int8 > latencies[best] * (1 + EQUAL) else ""


def duration(microseconds: float) -> str:
    """A duration as people read it."""
    return f"{microseconds:.0f} us" if microseconds < 10_000 else f"{microseconds / 1000:.1f} ms"
