"""What changed between two benchmarks beyond noise, and is any of it for the worse?"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from edgedigits.errors import BenchError
from edgedigits.files.forms import find_fault, read_form
from edgedigits_bench.accuracy.corruptions import CORRUPTIONS, STRENGTHS
from edgedigits_bench.accuracy.gate import ROUNDING_PP, TOLERANCE_PP
from edgedigits_bench.report.bench_form import BenchForm, MeasuredForm, RowForm

# What no comparison takes for a change, however quiet the machine seemed.
LATENCY_NOISE = 0.05
START_NOISE = 0.20
MEMORY_NOISE = 0.05
SIZE_NOISE = 0.01
# Facts that make two machines the same as far as timing goes.
MACHINE = ("machine", "model", "cpu", "cores", "usable_cores")


@dataclass(frozen=True)
class Change:
    """One figure in both results.

    Attributes:
        subject: the artifact, and its threads and batch where they matter.
        figure: what was measured, with its unit.
        before: the first result's value, None where it has none.
        after: the second's.
        outcome: "same", "better", "worse", or "noisy" where no figure can be trusted.
    """

    subject: str
    figure: str
    before: float | None
    after: float | None
    outcome: str


@dataclass(frozen=True)
class Comparison:
    """Two results side by side.

    Attributes:
        changes: every figure that both could have.
        notes: what limits the comparison, one line each.
    """

    changes: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def regressed(self) -> bool:
        """Whether anything got worse."""
        return any(change.outcome == "worse" for change in self.changes)

    def to_json(self) -> dict[str, Any]:
        """The object that `bench compare --json` prints."""
        changes = [asdict(change) for change in self.changes]
        return {"changes": changes, "notes": list(self.notes), "regressed": self.regressed}


def load_result(path: Path) -> BenchForm:
    """Read what `bench --json` printed.

    Raises:
        BenchError: if the file cannot be read or is something else.
    """
    try:
        return check_result(read_form(path, Any), str(path))
    except ValueError as error:
        raise BenchError(f"{path} cannot be read ({error}); give the file that bench --json wrote") from error


def check_result(result: Any, name: str) -> BenchForm:
    """A parsed result, if it has the form that `bench --json` prints.

    Raises:
        BenchError: naming what is wrong.
    """
    if isinstance(result, dict) and "verdict" in result:  # as 0.1.0 wrote it
        result["reason"] = result.pop("verdict")
    fault = find_fault(result, BenchForm) or _find_fault(cast(BenchForm, result))
    if fault:
        raise BenchError(f"{name} is no result of a benchmark: {fault}; give what bench --json wrote")
    return cast(BenchForm, result)


def _find_fault(result: BenchForm) -> str:
    """What the form does not say."""
    if any(not row["rounds_us"] or min(row["rounds_us"]) <= 0 for row in result["results"]):
        return "a row has no rounds"
    tables = [entry["robustness"] for entry in result["artifacts"] if entry.get("robustness")]
    if any(table.keys() != CORRUPTIONS.keys() for table in tables):
        return "robustness is not of the corruptions that are measured"
    if any(len(cells) != len(STRENGTHS) for table in tables for cells in table.values()):
        return f"robustness is not of {len(STRENGTHS)} strengths"
    return ""


def compare(before: BenchForm, after: BenchForm) -> Comparison:
    """Compare two results, as `bench --json` prints them.

    Timing and memory are compared only between equal machines; accuracy and size between any.
    """
    other = [name for name in MACHINE if before["device"].get(name) != after["device"].get(name)]
    notes = [f"other {' and '.join(other)}: times and memory are not compared"] if other else []
    changes = list(_artifact_changes(before, after, same_machine=not other))
    if not other:
        changes += _latency_changes(before, after)
    return Comparison(tuple(changes), tuple(notes))


def _latency_changes(before: BenchForm, after: BenchForm) -> Iterator[Change]:
    new = {_configuration(row): row for row in after["results"]}
    for row in before["results"]:
        key = _configuration(row)
        if key not in new:
            continue
        subject = f"{row['artifact']}, {row['threads']} thr., batch {row['batch']}"
        old_us, new_us = row["p50_us"], new[key]["p50_us"]
        if old_us is None or new_us is None:
            yield Change(subject, "p50 us", old_us, new_us, "noisy")
            continue
        noise = max(LATENCY_NOISE, row["spread"] + new[key]["spread"])
        yield _change(subject, "p50 us", old_us, new_us, noise)


def _configuration(row: RowForm) -> tuple[Any, ...]:
    return row["artifact"], row["engine"], row["threads"], row["batch"]


def _artifact_changes(before: BenchForm, after: BenchForm, same_machine: bool) -> Iterator[Change]:
    new = {entry["file"]: entry for entry in after["artifacts"]}
    for old in before["artifacts"]:
        name = old["file"]
        if "evaluation" not in old:
            continue
        accuracy = old["evaluation"]["accuracy"]
        if name not in new or "evaluation" not in new[name]:
            yield Change(name, "accuracy %", 100 * accuracy, None, "worse")
            continue
        yield _accuracy("accuracy %", name, accuracy, new[name]["evaluation"]["accuracy"])
        if old.get("robustness") and new[name].get("robustness"):
            yield _accuracy("robustness %", name, mean_robustness(old), mean_robustness(new[name]))
        yield _change(name, "size bytes", old["size_bytes"], new[name]["size_bytes"], SIZE_NOISE)
        if not same_machine or "cold_start" not in old:
            continue
        if "cold_start_error" in new[name]:
            yield Change(name, "cold start ms", old["cold_start"]["total_ms"], None, "worse")
        if "cold_start" not in new[name]:
            continue
        start, new_start = old["cold_start"], new[name]["cold_start"]
        yield _change(name, "cold start ms", start["total_ms"], new_start["total_ms"], START_NOISE)
        yield _change(name, "peak MB", start["peak_rss_mb"], new_start["peak_rss_mb"], MEMORY_NOISE)
        ratio, new_ratio = old["call_ratio"], new[name]["call_ratio"]
        if ratio is not None and new_ratio is not None:
            broken = ratio <= after["limits"]["call_ratio"] < new_ratio
            yield Change(name, "call ratio", ratio, new_ratio, "worse" if broken else "same")


def mean_robustness(artifact: MeasuredForm) -> float:
    """The mean accuracy over all corruptions and strengths of an artifact in a result."""
    cells = [cell["accuracy"] for cells in artifact["robustness"].values() for cell in cells]
    return float(sum(cells) / len(cells))


def _accuracy(figure: str, name: str, before: float, after: float) -> Change:
    """The images are the same, so that the gate's tolerance is the only noise there is."""
    gain, limit = 100 * (after - before), TOLERANCE_PP + ROUNDING_PP
    outcome = "worse" if gain < -limit else "better" if gain > limit else "same"
    return Change(name, figure, 100 * before, 100 * after, outcome)


def _change(subject: str, figure: str, before: float, after: float, noise: float) -> Change:
    """A figure of which less is better."""
    outcome = "worse" if after > before * (1 + noise) else "better" if after < before / (1 + noise) else "same"
    return Change(subject, figure, before, after, outcome)
