"""What `edgedigits train --model reader` does: trains the page reader's network on generated views."""

from dataclasses import replace
from pathlib import Path

from edgedigits_apps.console import progress, say


def train_reader(
    out: Path, steps: int | None, seed: int, weights: str | None, sources: Path | None, bfloat16: bool
) -> None:
    """Train, or go on where the same command was stopped.

    Args:
        out: the run's folder.
        steps: how many; None for the recipe's.
        seed: of weights and views.
        weights: a .keras file to start from.
        sources: what scripts/fetch_sources.py has fetched; None for the user's cache.
        bfloat16: multiply in bfloat16.
    """
    from edgedigits_train.reader.settings import ReaderSettings

    settings = replace(ReaderSettings(), seed=seed or ReaderSettings().seed, from_model=weights, bfloat16=bfloat16)
    if steps is not None:
        settings = replace(settings, steps=steps, decay=steps // 2)
    from edgedigits_train.reader.fitting import fit_reader

    with progress() as display:
        task = display.add_task("training", total=settings.steps)

        def report(step: int, total: int, loss: float) -> None:
            display.update(task, completed=step, total=total, description=f"training  loss {loss:.2f}")

        model = fit_reader(settings, out, sources, report=report)
    say(f"reader: {settings.steps} steps; {model}")
