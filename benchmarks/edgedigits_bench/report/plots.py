"""The pictures of a report, as SVG that sits in the page: sharp in print, and searchable."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgedigits.files.names import plot_label
from edgedigits_bench.report.bench_form import BenchForm

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, PALE, ACCENT = "#1f2933", "#9aa5b1", "#0b7285"
# Colour-blind safe (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933")
STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#e4e7eb",
    "svg.hashsalt": "edgedigits",  # the same result gives the same file
}


def accuracy_against_latency(result: BenchForm) -> str:
    """One point for each artifact that was timed quietly enough: its best latency for one image, and its accuracy."""
    points = []
    for entry in result["artifacts"]:
        rows = [row for row in result["results"] if row["artifact"] == entry["file"] and row["batch"] == 1]
        latencies = [row["p50_us"] or min(row["rounds_us"]) for row in rows]
        if latencies and "evaluation" in entry:
            quiet = all(row["p50_us"] is not None for row in rows)
            points.append((entry["file"], min(latencies), entry["evaluation"], quiet))
    figure, axes = _figure(7.2, 3.6)
    for i, (name, latency, found, quiet) in enumerate(points):
        low, high = (100 * bound for bound in found["interval"])
        accuracy, colour = 100 * found["accuracy"], COLOURS[i % len(COLOURS)]
        axes.plot([latency, latency], [low, high], color=colour, alpha=0.35, linewidth=2)
        chosen = name == result["recommended"]
        look = {"color": colour, "markerfacecolor": colour if quiet else "white", "markersize": 12 if chosen else 7}
        axes.plot(latency, accuracy, "o", label=plot_label(name), **look)
    axes.set_xscale("log")
    _label_steps(axes.xaxis, [latency for _, latency, _, _ in points])
    axes.set_xlabel("latency of one image, median, µs (log scale); hollow: noisy, calmest round")
    axes.set_ylabel("accuracy, %, with 95 % interval")
    axes.grid(True)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _svg(figure)


def cold_start(result: BenchForm) -> str:
    """For each artifact a bar from the launch of a process to its first answer."""
    entries = [entry for entry in result["artifacts"] if "cold_start" in entry]
    figure, axes = _figure(7.2, 0.6 + 0.42 * len(entries))
    names = [plot_label(entry["file"]) for entry in entries]
    left = [0.0] * len(entries)
    starts = [entry["cold_start"] for entry in entries]
    parts = {
        "interpreter": [start["interpreter_ms"] for start in starts],
        "imports": [start["imports_ms"] for start in starts],
        "load": [start["load_ms"] for start in starts],
        "first call": [start["first_call_us"] / 1000 for start in starts],
    }
    for i, (label, widths) in enumerate(parts.items()):
        axes.barh(names, widths, left=left, color=COLOURS[i], label=label, height=0.6)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds until the first answer of a new process, median")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _svg(figure)


def robustness(result: BenchForm) -> str:
    """For each corruption the accuracy of every artifact at the five strengths."""
    entries = [entry for entry in result["artifacts"] if entry.get("robustness")]
    names: Sequence[str] = list(entries[0]["robustness"])
    from matplotlib import pyplot

    with pyplot.rc_context(STYLE):
        figure, grid = pyplot.subplots(3, 4, figsize=(9.6, 6.4), sharex=True, sharey=True, layout="constrained")
    for name, axes in zip(names, grid.flat, strict=True):
        for i, entry in enumerate(entries):
            clean = 100 * entry["evaluation"]["accuracy"]
            cells = [clean, *(100 * cell["accuracy"] for cell in entry["robustness"][name])]
            axes.plot(range(6), cells, color=COLOURS[i % len(COLOURS)], linewidth=1.4, label=plot_label(entry["file"]))
        axes.set_title(plot_label(name.replace("_", " ")), fontsize=10)
        axes.set_ylim(0, 102)
        axes.grid(True)
    figure.supxlabel("strength (0: as it is)", fontsize=10)
    figure.supylabel("accuracy, %", fontsize=10)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    return _svg(figure)


def _label_steps(axis: Any, values: Sequence[float]) -> None:
    """Label round values of a logarithmic axis, as many as there is room for; by itself it labels powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    narrow = max(values, default=1) < 10 * min(values, default=1)
    axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 8) if narrow else (1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


def _figure(width: float, height: float) -> "tuple[Figure, Any]":
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    return figure, axes


def _svg(figure: "Figure") -> str:
    from matplotlib import pyplot

    buffer = io.StringIO()
    with pyplot.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    pyplot.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
