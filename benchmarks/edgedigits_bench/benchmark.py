"""The benchmark: every artifact of a bundle, on its engine, on this device, in one table with a recommendation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from edgedigits import Bundle, DigitClassifier
from edgedigits.engines import Images
from edgedigits_bench.device import describe_device, describe_state, usable_cores
from edgedigits_bench.errors import BenchError
from edgedigits_bench.evaluate import Progress, silent
from edgedigits_bench.footprint import ColdStart, cold_starts, installed_bytes
from edgedigits_bench.gate import GateResult, verify
from edgedigits_bench.latency import Effort, Stages, Timing, take_turns
from edgedigits_bench.raw import raw_stages
from edgedigits_bench.verdict import Verdict, decide
from edgedigits_data import load_mnist

SCHEMA = 1


@dataclass(frozen=True)
class Settings:
    """What to measure, and how thoroughly.

    Attributes:
        threads: the thread counts to try.
        batches: the batch sizes to try.
        effort: how long each latency is measured.
        launches: how many fresh processes each artifact is started in.
    """

    threads: tuple[int, ...] = ()
    batches: tuple[int, ...] = (1, 32)
    effort: Effort = field(default_factory=Effort)
    launches: int = 5

    @classmethod
    def quick(cls) -> "Settings":
        """A first look in half a minute: one thread, one image, 200 calls."""
        return cls(threads=(1,), batches=(1,), effort=Effort(seconds=0.3, calls=200, rounds=5), launches=3)


@dataclass(frozen=True)
class Configuration:
    """What one row of the table is about."""

    artifact: str
    engine: str
    threads: int
    batch: int


@dataclass(frozen=True)
class BenchResult:
    """All that a run found out.

    Attributes:
        device: which machine it was, with its state before and after.
        gate: what every artifact costs in accuracy.
        cold: for each artifact what a fresh process needs until its first answer.
        ours: for each configuration the latency of `DigitClassifier.probabilities`.
        raw: and that of the engine's own call, in three stages.
        sizes: for each artifact its bytes.
        verdict: which one to ship.
    """

    device: Mapping[str, Any]
    gate: GateResult
    cold: Mapping[str, ColdStart]
    ours: Mapping[Configuration, Timing]
    raw: Mapping[Configuration, Timing]
    sizes: Mapping[str, int]
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """The object that `bench --json` prints."""
        accuracies = {entry.file: entry.evaluation for entry in self.gate.artifacts}
        rows = []
        for configuration, timing in self.ours.items():
            start, evaluation = self.cold.get(configuration.artifact), accuracies[configuration.artifact]
            rows.append(
                {
                    **asdict(configuration),
                    **_latency(configuration, timing, self.raw[configuration]),
                    "first_call_us": round(start.first_call_us, 1) if start else None,
                    "load_ms": round(start.load_ms, 2) if start else None,
                    "peak_rss_mb": round(start.peak_rss_mb, 1) if start else None,
                    "size_bytes": self.sizes[configuration.artifact],
                    "accuracy": evaluation.accuracy if evaluation else None,
                }
            )
        return {
            "schema": SCHEMA,
            "device": dict(self.device),
            "results": rows,
            "artifacts": [self._artifact(entry.file) for entry in self.gate.artifacts],
            "gate": self.gate.to_json(),
            "recommended": self.verdict.artifact,
            "verdict": self.verdict.line,
        }

    def _artifact(self, name: str) -> dict[str, Any]:
        entry = next(entry for entry in self.gate.artifacts if entry.file == name)
        start = self.cold.get(name)
        return {
            "file": name,
            "engine": entry.engine,
            "size_bytes": self.sizes[name],
            **({"error": entry.error} if entry.error else {}),
            "evaluation": asdict(entry.evaluation) if entry.evaluation else None,
            "cold_start": {**asdict(start), "total_ms": start.total_ms} if start else None,
        }


def bench(bundle: Bundle, settings: Settings | None = None, progress: Progress = silent) -> BenchResult:
    """Measure every artifact of a bundle on this device and say which one to ship.

    Args:
        bundle: what to measure.
        settings: how thoroughly.
        progress: told what is being done.

    Raises:
        BenchError: if no artifact of the bundle runs here.
        DataError: if the test images are damaged.
    """
    settings = settings or Settings()
    threads = settings.threads or tuple(sorted({1, usable_cores()}))
    before = describe_state()
    gate = verify(bundle, progress=progress)
    running = [entry for entry in gate.artifacts if entry.evaluation]
    if not running:
        raise BenchError(f"no artifact of {bundle.path} runs here; edgedigits verify says why")
    cold = cold_starts(bundle, [entry.file for entry in running], settings.launches, progress=progress)
    configurations = [
        Configuration(entry.file, str(entry.engine), count, batch)
        for entry in running
        for count in threads
        for batch in settings.batches
    ]
    ours, raw = _latencies(bundle, configurations, settings.effort, progress)
    state = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "before": before, "after": describe_state()}
    return BenchResult(
        device={**describe_device(bundle), **state, "installed_bytes": installed_bytes()},
        gate=gate,
        cold=cold,
        ours=ours,
        raw=raw,
        sizes={name: int(bundle.files[name]["size_bytes"]) for name in bundle.artifacts},
        verdict=decide(gate, ours),
    )


def _latencies(
    bundle: Bundle, configurations: Sequence[Configuration], effort: Effort, progress: Progress
) -> tuple[dict[Configuration, Timing], dict[Configuration, Timing]]:
    """Our call and the engine's own for each configuration, all taking turns."""
    images = load_mnist("test").images
    subjects: dict[tuple[Configuration, str], Stages] = {}
    for item in configurations:
        batch = images[: item.batch]
        classifier = DigitClassifier(bundle, item.artifact, item.threads)
        subjects[item, "ours"] = (_asked(classifier, batch),)
        subjects[item, "raw"] = raw_stages(item.artifact, bundle.read(item.artifact), batch, item.threads)
    timings = take_turns(subjects, effort, progress=progress)
    ours = {item: timings[item, "ours"] for item in configurations}
    return ours, {item: timings[item, "raw"] for item in configurations}


def _asked(classifier: DigitClassifier, batch: Images) -> Callable[[Any], Any]:
    return lambda _: classifier.probabilities(batch)


def _latency(configuration: Configuration, ours: Timing, raw: Timing) -> dict[str, Any]:
    """The timing fields of one row; null where the rounds disagree too much for a figure."""
    facts: dict[str, Any] = {"runs": ours.runs}
    figures = {name: round(value, 1) for name, value in asdict(ours.total).items()}
    figures["images_per_second"] = round(configuration.batch * 1e6 / ours.total.p50_us, 1)
    facts |= dict.fromkeys(figures) if ours.noisy else figures
    stages = dict(zip(("input_us", "invoke_us", "output_us"), (round(us, 1) for us in raw.stages), strict=True))
    facts |= dict.fromkeys(stages) if raw.noisy else stages
    rounds = [round(us, 1) for us in ours.round_medians]
    return {**facts, "rounds_us": rounds, "spread": round(ours.spread, 3), "noisy": ours.noisy}
