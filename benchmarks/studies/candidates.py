"""Accuracy, bytes, memory and time of network shapes: `python benchmarks/studies/candidates.py OUT`.

Writes OUT.json, OUT.md and OUT.png. Needs the extras train, micro and bench; takes a quarter of an hour. Every shape is
trained for the same short time on the same half of the training digits and judged on the others and the validation
digits, 32,500: enough to compare shapes, and MNIST's test images are not asked. The hours go to the chosen ones.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import keras
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from edgedigits.engines.open import open_engine
from edgedigits_bench.speed.latency import Effort, time_interleaved
from edgedigits_data import Split, load_mnist
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.micro import MODEL, measure_arena
from edgedigits_export.formats.model_card import Card
from edgedigits_export.model.contract import fit_contract
from edgedigits_export.model.input_range import InputRange
from edgedigits_export.model.reference import examine
from edgedigits_export.options import ExportOptions
from edgedigits_train.classifier.architectures import SHAPES, Conv, build, build_stack
from edgedigits_train.classifier.batches import epoch_batches, gather, prefetch, steps_per_epoch
from edgedigits_train.classifier.fitting import one_epoch
from edgedigits_train.classifier.step import make_optimizer, make_step, predict
from edgedigits_train.classifier.workers import open_workers
from edgedigits_train.settings import TrainSettings

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
    "edge, 56 channels twice": (*SHAPES["edge"][:3], Conv(56, padding=V), Conv(56, padding=V)),
    "edge, 56 channels twice, without its second layer": (
        Conv(16, 5, 2),
        Conv(32, 3, 2),
        Conv(56, padding=V),
        Conv(56, padding=V),
    ),
    "nano, 20 channels at the end": (*SHAPES["nano"][:-1], Conv(20, padding=V)),
    "nano, 8 channels early": (Conv(8, 5, 2), Conv(8), Conv(16, 3, 2), Conv(16), Conv(24, 3, 2, V)),
    "nano, four layers": (Conv(8, 5, 2), Conv(16, 3, 2), Conv(16), Conv(32, 3, 2, V)),
}
# Points that lie close to another one by their bytes.
LABELLED_LEFT = {"nano, 8 channels early"}
# Of the shipped models' last leg, without what is no digit.
TRAINING = TrainSettings.for_model("edge", epochs=10, deformation=0.6, wear=0.1, nondigits=0.0)


def multiplications(model: keras.Model) -> int:
    """Multiply-accumulates for one image."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            total += int(np.prod(layer.output.shape[1:]) * np.prod(layer.kernel.shape[:3]))
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
    return total


def errors(model: keras.Model, training: Split, others: Split) -> int:
    """How many of the other digits `model` gets wrong once it was trained."""
    workers = open_workers("one")
    averaged = keras.models.clone_model(model)
    averaged.set_weights(model.get_weights())
    optimizer = make_optimizer(TRAINING, TRAINING.epochs * steps_per_epoch(training, TRAINING), workers)
    step = make_step(model, averaged, optimizer, TRAINING, workers)
    material = gather(training, TRAINING)
    for epoch in range(TRAINING.epochs):
        one_epoch(step, prefetch(epoch_batches(material, TRAINING, epoch)), workers, lambda _: None)
    return int(np.sum(predict(averaged, others.images).argmax(axis=1) != others.labels))


