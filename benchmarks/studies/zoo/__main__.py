"""What every architecture gives in every format, ours beside the stock converters: python -m benchmarks.studies.zoo

Bodies have seeded weights; the last layer is fitted to their features on 2,000 training digits by ridge regression, so
that each is a classifier without minutes of training. A line of JSON is appended to the results for each architecture;
those that are there already are passed over, so that the study can be done in slices. `--table` prints the Markdown.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from benchmarks.studies.zoo import convolutions, sequences, stock
from keras import layers
from numpy.typing import NDArray

from edgedigits.engines.base import DIGIT_FORM
from edgedigits.engines.open import open_engine
from edgedigits_bench.accuracy.significance import LEVEL, worse
from edgedigits_data import load_mnist
from edgedigits_export.checks.parity import compare, prove
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.attempts import Made, attempt
from edgedigits_export.formats.model_card import Card
from edgedigits_export.formats.names import FORMATS
from edgedigits_export.formats.reasons import sentence
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions
from edgedigits_export.quantize.recurrence import is_recurrent

BODIES = convolutions.BODIES | sequences.BODIES
RIDGE, SHARPNESS = 1e-2, 8.0
Row = dict[str, Any]


def build(name: str) -> keras.Model:
    """A model of raw grey levels with seeded weights and a fitted last layer."""
    keras.utils.set_random_seed(7)
    train = load_mnist("train").balanced(2000)
    image = keras.Input((28, 28, 1), name="image")
    features = layers.Flatten()(BODIES[name](layers.Rescaling(1 / 255)(image)))
    given = keras.Model(image, features).predict(train.images[..., None], verbose=0).astype(np.float64)
    ones = np.concatenate([given, np.ones((len(given), 1))], axis=1)
    # Of fewer images than features, the smaller system is solved.
    kernel = ones @ ones.T
    targets = np.eye(10)[train.labels] - 0.1
    solved = ones.T @ np.linalg.solve(kernel + RIDGE * np.trace(kernel) / len(kernel) * np.eye(len(kernel)), targets)
    head = layers.Dense(10, activation="softmax")
    model = keras.Model(image, head(features), name="zoo")
    head.set_weights([SHARPNESS * solved[:-1], SHARPNESS * solved[-1]])
    return model


def measure(name: str, images: int, calibration: int, formats: list[str]) -> Row:
    """One architecture in every format."""
    started = time.time()
    test, samples = load_mnist("validation").take(np.arange(images)), load_mnist("train").balanced(calibration).images
    model = build(name)
    expected = model.predict(test.images[..., None].astype(np.float32), verbose=0)
    right = expected.argmax(axis=1) == test.labels
    row: Row = {"name": name, "parameters": model.count_params(), "accuracy": float(right.mean()), "formats": {}}
    converter = Converter(Network(model, DIGIT_FORM), samples[..., None], Card("zoo", "1", "MIT"), ExportOptions())
    for file in formats:
        made = attempt(
            file,
            converter.ways(file),
            lambda way, file=file: converter.convert(file, way),
            lambda content, file=file: prove(file, content, test.images[..., None], expected),
        )
        ours = made.content if isinstance(made, Made) else None
        found = {"ours": _scored(file, lambda content=ours: content, test.images, test.labels, expected)}
        found["ours"] |= {"way": made.way.name} if isinstance(made, Made) else {"reason": made.reason}
        if file == "int8.tflite" and is_recurrent(model):
            found["stock"] = {"reason": "ends the process with a segmentation fault"}
        else:
            make = lambda file=file: stock.convert(file, model, samples)  # noqa: E731
            found["stock"] = _scored(file, make, test.images, test.labels, expected)
        row["formats"][file] = _compared(found)
    return row | {"seconds": round(time.time() - started)}


def _scored(
    file: str,
    make: Callable[[], bytes | None],
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    expected: NDArray[np.float32],
) -> Row:
    try:
        content = make()
        if content is None:
            return {}
        answers = open_engine(file, content).run(images[..., None])
    except Exception as error:  # converters and engines raise whatever they like
        return {"reason": sentence(error)}
    proof = compare(expected, answers)
    right = (answers.argmax(axis=1) == labels).tolist()
    return {"bytes": len(content), "max": proof.max_difference, "mean": proof.mean_difference, "right": right}


def _compared(found: Row) -> Row:
    """With accuracies instead of single answers, and the p-value that ours is the worse one."""
    ours, theirs = (np.array(found[side].pop("right", [])) for side in ("ours", "stock"))
    for side, right in (("ours", ours), ("stock", theirs)):
        if len(right):
            found[side]["accuracy"] = float(right.mean())
    if len(ours) and len(theirs):
        found["p_worse"] = round(worse(int((theirs & ~ours).sum()), int((ours & ~theirs).sum())), 6)
    return found


def table(rows: list[Row]) -> str:
    """Markdown: for each architecture and format the largest difference or the drop, ours / stock."""
    lines = [f"| architecture | accuracy | {' | '.join(FORMATS)} |", f"|---|--:|{'--:|' * len(FORMATS)}"]
    for row in sorted(rows, key=lambda row: list(BODIES).index(row["name"])):
        cells = [_cell(file, row["formats"].get(file), row["accuracy"]) for file in FORMATS]
        lines.append(f"| {row['name']} | {row['accuracy']:.1%} | {' | '.join(cells)} |")
    every = [found for row in rows for found in row["formats"].values()]
    counts = {side: sum("accuracy" in found[side] for found in every) for side in ("ours", "stock")}
    behind = sum("accuracy" in found["stock"] and "accuracy" not in found["ours"] for found in every)
    lost = sum(found.get("p_worse", 1) < LEVEL for found in every)
    return "\n".join(
        [
            *lines,
            "",
            f"{len(rows)} architectures, {len(every)} cells: made by ours {counts['ours']}, by the stock converters "
            f"{counts['stock']}; stock works and ours does not: {behind}; ours loses more beyond chance: {lost}.",
        ]
    )


def _cell(file: str, found: Row | None, accuracy: float) -> str:
    if found is None:
        return ""
    sides = []
    for side in ("ours", "stock"):
        if "accuracy" not in found[side]:
            sides.append("no")
        elif file.startswith("float"):
            sides.append(f"{found[side]['max']:.0e}")
        else:
            sides.append(f"{100 * (accuracy - found[side]['accuracy']):+.1f}")
    return " / ".join(sides)


def main() -> None:
    """Measure what is missing, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/zoo.jsonl"))
    parser.add_argument("--only", nargs="*", help="names of architectures; all that are missing by default")
    parser.add_argument("--part", default="1/1", help="N/M: every M-th architecture, from the N-th on")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--calibration", type=int, default=100)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    lines = options.out.read_text(encoding="utf-8").splitlines() if options.out.exists() else []
    rows = [json.loads(line) for line in lines]
    if options.table:
        print(table(rows))
        return
    first, step = map(int, options.part.split("/"))
    for name in (options.only or list(BODIES))[first - 1 :: step]:
        if name in [row["name"] for row in rows]:
            continue
        row = measure(name, options.images, options.calibration, options.formats)
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{name}: {row['seconds']} s", file=sys.stderr)


if __name__ == "__main__":
    main()
