"""Is an artifact as good as its float model, and which one is the best for this device? Accuracy gate and benchmark."""

from typing import TYPE_CHECKING

from edgedigits._names import names_on_demand

if TYPE_CHECKING:
    from edgedigits.errors import BenchError
    from edgedigits_bench.accuracy.gate import ArtifactResult, GateResult, verify
    from edgedigits_bench.benchmark import Settings, bench
    from edgedigits_bench.report.result import BenchResult

__all__ = ["ArtifactResult", "BenchError", "BenchResult", "GateResult", "Settings", "bench", "verify"]
__getattr__, __dir__ = names_on_demand(
    __name__,
    {
        "benchmark": ("Settings", "bench"),
        "errors": ("BenchError",),
        "accuracy.gate": ("ArtifactResult", "GateResult", "verify"),
        "report.result": ("BenchResult",),
    },
)
