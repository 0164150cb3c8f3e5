"""One self-contained page about a benchmark, made from its JSON; works offline and prints well."""

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgedigits.errors import BenchError, MissingExtraError, missing_extra
from edgedigits.files.atomic import write_whole
from edgedigits_bench.report.bench_form import BenchForm, ColdStartForm, DeviceForm, OperatorForm, PeerForm
from edgedigits_bench.report.comparison import mean_robustness
from edgedigits_bench.report.result import cold_start_errors


def write_report(result: BenchForm, path: Path) -> None:
    """Write the page for what `bench --json` prints.

    Raises:
        MissingExtraError: if Matplotlib or Jinja is not installed.
        BenchError: if the file cannot be written.
    """
    require_plots()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, render(result).encode())
    except OSError as error:
        raise BenchError(f"{path} cannot be written ({error.strerror}); choose another place with --html") from error


def require_plots() -> None:
    """Raise a MissingExtraError if Matplotlib, for the plots, or Jinja, for the page, is not installed."""
    for package in ("matplotlib", "jinja2"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(missing_extra("a report", package))


def render(result: BenchForm) -> str:
    """The page for what `bench --json` prints."""
    import jinja2
    from markupsafe import Markup

    from edgedigits_bench.report import plots

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    robust = any(entry.get("robustness") for entry in result["artifacts"])
    return environment.get_template("report.html.jinja").render(
        device=result["device"],
        bundle=result["device"]["bundle"] or {"name": "?", "sha256": ""},
        reason=result["reason"],
        accuracy_against_latency=Markup(plots.accuracy_against_latency(result)),  # noqa: S704 (drawn by Matplotlib)
        latencies=_latencies(result),
        accuracies=_accuracies(result),
        footprints=_footprints(result),
        cold_start=Markup(plots.cold_start(result)),  # noqa: S704
        cold_start_errors=cold_start_errors(result),
        robustness=_robustness(result) if robust else None,
        robustness_plot=Markup(plots.robustness(result)) if robust else "",  # noqa: S704
        peers=_peers(result["peers"]) if result.get("peers") else None,
        profile=_profile(result["profile"]) if result.get("profile") else None,
        facts=_facts(result["device"]),
    )


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        heads: the columns' headings.
        rows: the cells, one sequence a row.
        chosen: the first cell of the row that stands out; None for none.
        left: how many columns hold text; the others hold figures.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    chosen: str | None = None
    left: int = 1


SHOWN_SHARE = 0.005  # the rest is in the JSON


def _latencies(result: BenchForm) -> Table:
    heads = ["artifact", "threads", "batch", "p50 µs", "p90", "p99", "mean", "deviation", "images/s"]
    heads += ["input", "invoke", "output", "calls", "spread"]
    rows = []
    for row in result["results"]:
        times = [row["p50_us"], row["p90_us"], row["p99_us"], row["mean_us"], row["deviation_us"]]
        times += [row["images_per_second"], row["input_us"], row["invoke_us"], row["output_us"]]
        figures = ["-" if value is None else f"{value:,.1f}" for value in times]
        figures[0] = "noisy" if row["noisy"] else figures[0]
        figures[5] = "-" if row["noisy"] else f"{row['images_per_second']:,.0f}"
        name = [row["artifact"], row["threads"], row["batch"]]
        rows.append([*name, *figures, f"{row['runs']:,}", f"{row['spread']:.1%}"])
    return Table(heads, rows, chosen=result["recommended"])


def _accuracies(result: BenchForm) -> Table:
    heads = ["artifact", "accuracy", "95 % interval", "drop pp", "agreement", "worst digit", "McNemar p", "gate"]
    gate = {entry["file"]: entry["passed"] for entry in result["gate"]["artifacts"]}
    rows = []
    for entry in result["artifacts"]:
        mark = {True: "passed", False: "failed", None: "skipped"}[gate[entry["file"]]]
        if "evaluation" not in entry:
            rows.append([entry["file"], entry["error"], "", "", "", "", "", mark])
            continue
        found = entry["evaluation"]
        low, high = found["interval"]
        worst = f"{found['worst_class']}: {found['worst_accuracy']:.2%}"
        figures = [f"{found['accuracy']:.2%}", f"{low:.2%} to {high:.2%}", f"{found['drop_pp']:+.2f}"]
        rows.append([entry["file"], *figures, f"{found['agreement']:.2%}", worst, f"{found['mcnemar_p']:.3f}", mark])
    return Table(heads, rows, chosen=result["recommended"])


def _footprints(result: BenchForm) -> Table:
    heads = ["artifact", "KB", "arena KB", "delegate", "load ms", "first call µs", "cold start ms", "memory MB"]
    heads += ["peak MB", "our call / engine's", "our start / imports"]
    rows: list[list[Any]] = []
    for entry in (entry for entry in result["artifacts"] if "cold_ratio" in entry):
        start, operators = entry.get("cold_start"), entry["operators"]
        arena = f"{entry['arena_bytes'] / 1000:.1f}" if entry["arena_bytes"] is not None else "-"
        delegate = f"{entry['delegate']} {entry['delegated']}/{len(operators)}" if operators else entry["delegate"]
        figures = _start_figures(start) if start else ["failed"] * 5
        limits = result["limits"]
        ratios = [_ratio(entry["call_ratio"], limits["call_ratio"]), _ratio(entry["cold_ratio"], limits["cold_ratio"])]
        size = f"{entry['size_bytes'] / 1000:.1f}"
        rows.append([entry["file"], size, arena, delegate, *figures, *ratios])
    return Table(heads, rows, chosen=result["recommended"])


def _start_figures(start: ColdStartForm) -> list[str]:
    figures = [f"{start['load_ms']:.1f}", f"{start['first_call_us']:.0f}", f"{start['total_ms']:.0f}"]
    return [*figures, f"{start['rss_mb']:.1f}", f"{start['peak_rss_mb']:.1f}"]


def _ratio(value: float | None, limit: float) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} !" if value > limit else f"{value:.2f}"


