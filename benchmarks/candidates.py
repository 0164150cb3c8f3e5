"""Bytes, memory and time of network shapes before any of them is trained: `python benchmarks/candidates.py OUT`.

Writes OUT.json, OUT.md and OUT.png. Needs the extras train, micro and bench; takes a few minutes. Random weights cost
what trained ones cost, so the shapes are chosen first and the hours of training go to the chosen ones.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from edgedigits.engines import open_engine
from edgedigits_bench.latency import Effort, take_turns
from edgedigits_data import load_mnist
from edgedigits_export.artifacts import Converter
from edgedigits_export.card import Card
from edgedigits_export.contract import fit_contract
from edgedigits_export.micro import MODEL, measure_arena
from edgedigits_export.options import ExportOptions
from edgedigits_export.source import Source
from edgedigits_train.architectures import SHAPES, Conv, build, build_stack

ARTIFACTS = ("float32.tflite", "dynamic.tflite", "int8.tflite")
V = "valid"
CANDIDATES = {
    "edge, 8 channels early": (Conv(8, 5, 2), *SHAPES["edge"][1:]),
    "edge, 3x3 stem": (Conv(16, 3, 2), *SHAPES["edge"][1:]),
    "edge, without its second layer": (Conv(16, 5, 2), *SHAPES["edge"][2:]),
    "edge, strides to the end": (Conv(16, 5, 2), Conv(16), Conv(32, 3, 2), Conv(32), Conv(64, 3, 2, V)),
    "edge, one layer more": (Conv(16, 5, 2), Conv(16), Conv(32, 3, 2), Conv(32), Conv(32), Conv(64, 3, 2, V)),
    "edge, 24 channels": (Conv(16, 5, 2), Conv(24), Conv(32, 3, 2), Conv(32), Conv(64, 3, 2, V)),
    "edge, 64 channels at the end": (Conv(16, 5, 2), Conv(16), Conv(32, 3, 2), Conv(32, 3, 1, V), Conv(64, 3, 1, V)),
    "nano, 20 channels at the end": (*SHAPES["nano"][:-1], Conv(20, padding=V)),
    "nano, 8 channels early": (Conv(8, 5, 2), Conv(8), Conv(16, 3, 2), Conv(16), Conv(24, 3, 2, V)),
    "nano, four layers": (Conv(8, 5, 2), Conv(16, 3, 2), Conv(16), Conv(32, 3, 2, V)),
}
# Points that lie close to another one.
LABELLED_LEFT = {"nano", "nano, 8 channels early", "nano, four layers", "edge, 64 channels at the end"}


def multiplications(model: keras.Model) -> int:
    """Multiply-accumulates for one image."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            total += int(np.prod(layer.output.shape[1:]) * np.prod(layer.kernel.shape[:3]))
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def main(out: Path) -> None:
    """Measure all shapes in turns and write the table and the plot."""
    models = {name: build(name) for name in ("reference", "edge", "nano")}
    models |= {name: build_stack(f"candidate_{i}", shape) for i, (name, shape) in enumerate(CANDIDATES.items())}
    digits = load_mnist("train").balanced(1000)
    rows: dict[str, dict[str, Any]] = {}
    subjects: dict[tuple[str, str], Any] = {}
    for name, model in models.items():
        network = fit_contract(Source(name, model), digits)
        converter = Converter(network, digits.images[:100], Card(name, "0", "MIT"), ExportOptions())
        for file in ARTIFACTS:
            run = open_engine(file, converter.convert(file)).run
            subjects[name, file] = [lambda _, run=run: run(digits.images[:1, ..., None])]
        integer = converter.convert(MODEL)  # without the metadata that int8.tflite carries
        rows[name] = {
            "parameters": model.count_params(),
            "multiplications": multiplications(model),
            "int8_bytes": len(integer),
            "arena_bytes": measure_arena(integer),
        }
    timings = take_turns(subjects, Effort(seconds=1.0, calls=400, rounds=10))
    for (name, file), timing in timings.items():
        rows[name][file.replace(".tflite", "_us")] = round(timing.calmest_us, 1)
    reference = rows["reference"]["float32_us"]
    for row in rows.values():
        fastest = min(row[file.replace(".tflite", "_us")] for file in ARTIFACTS)
        row["of_reference"] = round(fastest / reference, 3)
    out.with_suffix(".json").write_text(json.dumps(rows, indent=2) + "\n")
    out.with_suffix(".md").write_text(table(rows))
    plot(rows, out.with_suffix(".png"))


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The rows in Markdown."""
    lines = [
        "| shape | parameters | MACs | int8 bytes | arena | float32 µs | dynamic µs | int8 µs | of reference |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {r['parameters']:,} | {r['multiplications']:,} | {r['int8_bytes']:,} | {r['arena_bytes']:,} "
        f"| {r['float32_us']} | {r['dynamic_us']} | {r['int8_us']} | {r['of_reference']:.2f} |"
        for name, r in rows.items()
    ]
    return "\n".join(lines) + "\n"


def plot(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """Time of the fastest artifact against the int8 file's size, with the limits that the shapes had to meet."""
    mpl.use("Agg")
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name, row in rows.items():
        if name == "reference":
            continue
        chosen = name in SHAPES
        axes.plot(row["int8_bytes"] / 1024, row["of_reference"], "o", color="tab:red" if chosen else "tab:gray")
        weight = "bold" if chosen else "normal"
        place = (row["int8_bytes"] / 1024, row["of_reference"])
        side = ("right", (-6, -3)) if name in LABELLED_LEFT else ("left", (6, -3))
        axes.annotate(name, place, side[1], textcoords="offset points", fontsize=8, weight=weight, ha=side[0])
    for limit, name in ((16, "nano"), (64, "edge")):
        axes.axvline(limit, color="tab:blue", linewidth=0.8, linestyle=":")
        axes.annotate(f"{name}: {limit} KB", (limit, 0.02), (-3, 0), textcoords="offset points", fontsize=8, ha="right")
    axes.axhline(0.5, color="tab:blue", linewidth=0.8, linestyle=":")
    axes.set(
        xlabel="int8 .tflite, KB", ylabel="time of the fastest artifact, of the reference's float32", ylim=(0, 0.75)
    )
    axes.set_xlim(0, 90)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "candidates"))
