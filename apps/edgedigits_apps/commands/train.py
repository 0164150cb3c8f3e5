"""`edgedigits train`: a Keras run from settings to a finished folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edgedigits_apps.console import say


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(train)


def train(
    model: Annotated[
        str | None,
        typer.Option(help="reference, nano, edge, teacher or reader; by default reference, or the model of --from."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data; the model's recipe by default.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of the page reader's network, for --model reader.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Digits in one step; the recipe's by default.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Adam's; the recipe's by default.")] = None,
    deformation: Annotated[
        float | None, typer.Option(help="How strongly digits are deformed: 0 not at all, 1 as the family's recipe.")
    ] = None,
    wear: Annotated[
        float | None, typer.Option(help="Share of digits worn as by pen and camera; two thirds by the family's recipe.")
    ] = None,
    pages: Annotated[
        int | None,
        typer.Option(
            help="Synthetic pages whose digits are trained on too, as the page reader cuts them; 0 by default."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and deformation.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Digits of your own on top of MNIST: a folder with the folders 0 to 9 of pictures, a .csv as "
            "Kaggle's, an .npz with images and labels, an .npy or IDX file of images with its labels beside it."
        ),
    ] = None,
    data_only: Annotated[bool, typer.Option("--data-only", help="Train on --data alone, without MNIST.")] = False,
    data_errors: Annotated[
        str, typer.Option(help="refuse or skip what is wrong in --data: bad pictures, labels that are not 0 to 9.")
    ] = "refuse",
    start_from: Annotated[
        str | None,
        typer.Option("--from", help="Fine-tune the model of a run or bundle: a folder, edge, nano or pages."),
    ] = None,
    distil_from: Annotated[
        str | None,
        typer.Option(help="A finished run to learn from, such as a teacher's; of several, joined by commas, the mean."),
    ] = None,
    distil_weight: Annotated[
        float | None, typer.Option(help="The share of what is learnt from there, the rest from labels; 0.5 by default.")
    ] = None,
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Multiply in bfloat16: faster on processors that have it (AVX512-BF16).")
    ] = False,
    strategy: Annotated[
        str, typer.Option(help="one, or multiworker: all machines that the environment's TF_CONFIG names.")
    ] = "one",
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/MODEL by default.")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard logs.")] = False,
    pickle: Annotated[
        bool,
        typer.Option(
            help="Also write model.pkl, as the reference project does. Never load a .pkl from somebody you do not "
            "trust: unpickling runs whatever code its maker put in."
        ),
    ] = False,
) -> None:
    """Train a model with Keras. Interrupted, the same command goes on where it stopped."""
    from edgedigits.imaging.normalization import to_image
    from edgedigits.imaging.picture_files import load_picture
    from edgedigits.reading.cut import cut
    from edgedigits_data.user_sets import Pictures
    from edgedigits_train.settings import TrainSettings

    known, weights = _model_of(start_from)
    if (model or known) == "reader":
        from edgedigits_apps.maintain.reader_training import train_reader

        train_reader(out or Path("runs/reader"), steps, seed, weights, data, bfloat16)
        return
    settings = TrainSettings.for_model(
        model or known,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        deformation=deformation,
        wear=wear,
        pages=pages,
        seed=seed,
        data=str(data) if data else None,
        data_only=data_only,
        data_errors=data_errors,
        from_model=weights,
        distil_from=distil_from or None,
        distil_weight=distil_weight,
        bfloat16=bfloat16 or None,
    )
    folder = out or Path("runs") / (settings.model if data is None else f"{settings.model}-{data.stem}")
    from edgedigits_train.classifier.fitting import (
        train as fit,  # TensorFlow takes seconds to load; what is wrong is said before
    )

    metrics = fit(
        settings,
        folder,
        pictures=Pictures(load_picture, to_image),
        cut=cut,
        workers=strategy,
        tensorboard=tensorboard,
        pickled=pickle,
    )
    if metrics:
        for note in metrics.get("data_notes", ()):
            say(f"warning: {note}")
        say(_summary(settings.model, metrics, folder))


def _model_of(start_from: str | None) -> tuple[str, str | None]:
    """The model's name and the file of weights to start from."""
    from edgedigits import load_bundle
    from edgedigits_train.run_folder import MODEL, SETTINGS, read_json

    if start_from is None:
        return "reference", None
    run = Path(start_from)
    if (run / SETTINGS).exists():  # a run's folder says what it trains; a bundle's has a manifest instead
        return str(read_json(run / SETTINGS).get("model")), str(run / MODEL)
    if start_from.endswith(".keras"):
        return "edge", start_from
    bundle = load_bundle(start_from)
    settings = bundle.manifest.get("training", {}).get("settings", {})
    return str(settings.get("model") or bundle.name), str(bundle.path / "model.keras")


def _summary(model: str, metrics: dict[str, Any], folder: Path) -> str:
    scores = [
        f"{metrics[name]['accuracy']:.2%} of {whose}"
        for name, whose in (("test", "MNIST's test images"), ("own", "your own images kept back"))
        if name in metrics
    ]
    skipped = f"; {metrics['data_skipped']} things in the data were skipped" if metrics["data_skipped"] else ""
    return f"{model}: {', '.join(scores)}{skipped}; {folder / 'model.keras'}"
