"""Makes the page reader's witness anew: `python -m edgedigits_apps.maintain.surroundings --help`.

Not a command of its own: the network ships with the package, and only who changes the pages, the detector or the
classifier trains it, before `edgedigits_apps.maintain.belief`.
"""

from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from edgedigits_apps.commands.export import run_gate
from edgedigits_apps.console import progress, say
from edgedigits_apps.maintain.lessons import FOR_WITNESS, lessons


def make(
    out: Annotated[Path, typer.Option(help="Where the model and the bundle go.")] = Path("runs/surroundings"),
    pages: Annotated[int, typer.Option(min=10, help="Synthetic pages to find digits on.")] = 6000,
    epochs: Annotated[int, typer.Option(min=1, help="How often each find is seen.")] = 14,
    seed: Annotated[int, typer.Option(help="Of weights, order and changes.")] = 0,
) -> None:
    """Find digits on synthetic pages, train a network to tell which they are by what stands around them, export it."""
    from edgedigits_export.reader.surroundings import export_surroundings
    from edgedigits_train.reader.surroundings import fit_surroundings

    with progress() as display:
        parts = chain.from_iterable(lessons(part, pages // len(FOR_WITNESS)) for part in FOR_WITNESS)
        known = [it for it in display.track(parts, pages, description="pages") if it]
        images = np.concatenate([lesson.images for lesson in known])
        names = np.concatenate([lesson.names for lesson in known])
        task = display.add_task("training", total=None)

        def report(step: int, steps: int, loss: float) -> None:
            display.update(task, completed=step, total=steps, description=f"training  loss {loss:.3f}")

        model = fit_surroundings(images, names, epochs, seed, report)
    out.mkdir(parents=True, exist_ok=True)
    model.save(out / "model.keras", include_optimizer=False)
    training = {"pages": pages, "epochs": epochs, "seed": seed, "finds": len(names)}
    calibration = images[np.random.default_rng(seed).choice(len(images), 200, replace=False)]
    bundle = export_surroundings(out / "model.keras", out / "bundle", calibration, training, force=True)
    run_gate(bundle)
    say(f"{bundle.path}")


if __name__ == "__main__":
    typer.run(make)
