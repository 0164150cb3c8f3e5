"""Makes the page reader's detector anew: `python -m edgedigits_apps.maintain.detector --help`.

Not a command of its own: the detector ships with the package, and only who changes the pages or the network trains it.
"""

from pathlib import Path
from typing import Annotated

import typer

from edgedigits_apps.commands.export import run_gate
from edgedigits_apps.console import progress, say


def make(
    out: Annotated[Path, typer.Option(help="Where pages, the model and the bundle go.")] = Path("runs/detector"),
    files: Annotated[int, typer.Option(min=1, help="Files of pages to train on, a thousand each.")] = 24,
    passes: Annotated[int, typer.Option(min=1, help="How often each page is seen.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the pages, the weights and the order.")] = 1,
    start: Annotated[Path | None, typer.Option(help="A .keras file to go on from.")] = None,
) -> None:
    """Make pages, train the detector on them, export its bundle, and hold its artifacts against the float model."""
    import numpy as np

    from edgedigits.reading.detector import flatten
    from edgedigits_data.synthetic.stored_views import load_views, store_views
    from edgedigits_export.reader.detector import export_detector
    from edgedigits_train.reader.detector_fit import fit_detector

    with progress() as display:
        stored = store_views(out / "pages", "train", files, seed)
        task = display.add_task("training", total=None)

        def report(step: int, steps: int, loss: float) -> None:
            display.update(task, completed=step, total=steps, description=f"training  loss {loss:.3f}")

        fit_detector(stored, files, flatten, out / "model.keras", passes, seed=seed, start=start, report=report)
    views = load_views(next(store_views(out / "pages", "train", 1, seed)))
    calibration = np.stack([flatten(image) for image in views.images[:200]])
    training = {"files": files, "passes": passes, "seed": seed, "start": str(start) if start else None}
    bundle = export_detector(out / "model.keras", out / "bundle", calibration, training, force=True)
    run_gate(bundle)
    say(f"{bundle.path}")


if __name__ == "__main__":
    typer.run(make)
