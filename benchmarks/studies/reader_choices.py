"""What each choice in the page reader costs, on synthetic pages of validation digits.

    python benchmarks/studies/reader_choices.py edgedigits.reading.reader.SURE_ABOVE 0.58 0.62 0.66 0.70

sets the named constant to each value in turn, reads the same pages, and prints a line for each: errors, pages read
without any, and digits found where there are none. Thresholds are chosen here; the scoring set is of test digits.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Annotated

import cv2
import typer
from rich.console import Console
from rich.progress import track

from edgedigits import DigitReader
from edgedigits_data.mnist import load_mnist
from edgedigits_data.synthetic.glyphs import make_glyphs
from edgedigits_data.synthetic.page import PageMaker, SyntheticPage
from edgedigits_data.synthetic.scoring import SIZES, PageScore, score_rows

SEED = 5_000_000
# One page in so many has no digits for certain; others may have none by chance.
EMPTY_EVERY = 6


def main(
    constant: Annotated[
        str, typer.Argument(metavar="MODULE.NAME", help="What to vary, as edgedigits.reading.reader.SURE_ABOVE.")
    ],
    values: Annotated[list[float], typer.Argument(help="The values to try.")],
    pages: Annotated[int, typer.Option(min=1, help="How many pages are read for each.")] = 150,
) -> None:
    """Print one line for each value."""
    module_name, _, name = constant.rpartition(".")
    module = importlib.import_module(module_name)
    if not hasattr(module, name):
        raise typer.BadParameter(f"{module_name} has no {name}")
    cv2.setNumThreads(1)
    chosen = list(track(validation_pages(pages), "pages", pages, console=Console(stderr=True)))
    print(f"{name:>14}  errors  of digits  exact  of pages  false digits  on empty pages")
    for value in values:
        setattr(module, name, value)
        reader = DigitReader()
        score = PageScore()
        for page in track(chosen, f"{name} = {value}", console=Console(stderr=True)):
            score += score_rows(reader.read(page.picture).rows, page)
        print(
            f"{value:>14} {score.errors:>7} {score.digits:>10} {score.exact:>6} {score.pages:>9}"
            f" {score.false_digits:>13} {score.empty_pages:>15}",
            flush=True,
        )


def validation_pages(count: int) -> Iterator[SyntheticPage]:
    """Pages of validation digits of all layouts and sizes; every sixth has no digits."""
    maker = PageMaker(make_glyphs(load_mnist("validation").balanced(1000, SEED), SEED))
    for i in range(count):
        layout = "none" if i % EMPTY_EVERY == 0 else None
        seed = SEED + i * 1000
        while (page := maker.page(seed, SIZES[i % len(SIZES)], layout)).partial:
            seed += 1
        yield page


if __name__ == "__main__":
    typer.run(main)
