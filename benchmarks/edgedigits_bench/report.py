"""One self-contained page about a benchmark, made from its JSON."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left }
"""
COLUMNS = ["artifact", "engine", "threads", "batch", "p50_us", "p90_us", "p99_us", "images_per_second"]
COLUMNS += ["first_call_us", "load_ms", "peak_rss_mb", "size_bytes", "accuracy"]


def write_report(result: Mapping[str, Any], path: Path) -> None:
    """Write the page for what `bench --json` prints."""
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_text(row[name])}</td>' for name in COLUMNS)}</tr>" for row in result["results"]
    )
    device = result["device"]
    page = (
        f"<!doctype html><meta charset=utf-8><title>edgedigits bench</title><style>{STYLE}</style>"
        f"<h1>edgedigits bench</h1><p>{_text(device['cpu'])}, {device['cores']} cores, {_text(device['time'])}</p>"
        f"<p><b>{_text(result['verdict'])}</b></p><table><tr>{head}</tr>{rows}</table>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _text(value: object) -> str:
    return "noisy" if value is None else html.escape(str(value))
