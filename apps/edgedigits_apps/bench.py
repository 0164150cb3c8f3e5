"""`edgedigits bench`: latency, footprint and accuracy of every artifact on this device."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgedigits_apps.console import emit, progress, say, table

if TYPE_CHECKING:
    from edgedigits_bench import BenchResult


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(bench)


def bench(
    bundle: Annotated[str, typer.Argument(help="A bundle's folder, or the name of a shipped one: edge, nano.")],
    quick: Annotated[bool, typer.Option("--quick", help="A first look in half a minute.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write a report that needs no network.")] = None,
) -> None:
    """Measure every artifact on this device, and recommend one."""
    from edgedigits import load_bundle
    from edgedigits_bench import Settings
    from edgedigits_bench import bench as run_benchmark
    from edgedigits_bench.watch import watched

    settings = Settings.quick() if quick else Settings()
    with progress() as display:
        result = run_benchmark(load_bundle(bundle), settings, watched(display))
    if html:
        from edgedigits_bench.report import write_report

        write_report(result.to_json(), html)
        say(f"report: {html}")
    if as_json:
        emit(result.to_json())
    else:
        show(result)


def show(result: "BenchResult") -> None:
    """Print what a call takes, what an artifact needs, and the recommendation."""
    report = result.to_json()
    headings = ("artifact", "engine", "threads", "batch", "p50 us", "p90 us", "p99 us", "images/s")
    title = f"latency on {report['device']['cpu']}, {report['device']['cores']} cores"
    table(title, headings, map(_latency_row, report["results"]))
    headings = ("artifact", "KB", "accuracy", "drop", "load ms", "first us", "cold ms", "MB")
    table("footprint and accuracy", headings, map(_artifact_row, report["artifacts"]))
    say(report["verdict"])


def _latency_row(row: Mapping[str, Any]) -> list[str]:
    """One configuration, or what kept it from being measured."""
    name = [row["artifact"], row["engine"], str(row["threads"]), str(row["batch"])]
    if row["noisy"]:
        return [*name, "noisy", "noisy", "noisy", "noisy"]
    return [*name, *(f"{row[key]:.1f}" for key in ("p50_us", "p90_us", "p99_us")), f"{row['images_per_second']:,.0f}"]


def _artifact_row(entry: Mapping[str, Any]) -> list[str]:
    """One artifact, or why it could not be run."""
    name = [entry["file"], f"{entry['size_bytes'] / 1000:.1f}"]
    if "error" in entry:
        return [*name, "not run", *[""] * 5]
    found, start = entry["evaluation"], entry["cold_start"]
    times = (f"{start['load_ms']:.1f}", f"{start['first_call_us']:.0f}", f"{start['total_ms']:.0f}")
    return [*name, f"{found['accuracy']:.2%}", f"{found['drop_pp']:+.2f}", *times, f"{start['peak_rss_mb']:.1f}"]
