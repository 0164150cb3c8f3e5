"""Fits the page reader's belief anew: `python -m edgedigits_apps.maintain.belief --help`.

Not a command of its own: the weights ship with the package, and only who changes the pages, the detector or the
classifier fits them, after `edgedigits_apps.maintain.detector`.
"""

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from edgedigits.reading.belief import Evidence
from edgedigits.reading.reader import vote
from edgedigits.reading.surroundings import Statement
from edgedigits_apps.console import progress, say
from edgedigits_apps.maintain.lessons import FOR_BELIEF, lessons
from edgedigits_data.synthetic.crops import NO_DIGIT

# So many networks judge each time. Their hidden layers' units, and how strongly their weights are drawn to zero.
JUDGES, HIDDEN, DECAY = 4, (32, 16), 1e-4
# Of so many finds the witness is not heard.
MUTED = 0.3

Floats = NDArray[np.float32]


def make(
    pages: Annotated[int, typer.Option(min=50, help="Synthetic pages to find digits on.")] = 1500,
    out: Annotated[Path, typer.Option(help="The weights.")] = Path("belief.json"),
) -> None:
    """Find digits on synthetic pages, and fit what tells the real ones from the others."""
    from edgedigits.reading.belief import company, judge, looks, networks_of

    with progress() as display:
        known = [it for it in display.track(lessons(FOR_BELIEF, pages), pages, description="pages") if it]
        truth = np.concatenate([lesson.names != NO_DIGIT for lesson in known]).astype(np.float32)
        random = np.random.default_rng(0)
        own = [looks(_muted(lesson.evidence, random)) for lesson in known]
        looked = np.concatenate(own)
        alone = [_fit(looked, truth, i) for i in display.track(range(JUDGES), description="by looks")]
        judges = networks_of(alone)
        both = np.concatenate(
            [
                np.hstack([rows, company(lesson.evidence.found.boxes, judge(rows, judges))])
                for rows, lesson in zip(own, known, strict=True)
            ]
        )
        together = [_fit(both, truth, i) for i in display.track(range(JUDGES), description="in company")]
    out.write_text(json.dumps({"alone": alone, "together": together}) + "\n", encoding="utf-8")
    say(f"{out}: from {len(truth)} places on {len(known)} pages, of which {int(truth.sum())} are digits")


def _muted(evidence: Evidence, random: np.random.Generator) -> Evidence:
    """The same, but that the witness says nothing of some finds: it knows such pages better than any photograph."""
    muted = random.random(len(evidence.found)) < MUTED
    sure = np.where(muted, np.float32(0), evidence.statement.sure)
    digits = np.where(muted[:, None], np.float32(0.1), evidence.statement.digits)
    probabilities = vote(evidence.named, evidence.found.digits, digits)
    return evidence._replace(statement=Statement(sure, digits), probabilities=probabilities)


def _fit(features: Floats, truth: Floats, seed: int) -> list[dict[str, Any]]:
    """A network's layers as JSON takes them, from features (N, F) to belief (N,)."""
    import keras

    keras.utils.set_random_seed(seed)
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
    return [
        {"kernel": [[round(float(w), 4) for w in row] for row in kernel], "bias": [round(float(w), 4) for w in bias]}
        for kernel, bias in layers
    ]


if __name__ == "__main__":
    typer.run(make)
