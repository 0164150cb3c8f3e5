"""One self-contained page about a benchmark, made from its JSON; works offline and prints well."""

import html
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgedigits.atomic import write_whole
from edgedigits.errors import BenchError, MissingExtraError, missing_extra
from edgedigits_bench.report.bench_form import BenchForm, ColdStartForm, DeviceForm, OperatorForm, PeerForm
from edgedigits_bench.report.comparison import mean_robustness
from edgedigits_bench.report.result import cold_start_errors

STYLE = """
:root { color: #1f2933; background: #fff; font: 15px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif }
body { max-width: 68rem; margin: 2rem auto; padding: 0 1.2rem }
h1 { font-size: 1.7rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem }
p.lead { margin: .2rem 0; color: #52606d } p.note { color: #52606d; font-size: .87rem; margin: .4rem 0 }
p.verdict { background: #e6fcf5; border-left: 4px solid #0b7285; padding: .7rem 1rem; font-size: 1.1rem }
table { border-collapse: collapse; width: 100%; font-size: .87rem; font-variant-numeric: tabular-nums }
th { text-align: right; border-bottom: 2px solid #9aa5b1; padding: .25rem .5rem; vertical-align: bottom }
td { text-align: right; border-bottom: 1px solid #e4e7eb; padding: .25rem .5rem }
th.text, td.text { text-align: left }
tr.chosen td { background: #e6fcf5 } p.bad { color: #c92a2a; font-size: .87rem; margin: .4rem 0 }
svg { max-width: 100%; height: auto; display: block }
section { break-inside: avoid } .wide { overflow-x: auto }
@page { size: A4; margin: 12mm }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt }
  table { font-size: 7.5pt } th, td { padding: .15rem .2rem } .wide { overflow: visible }
  section { break-inside: auto } tr, svg { break-inside: avoid } h2 { break-after: avoid }
  * { print-color-adjust: exact }
}
"""


def write_report(result: BenchForm, path: Path) -> None:
    """Write the page for what `bench --json` prints.

    Raises:
        MissingExtraError: if Matplotlib, which draws the plots, is not installed.
        BenchError: if the file cannot be written.
    """
    require_plots()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, render(result).encode())
    except OSError as error:
        raise BenchError(f"{path} cannot be written ({error.strerror}); choose another place with --html") from error


