"""The progress bar of a training run, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Bar:
    """Counts steps and shows the loss, the latest accuracies and the time left."""

    def __init__(self, progress: Progress, epochs: int, steps: int, done: int) -> None:
        self._progress, self._epochs, self._steps = progress, epochs, steps
        self._task = progress.add_task("", total=epochs * steps, completed=done * steps, figures="", epoch=done + 1)

    def step(self, epoch: int, loss: float) -> None:
        self._progress.update(self._task, advance=1, description=f"epoch {epoch}/{self._epochs}  loss {loss:.4f}")

    def epoch(self, validation: float, best: float) -> None:
        self._progress.update(self._task, figures=f"validation {validation:.2%}, best {best:.2%}")
        if not self._progress.console.is_terminal:
            # A log file wants a line an epoch, not a bar.
            description = self._progress.tasks[self._task].description
            self._progress.console.print(f"{description}  validation {validation:.2%}, best {best:.2%}")


@contextmanager
def bar(epochs: int, steps: int, done: int, shown: bool = True) -> Iterator[Bar]:
    """A bar over `epochs` times `steps`, of which `done` epochs are done; silent unless `shown`."""
    console = Console(stderr=True, quiet=not shown)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Bar(progress, epochs, steps, done)
