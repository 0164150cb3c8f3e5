"""Shows the progress of measurements on a rich display."""

from typing import TYPE_CHECKING

from edgedigits_bench.accuracy.evaluation import Progress

if TYPE_CHECKING:
    import rich.progress


def watched(display: "rich.progress.Progress") -> Progress:
    """Progress that appears as one bar for each thing that is done."""
    bars: dict[str, rich.progress.TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = display.add_task(what, total=total)
        display.update(bars[what], completed=done, total=total)

    return report
