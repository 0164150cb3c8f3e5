"""How small a loss does the gate catch? Simulated artifacts through the gate's own test: python gate_power.py

An artifact is right and wrong on other images than its float model even where it is as good: `churn` is the share of
images on which each of the two is right alone. On top of it the artifact loses the stated share. A cell is the share of
10,000 simulated artifacts that the gate fails, at its usual tolerance.
"""

import argparse

import numpy as np

from edgedigits_bench.accuracy.gate import ROUNDING_PP, TOLERANCE_PP
from edgedigits_bench.accuracy.significance import LEVEL, worse

LOSSES_PP = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
IMAGES = (1000, 10_000)
CHURNS = {"well trained, 0.05 % each way": 0.0005, "trained for a minute, 0.5 % each way": 0.005}
TRIALS = 10_000


def caught(images: int, churn: float, loss_pp: float, random: np.random.Generator) -> tuple[float, float]:
    """The share of artifacts that fail the gate, and of those that fail it with --strict."""
    shares = [churn + loss_pp / 100, churn, 1 - 2 * churn - loss_pp / 100]
    lost, won, _ = random.multinomial(images, shares, TRIALS).T
    beyond = 100 * (lost - won) / images > TOLERANCE_PP + ROUNDING_PP
    pairs, inverse = np.unique(np.stack([lost, won], axis=1), axis=0, return_inverse=True)
    significant = np.array([worse(int(a), int(b)) < LEVEL for a, b in pairs])[inverse.reshape(-1)]
    return float(np.mean(beyond & significant)), float(np.mean(beyond))


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    random = np.random.default_rng(parser.parse_args().seed)
    cases = [(name, churn, images) for name, churn in CHURNS.items() for images in IMAGES]
    print(f"| true loss | {' | '.join(f'{name}: {images:,} images' for name, _, images in cases)} |")
    print(f"|--:|{'--:|' * len(cases)}")
    for loss in LOSSES_PP:
        cells = [caught(images, churn, loss, random) for _, churn, images in cases]
        print(f"| {loss:.2f} pp | {' | '.join(f'{gate:.1%} (strict {strict:.1%})' for gate, strict in cells)} |")


if __name__ == "__main__":
    main()