def require_plots() -> None:
    """Raise a MissingExtraError if Matplotlib, which draws the plots, is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError(missing_extra("a report's plots", "matplotlib"))


def render(result: BenchForm) -> str:
    """The page for what `bench --json` prints."""
    from edgedigits_bench.report import plots

    device = result["device"]
    bundle = device["bundle"] or {"name": "?", "sha256": ""}
    robust = any(entry.get("robustness") for entry in result["artifacts"])
    sections = [
        _section("Accuracy against latency", plots.accuracy_against_latency(result)),
        _section("Latency", _latencies(result), LATENCY_NOTE),
        _section("Accuracy", _accuracies(result), ACCURACY_NOTE),
        _section("Footprint", _footprints(result) + plots.cold_start(result), FOOTPRINT_NOTE),
        _section("Robustness", _robustness(result) + plots.robustness(result), ROBUSTNESS_NOTE) if robust else "",
        _section("Peers", _peers(result["peers"]), PEERS_NOTE) if result.get("peers") else "",
        _section("Where the time goes", _profile(result["profile"]), PROFILE_NOTE) if result.get("profile") else "",
        _section("The device", _device(device)),
    ]
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>edgedigits bench: {_text(bundle['name'])}</title><style>{STYLE}</style>\n"
        f"<h1>Benchmark of {_text(bundle['name'])}</h1>"
        f"<p class=lead>{_text(device['cpu'])}, {_text(device['usable_cores'])} cores, {_text(device['time'])}, "
        f"bundle {_text(bundle['sha256'][:12])}</p><p class=verdict>{_text(result['verdict'])}</p>\n"
        + "\n".join(section for section in sections if section)
        + "\n</html>\n"
    )


LATENCY_NOTE = (
    "p50 to deviation: one call of DigitClassifier.probabilities, grey levels in, probabilities out. Input, invoke, "
    "output: the engine's own call in its parts. Spread: how well the median of the rounds is known, "
    "relative to it; above 10 % a row is noisy and has no figures."
)
ACCURACY_NOTE = (
    "MNIST's 10,000 test images; Wilson's 95 % interval; drop, agreement and McNemar's exact p against the float model."
)
FOOTPRINT_NOTE = (
    "Medians over fresh processes. Arena: the most bytes of activations that live at once. Our call / engine's: what "
    "our runtime adds to the engine's own call. Our start / imports: the whole cold start relative to a process that "
    "only imports NumPy, OpenCV and the engine. !: above the limit."
)
ROBUSTNESS_NOTE = "Mean accuracy, %, over five strengths of each corruption of the same 10,000 images."
PEERS_NOTE = "The same model in other engines, one image a call, all taking turns; agreement with the float model."
SHOWN_SHARE = 0.005  # the rest is in the JSON
PROFILE_NOTE = "Microseconds of each operator in one call, from the engine's own profiler; read the shares."


def _latencies(result: BenchForm) -> str:
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
    return _table(heads, rows, chosen=result["recommended"])


def _accuracies(result: BenchForm) -> str:
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
    return _table(heads, rows, chosen=result["recommended"])


def _footprints(result: BenchForm) -> str:
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
    errors = "".join(f"<p class=bad>{_text(error)}</p>" for error in cold_start_errors(result))
    return _table(heads, rows, chosen=result["recommended"]) + errors


def _start_figures(start: ColdStartForm) -> list[str]:
    figures = [f"{start['load_ms']:.1f}", f"{start['first_call_us']:.0f}", f"{start['total_ms']:.0f}"]
    return [*figures, f"{start['rss_mb']:.1f}", f"{start['peak_rss_mb']:.1f}"]


def _ratio(value: float | None, limit: float) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} !" if value > limit else f"{value:.2f}"


def _robustness(result: BenchForm) -> str:
    entries = [entry for entry in result["artifacts"] if entry.get("robustness")]
    names = list(entries[0]["robustness"])
    rows = []
    for entry in entries:
        cells = [entry["robustness"][name] for name in names]
        means = [f"{100 * sum(cell['accuracy'] for cell in group) / len(group):.1f}" for group in cells]
        rows.append([entry["file"], *means, f"{100 * mean_robustness(entry):.2f}"])
    return _table(["artifact", *(name.replace("_", " ") for name in names), "mean"], rows, result["recommended"])


def _peers(peers: Iterable[PeerForm]) -> str:
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
    return _table(heads, rows, left=3)


def _profile(profile: Mapping[str, Iterable[OperatorForm]]) -> str:
    heads = ["artifact", "operator", "µs", "share"]
    rows = [
        [artifact, op.get("error", op["operator"]), f"{op['us']:.1f}", f"{op['share']:.0%}"]
        for artifact, operators in profile.items()
        for op in operators
        if op["share"] >= SHOWN_SHARE or "error" in op
    ]
    return _table(heads, rows, left=2)


def _device(device: DeviceForm) -> str:
    rows = []
    for name, value in device.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{key} {'-' if item is None else item}" for key, item in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        rows.append(f"<tr><td class=text>{_text(name.replace('_', ' '))}</td><td class=text>{_text(value)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _section(title: str, content: str, note: str = "") -> str:
    after = f"<p class=note>{_text(note)}</p>" if note else ""
    return f"<section><h2>{_text(title)}</h2><div class=wide>{content}</div>{after}</section>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]], chosen: str | None = None, left: int = 1) -> str:
    """A table whose first columns, `left` of them, hold text and whose other columns hold figures."""
    styles = [" class=text" if i < left else "" for i in range(len(heads))]
    lines = [f"<tr>{''.join(f'<th{style}>{_text(head)}</th>' for head, style in zip(heads, styles, strict=True))}</tr>"]
    for cells in rows:
        mark = " class=chosen" if cells[0] == chosen else ""
        content = "".join(f"<td{style}>{_text(cell)}</td>" for cell, style in zip(cells, styles, strict=True))
        lines.append(f"<tr{mark}>{content}</tr>")
    return f"<table>{''.join(lines)}</table>"


def _text(value: object) -> str:
    return "-" if value is None else html.escape(str(value))
