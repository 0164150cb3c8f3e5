"""Fits the page reader's belief anew: `python -m edgedigits_apps.belief --help`.

Not a command of its own: the weights ship with the package, and only who changes the pages, the detector or the
classifier fits them, after `edgedigits_apps.detector`.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from edgedigits_apps.console import progress, say

# Pages of the training digits that no detector has seen.
SEED = 9_000_000
EMPTY_EVERY = 6
# What was found and what is there are one digit when they cover at least so much of their union.
SAME = 0.35
# The units of both judges' hidden layers, and how strongly their weights are drawn to zero.
HIDDEN, DECAY = (16, 8), 3e-4

Floats = NDArray[np.float32]
# For one page: the looks of what was found, its boxes, and which of it is a digit.
Lesson = tuple[Floats, Floats, Floats]


def make(
    pages: Annotated[int, typer.Option(min=50, help="Synthetic pages to find digits on.")] = 2000,
    out: Annotated[Path, typer.Option(help="The weights.")] = Path("belief.json"),
    beside: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Weights whose first judges stay, beside the new.")
    ] = None,
) -> None:
    """Find digits on synthetic pages, and fit what tells the real ones from the others."""
    import keras

    from edgedigits.belief import company

    with progress() as display:
        lessons = list(display.track(_lessons(pages), pages, description="pages"))
    truth = np.concatenate([lesson[2] for lesson in lessons])
    looks = np.concatenate([lesson[0] for lesson in lessons])
    keras.utils.set_random_seed(0)
    alone, judge_alone = _fit(looks, truth)
    both = [np.hstack([own, company(boxes, judge_alone(own))]) for own, boxes, _ in lessons]
    together, _ = _fit(np.concatenate(both), truth)
    older = json.loads(beside.read_text(encoding="utf-8"))[:1] if beside else []
    out.write_text(json.dumps([*older, {"alone": alone, "together": together}]) + "\n", encoding="utf-8")
    say(f"{out}: from {len(truth)} places on {len(lessons)} pages, of which {int(truth.sum())} are digits")


def _lessons(count: int) -> Iterator[Lesson]:
    import cv2

    from edgedigits import DigitReader
    from edgedigits.belief import looks
    from edgedigits.detector import overlaps
    from edgedigits_data.mnist import load_mnist
    from edgedigits_data.pages import PageMaker
    from edgedigits_data.pages_glyphs import make_glyphs
    from edgedigits_data.pages_score import SIZES

    cv2.setNumThreads(1)
    maker, reader = PageMaker(make_glyphs(load_mnist("train").balanced(1000, SEED), SEED)), DigitReader()
    for i in range(count):
        page = maker.page(SEED + i, SIZES[i % len(SIZES)], "none" if i % EMPTY_EVERY == 0 else None)
        found, named, probabilities, contrasts = reader.candidates(page.picture)
        if not len(found) or page.partial:
            continue
        truth = np.zeros(len(found), np.float32)
        for row in overlaps(np.array([digit.box for digit in page.digits], np.float32).reshape(-1, 4), found.boxes):
            if row.max() > SAME:
                truth[row.argmax()] = 1
        yield looks(found, named, probabilities, contrasts), found.boxes, truth


def _fit(features: Floats, truth: Floats) -> tuple[list[dict[str, Any]], Any]:
    """A network's layers as JSON takes them, and the network as a function from features (N, F) to belief (N,)."""
    import keras

    from edgedigits.belief import judge, layers_of

    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    # What stands on one page is alike: without decay a page is soon known by heart.
    layer = partial(keras.layers.Dense, kernel_regularizer=keras.regularizers.L2(DECAY))
    network = keras.Sequential([*(layer(n, "tanh") for n in HIDDEN), layer(1, "sigmoid")])
    network.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy")
    for rate, epochs in ((3e-3, 25), (5e-4, 8)):
        network.optimizer.learning_rate = rate
        network.fit((features - mean) / spread, truth, batch_size=256, epochs=epochs, verbose=0)
    layers = [(trained.kernel.numpy(), trained.bias.numpy()) for trained in network.layers]
    # The first layer takes the features as they are.
    kernel, bias = layers[0]
    layers[0] = (kernel / spread[:, None], bias - (mean / spread) @ kernel)
    weights = [
        {"kernel": [[round(float(w), 5) for w in row] for row in kernel], "bias": [round(float(w), 5) for w in bias]}
        for kernel, bias in layers
    ]
    written = layers_of(weights)
    return weights, lambda rows: judge(rows, written)


if __name__ == "__main__":
    typer.run(make)
