"""What a benchmark found out, and the JSON that it is kept in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from edgedigits_bench.accuracy.evaluation import Evaluation
from edgedigits_bench.accuracy.gate import ArtifactResult, GateResult
from edgedigits_bench.accuracy.robustness import Robustness
from edgedigits_bench.report.bench_form import (
    SCHEMA,
    BenchForm,
    DeviceForm,
    EvaluationForm,
    MeasuredForm,
    OperatorForm,
    PeerForm,
    RowForm,
)
from edgedigits_bench.report.recommendation import Recommendation
from edgedigits_bench.speed.engine_graph import Graph
from edgedigits_bench.speed.footprint import ColdStart
from edgedigits_bench.speed.latency import Configuration, Timing

# What our own code may add to a call of the engine, and a first answer to a process that only imports what it needs.
CALL_RATIO_LIMIT = 1.15
COLD_RATIO_LIMIT = 1.10


@dataclass(frozen=True)
class BenchResult:
    """All that a run found out.

    Attributes:
        device: which machine it was, with its state before and after.
        gate: what every artifact costs in accuracy.
        ours: for each configuration the latency of `DigitClassifier.probabilities`.
        raw: and that of the engine's own call, in four stages (raw.STAGES).
        cold: for each artifact what a fresh process needs until its first answer.
        bare: the same without our runtime.
        cold_ratios: and what the first relative to the second's imports is.
        failed: how the fresh process ended, in one line, for each (artifact, "ours" or "bare") without such figures.
        graphs: for each artifact what its engine makes of it.
        sizes: for each artifact its bytes.
        robustness: how each artifact does on corrupted images; empty if that was not asked for, as the next two.
        peers: the same model in other engines.
        profile: for each artifact where the time goes by operator.
        recommendation: which one to ship.
    """

    device: Mapping[str, Any]
    gate: GateResult
    ours: Mapping[Configuration, Timing]
    raw: Mapping[Configuration, Timing]
    cold: Mapping[str, ColdStart]
    bare: Mapping[str, ColdStart]
    cold_ratios: Mapping[str, float]
    failed: Mapping[tuple[str, str], str]
    graphs: Mapping[str, Graph]
    sizes: Mapping[str, int]
    robustness: Robustness
    peers: Sequence[Mapping[str, Any]]
    profile: Mapping[str, Sequence[Mapping[str, Any]]]
    recommendation: Recommendation

    def to_json(self) -> BenchForm:
        """The object that `bench --json` prints."""
        return {
            "schema": SCHEMA,
            "device": cast(DeviceForm, dict(self.device)),
            "results": [self._row(configuration) for configuration in self.ours],
            "artifacts": [self._artifact(entry) for entry in self.gate.artifacts],
            "limits": {"call_ratio": CALL_RATIO_LIMIT, "cold_ratio": COLD_RATIO_LIMIT},
            "peers": [cast(PeerForm, row) for row in self.peers],
            "profile": {name: [cast(OperatorForm, row) for row in rows] for name, rows in self.profile.items()},
            "gate": self.gate.to_json(),
            "recommended": self.recommendation.artifact,
            "reason": self.recommendation.line,
        }

    def call_ratio(self, artifact: str) -> float | None:
        """What our call for one image takes, relative to the engine's own; the median over the rounds.

        Both take their turns one after the other, so that the ratio holds where the times themselves drift.
        """
        single = [item for item in self.ours if item.artifact == artifact and item.threads == item.batch == 1]
        return self.ours[single[0]].relative_to(self.raw[single[0]]) if single else None

    def _row(self, configuration: Configuration) -> RowForm:
        entry = next(entry for entry in self.gate.artifacts if entry.file == configuration.artifact)
        start = self.cold.get(configuration.artifact)
        row = {
            **asdict(configuration),
            **_latency(configuration, self.ours[configuration], self.raw[configuration]),
            "first_call_us": round(start.first_call_us, 1) if start else None,
            "load_ms": round(start.load_ms, 2) if start else None,
            "peak_rss_mb": round(start.peak_rss_mb, 1) if start else None,
            "size_bytes": self.sizes[configuration.artifact],
            "accuracy": entry.evaluation.accuracy if entry.evaluation else None,
        }
        return cast(RowForm, row)

    def _artifact(self, entry: ArtifactResult) -> MeasuredForm:
        facts: MeasuredForm = {"file": entry.file, "engine": entry.engine, "size_bytes": self.sizes[entry.file]}
        if not entry.evaluation:
            return {**facts, "error": entry.error}
        if entry.file not in self.graphs:  # made for another kind of device
            return {**facts, "evaluation": rounded(entry.evaluation)}
        ratio = self.call_ratio(entry.file)
        measured = {
            **facts,
            **_listed(asdict(self.graphs[entry.file])),
            "evaluation": rounded(entry.evaluation),
            **self._starts(entry.file),
            "call_ratio": round(ratio, 3) if ratio else None,
            "robustness": {
                name: [rounded(evaluation) for evaluation in evaluations]
                for name, evaluations in self.robustness.get(entry.file, {}).items()
            },
        }
        return cast(MeasuredForm, measured)

    def _starts(self, artifact: str) -> dict[str, Any]:
        """An artifact's cold starts, or how they failed."""
        start, bare, ratio = self.cold.get(artifact), self.bare.get(artifact), self.cold_ratios.get(artifact)
        facts: dict[str, Any] = {"cold_ratio": round(ratio, 3) if ratio else None}
        for name, way, found in (("cold_start", "ours", start), ("bare_cold_start", "bare", bare)):
            if found:
                facts[name] = {**_rounded(asdict(found)), "total_ms": round(found.total_ms, 2)}
            else:
                facts[f"{name}_error"] = self.failed[artifact, way]
        return facts


def cold_start_errors(result: BenchForm) -> list[str]:
    """How the fresh processes failed that did, one line each, from what `bench --json` prints."""
    errors = [[entry.get("cold_start_error"), entry.get("bare_cold_start_error")] for entry in result["artifacts"]]
    return [error for pair in errors for error in pair if error]


def rounded(evaluation: Evaluation) -> EvaluationForm:
    """An evaluation's figures to six digits; a millionth of 10,000 images is nothing."""
    return cast(EvaluationForm, _rounded(asdict(evaluation)))


def _rounded(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 6)
        if isinstance(value, float)
        else [round(item, 6) for item in value]
        if isinstance(value, tuple)
        else value
        for name, value in facts.items()
    }


def _listed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Tuples as the lists that they are in JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}


def _latency(configuration: Configuration, ours: Timing, raw: Timing) -> dict[str, Any]:
    """The timing fields of one row; null where the rounds disagree too much for a figure."""
    figures = {name: round(value, 1) for name, value in asdict(ours.total).items()}
    figures["images_per_second"] = round(configuration.batch * 1e6 / ours.total.p50_us, 1)
    convert, put, invoke, get = raw.stages
    stages = {"input_us": round(convert + put, 1), "invoke_us": round(invoke, 1), "output_us": round(get, 1)}
    return {
        "runs": ours.runs,
        **(dict.fromkeys(figures) if ours.noisy else figures),
        **(dict.fromkeys(stages) if raw.noisy else stages),
        "rounds_us": [round(us, 1) for us in ours.round_medians],
        "spread": round(ours.spread, 3),
        "noisy": ours.noisy,
    }
