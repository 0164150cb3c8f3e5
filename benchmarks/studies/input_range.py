"""Does export take a model for another one? Trains 50 small CNNs on x / 255 and lets export find out how they were fed.

    python benchmarks/studies/input_range.py --out docs/research/results/input_range.md

Five architectures as tutorials have them, ten seeds each, one to three epochs on 20,000 of MNIST's training images: the
less a model is trained, the harder its input range is to tell. For each, the table says whether export takes it as
itself, asks, or takes it for another model, and how far the exported network's probabilities are from the model's own.
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgedigits.errors import UsageError
from edgedigits_data import load_mnist
from edgedigits_export.model.loading import Source
from edgedigits_export.options import ExportOptions
from edgedigits_export.preparation import prepare

IMAGES, BATCH = 20_000, 128


def architectures() -> dict[str, Callable[[], list[Any]]]:
    """The layers of each architecture by name."""
    from keras import layers

    conv, dense = layers.Conv2D, layers.Dense
    return {
        "one convolution": lambda: [
            conv(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            dense(64, activation="relu"),
            dense(10, activation="softmax"),
        ],
        "Keras' example": lambda: [
            conv(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            conv(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            dense(10, activation="softmax"),
        ],
        "LeNet": lambda: [
            conv(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            conv(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            dense(84, activation="tanh"),
            dense(10, activation="softmax"),
        ],
        "batch normalization": lambda: [
            conv(8, 3, strides=2, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            conv(16, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            dense(10, activation="softmax"),
        ],
        "strides, logits": lambda: [
            conv(8, 3, padding="same", strides=2, activation="relu"),
            conv(16, 3, padding="same", strides=2, activation="relu"),
            layers.Flatten(),
            dense(10),
        ],
    }


def trained(name: str, seed: int, epochs: int, images: int = IMAGES) -> Any:
    """A model of one architecture, trained on x / 255."""
    import keras

    part = load_mnist("train").balanced(images)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((28, 28, 1)), *architectures()[name]()])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=name == "strides, logits"))
    model.fit(part.pixels / np.float32(255), part.labels, epochs=epochs, batch_size=BATCH, verbose=0)
    return model


def outcome(model: Any) -> tuple[str, str, float]:
    """ "itself", "asked" or "ANOTHER"; the accuracy on x / 255; and the largest difference of a probability."""
    import keras

    test = load_mnist("test")
    own = model.predict(test.pixels / np.float32(255), batch_size=500, verbose=0)
    if model.layers[-1].activation is keras.activations.linear:
        own = np.asarray(keras.ops.softmax(own))
    accuracy = float(np.mean(own.argmax(axis=1) == test.labels))
    try:
        network = prepare(Source("model", model), ExportOptions(), lambda _: None).network
    except UsageError:
        return "asked", f"{accuracy:.1%}", 0.0
    difference = float(np.abs(network.probabilities(test.pixels) - own).max())
    return ("itself" if difference < 1e-3 else "ANOTHER"), f"{accuracy:.1%}", difference


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="also write the table there, as Markdown")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    lines = ["| architecture | seed | epochs | accuracy | export | largest difference |", "|---|---|---|---|---|---|"]
    counts: collections.Counter[str] = collections.Counter()
    for name in architectures():
        for seed in range(options.seeds):
            epochs = 1 + seed % 3
            found, accuracy, difference = outcome(trained(name, seed, epochs))
            counts[found] += 1
            shown = "" if found == "asked" else f"{difference:.1e}"
            lines.append(f"| {name} | {seed} | {epochs} | {accuracy} | {found} | {shown} |")
            print(lines[-1], flush=True)
    total = ", ".join(f"{counts[what]} {what}" for what in ("itself", "asked", "ANOTHER"))
    text = f"Of {counts.total()} models: {total}.\n\n" + "\n".join(lines) + "\n"
    print(text.splitlines()[0])
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if counts["ANOTHER"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
