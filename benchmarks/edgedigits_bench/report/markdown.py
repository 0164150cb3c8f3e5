"""Tables in README.md and docs/ from committed results: python -m edgedigits_bench.report.markdown README.md

A table stands between two comments, the first of which names the result that it is made from, relative to the page:

    <!-- bench: benchmarks/results/edge.json -->
    <!-- /bench -->
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from edgedigits.errors import BenchError
from edgedigits_bench.report.bench_form import BenchForm, MeasuredForm
from edgedigits_bench.report.comparison import load_result
from edgedigits_bench.report.recommendation import ENGINE_NAMES

PLACE = re.compile(r"(<!-- bench: (?P<file>[^ ]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)


def table(result: BenchForm) -> str:
    """A result's artifacts as a Markdown table: one image on one thread, and what it costs in accuracy."""
    lines = [
        "| artifact | engine | size | accuracy | drop | one image, p50 | cold start | peak memory |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for entry in result["artifacts"]:
        if "evaluation" not in entry:
            lines.append(
                f"| {entry['file']} | {entry['engine'] or '-'} | {_kilobytes(entry)} | {entry['error']} | | | | |"
            )
            continue
        rows = [row for row in result["results"] if row["artifact"] == entry["file"]]
        row = next((row for row in rows if row["threads"] == row["batch"] == 1), None)
        found, start = entry["evaluation"], entry.get("cold_start")
        latency = "-" if not row else "noisy" if row["p50_us"] is None else f"{row['p50_us']:.1f} µs"
        none = "fails" if "cold_start_error" in entry else "-"
        name = f"**{entry['file']}**" if entry["file"] == result["recommended"] else entry["file"]
        cells = [
            name,
            ENGINE_NAMES.get(entry["engine"] or "", entry["engine"] or "-"),
            _kilobytes(entry),
            f"{found['accuracy']:.2%}",
        ]
        cells += [
            f"{found['drop_pp']:.2f} pp",
            latency,
            f"{start['total_ms']:.0f} ms" if start else none,
            f"{start['peak_rss_mb']:.0f} MB" if start else "-",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    device = result["device"]
    versions = ", ".join(f"{name} {version}" for name, version in device["packages"].items() if name in ENGINE_PACKAGES)
    where = f"{device['cpu']}, {device['usable_cores']} cores, Python {device['python']}, {versions}"
    reason = result["reason"][:1].upper() + result["reason"][1:]
    return "\n".join([*lines, "", f"{reason}. Measured on {where}.", ""])


ENGINE_PACKAGES = ("ai-edge-litert", "tflite-runtime", "onnxruntime")


def fill(page: str, folder: Path) -> str:
    """A page with every table in it made anew.

    Args:
        page: the Markdown text.
        folder: what the results' paths are relative to.

    Raises:
        BenchError: if a result cannot be read.
    """
    return PLACE.sub(lambda match: match[1] + table(load_result(folder / match["file"])) + match[3], page)


def _kilobytes(entry: MeasuredForm) -> str:
    return f"{entry['size_bytes'] / 1000:.1f} kB"


def main(names: Sequence[str]) -> int:
    """Fill the pages, all or none of them; the exit status."""
    if not names:
        print("usage: python -m edgedigits_bench.report.markdown PAGE...", file=sys.stderr)
        return 2
    pages = {}
    for path in map(Path, names):
        try:
            pages[path] = fill(path.read_text(encoding="utf-8"), path.parent)
        except (BenchError, OSError) as error:
            reason = error if isinstance(error, BenchError) else f"{path} cannot be read ({error.strerror})"
            print(f"error: {reason}; `make results` measures what the tables are made from", file=sys.stderr)
            return 1
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
