"""`edgedigits train`: a Keras run from settings to a finished folder."""

from pathlib import Path
from typing import Annotated

import typer

from edgedigits_apps.console import say


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(train)


def train(
    model: Annotated[str, typer.Option(help="reference, nano, edge or teacher.")] = "reference",
    epochs: Annotated[int | None, typer.Option(help="Passes over the data; the model's recipe by default.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and deformation.")] = 0,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/MODEL by default.")] = None,
    pickle: Annotated[
        bool,
        typer.Option(
            help="Also write model.pkl, as the reference project does. Never load a .pkl from somebody you do not "
            "trust: unpickling runs whatever code its maker put in."
        ),
    ] = False,
) -> None:
    """Train a model with Keras. Interrupted, the same command goes on where it stopped."""
    from edgedigits_train.fit import train as fit
    from edgedigits_train.settings import TrainSettings

    folder = out or Path("runs") / model
    metrics = fit(TrainSettings.for_model(model, epochs=epochs, seed=seed), folder, pickled=pickle)
    say(f"{model}: {metrics['test']['accuracy']:.2%} of the test images; {folder / 'model.keras'}")