def halves() -> tuple[Split, Split]:
    """Half of the training digits, and the other half with the validation digits."""
    known = load_mnist("train")
    order = np.random.default_rng(0).permutation(len(known))
    first, second = np.sort(order[: len(known) // 2]), np.sort(order[len(known) // 2 :])
    return known.take(first), known.take(second).joined(load_mnist("validation"))


def main(out: Path) -> None:
    """Measure all shapes in turns, train them one after another, and write the table and the plot."""
    cv2.setNumThreads(1)  # the batches are made on one thread; the network needs the other cores
    keras.utils.set_random_seed(0)
    models = {name: build(name) for name in ("reference", "edge", "nano")}
    models |= {name: build_stack(f"candidate_{i}", shape) for i, (name, shape) in enumerate(CANDIDATES.items())}
    digits = load_mnist("train").balanced(1000)
    rows: dict[str, dict[str, Any]] = {}
    subjects: dict[tuple[str, str], Any] = {}
    for name, model in models.items():
        network = fit_contract(examine(name, model), InputRange("0..255"))
        converter = Converter(network, digits.pixels[:100], Card(name, "0", "MIT"), ExportOptions())
        for file in ARTIFACTS:
            run = open_engine(file, converter.convert(file, converter.ways(file)[0])).run
            subjects[name, file] = [lambda _, run=run: run(digits.images[:1, ..., None])]
        integer = converter.convert(MODEL, converter.ways(MODEL)[0])  # without the metadata that int8.tflite carries
        rows[name] = {
            "parameters": model.count_params(),
            "multiplications": multiplications(model),
            "int8_bytes": len(integer),
            "arena_bytes": measure_arena(integer),
        }
    timings = time_interleaved(subjects, Effort(seconds=1.0, calls=400, rounds=10))
    for (name, file), timing in timings.items():
        rows[name][file.replace(".tflite", "_us")] = round(timing.calmest_us, 1)
    training, others = halves()
    for name, model in models.items():
        wrong = errors(model, training, others)
        rows[name]["accuracy"] = 1 - wrong / len(others)
        print(f"{name}: {wrong} of {len(others):,} wrong", file=sys.stderr)
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
        "| shape | parameters | MACs | int8 bytes | arena | float32 µs | dynamic µs | int8 µs | of reference | right |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {r['parameters']:,} | {r['multiplications']:,} | {r['int8_bytes']:,} | {r['arena_bytes']:,} "
        f"| {r['float32_us']} | {r['dynamic_us']} | {r['int8_us']} | {r['of_reference']:.2f} "
        f"| {r['accuracy']:.2%} |"
        for name, r in rows.items()
    ]
    return "\n".join(lines) + "\n"


def plot(rows: dict[str, dict[str, Any]], path: Path) -> None:
    """Wrong digits against the int8 file's size and the time of the fastest artifact, with the limits of both."""
    mpl.use("Agg")
    figure, (bytes_axes, time_axes) = plt.subplots(1, 2, figsize=(11, 6), layout="constrained", sharey=True)
    shown = {name: row for name, row in rows.items() if name != "reference"}
    # The first two are the chosen ones, which have no number.
    for number, (name, row) in enumerate(shown.items(), start=-1):
        chosen, wrong = name in SHAPES, 100 * (1 - row["accuracy"])
        text = name if chosen else str(number)
        for axes, place in ((bytes_axes, row["int8_bytes"] / 1024), (time_axes, row["of_reference"])):
            colour = "tab:red" if chosen else "tab:gray"
            label = name if chosen else f"{number} {name}"
            axes.plot(place, wrong, "o", color=colour, label=label)
            close = axes is bytes_axes and name in LABELLED_LEFT
            side = ("right", (-6, -3)) if close else ("left", (6, -3))
            axes.annotate(text, (place, wrong), side[1], textcoords="offset points", fontsize=8, ha=side[0])
    for limit, name in ((16, "nano"), (64, "edge")):
        bytes_axes.axvline(limit, color="tab:blue", linewidth=0.8, linestyle=":")
        middle = (limit, sum(bytes_axes.get_ylim()) / 2)
        bytes_axes.annotate(f"{name}: {limit} KB", middle, (3, 0), textcoords="offset points", fontsize=8)
    time_axes.axvline(0.5, color="tab:blue", linewidth=0.8, linestyle=":")
    bytes_axes.set(xlabel="int8 .tflite, KB", ylabel="wrong of 32,500, %", xlim=(0, 75))
    time_axes.set(xlabel="time of the fastest artifact, of the reference's float32", xlim=(0, None))
    figure.legend(*bytes_axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "candidates"))