def _robustness(result: BenchForm) -> Table:
    entries = [entry for entry in result["artifacts"] if entry.get("robustness")]
    names = list(entries[0]["robustness"])
    rows = []
    for entry in entries:
        cells = [entry["robustness"][name] for name in names]
        means = [f"{100 * sum(cell['accuracy'] for cell in group) / len(group):.1f}" for group in cells]
        rows.append([entry["file"], *means, f"{100 * mean_robustness(entry):.2f}"])
    return Table(["artifact", *(name.replace("_", " ") for name in names), "mean"], rows, result["recommended"])


def _peers(peers: Iterable[PeerForm]) -> Table:
    heads = ["engine", "version", "model", "p50 µs", "p90", "p99", "spread", "agreement"]
    rows = []
    for peer in peers:
        if "error" in peer:
            rows.append([peer["engine"], peer.get("version") or "-", peer["error"], "", "", "", "", ""])
            continue
        figures = [peer["p50_us"], peer["p90_us"], peer["p99_us"]]
        times = ["noisy", "-", "-"] if peer["noisy"] else [f"{value:.1f}" for value in figures]
        name = [peer["engine"], peer["version"], peer["model"]]
        rows.append([*name, *times, f"{peer['spread']:.1%}", f"{peer['agreement']:.2%}"])
    return Table(heads, rows, left=3)


def _profile(profile: Mapping[str, Iterable[OperatorForm]]) -> Table:
    heads = ["artifact", "operator", "µs", "share"]
    rows = [
        [artifact, op.get("error", op["operator"]), f"{op['us']:.1f}", f"{op['share']:.0%}"]
        for artifact, operators in profile.items()
        for op in operators
        if op["share"] >= SHOWN_SHARE or "error" in op
    ]
    return Table(heads, rows, left=2)


def _facts(device: DeviceForm) -> dict[str, str]:
    """What is known of the device, as text."""
    facts = {}
    for name, value in device.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{key} {'-' if item is None else item}" for key, item in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        facts[name.replace("_", " ")] = "-" if value is None else str(value)
    return facts
