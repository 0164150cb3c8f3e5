"""A run's folder: what is in it, and how an interrupted run is picked up again.

`inputs.json` and `settings.json` (all that the run depends on), `history.json` (one entry an epoch), `best.keras` (the
best epoch on the validation images so far), `checkpoint.npz` (all that training needs to go on) and, made of what
training left, `model.keras` and, last, `metrics.json`: a folder with it is finished, and rid of the best epoch and the
checkpoint. Every file is written beside its place and moved there when it is whole, so that a run that is killed at any
moment leaves what the same command can go on with.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edgedigits.errors import OccupiedError, TrainError
from edgedigits.files.atomic import PARTIAL, discard_partial, locked, whole, write_whole
from edgedigits.files.forms import read_form
from edgedigits.files.opening import open_regular
from edgedigits_train.settings import TrainSettings

MODEL, BEST, SETTINGS, INPUTS, HISTORY, METRICS, CHECKPOINT = (
    "model.keras",
    "best.keras",
    "settings.json",
    "inputs.json",
    "history.json",
    "metrics.json",
    "checkpoint.npz",
)
REMEDY = "choose another folder or delete it"
# What a run depends on besides its settings: names and their hashes or versions, by kind.
Inputs = dict[str, dict[str, str]]


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Make a run's folder, and be the only process that writes into it.

    Raises:
        TrainError: if it cannot be made.
        OccupiedError: if another process trains into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainError(f"{folder} cannot hold a run ({error.strerror}); choose another folder") from error
    with locked(folder):
        yield


def claim(folder: Path, settings: TrainSettings, inputs: Inputs) -> dict[str, Any] | None:
    """Begin or go on with a run in its folder, rid of what a killed one left half written.

    Args:
        folder: the run's own, as from `owned`.
        settings: what the run was asked for.
        inputs: what else its result depends on; `digests` makes them.

    Returns:
        The metrics where the same run is already finished.

    Raises:
        OccupiedError: if the folder holds a run with other settings or inputs, or something else.
        TrainError: if it cannot be written, or is damaged.
    """
    try:
        if not (folder / SETTINGS).exists():
            others = {path.name for path in folder.iterdir() if not path.name.startswith(PARTIAL)} - {INPUTS}
            if others:
                raise OccupiedError(f"{folder} holds {sorted(others)[0]} and no run; choose another folder")
            write_json(folder / INPUTS, inputs)
            write_json(folder / SETTINGS, settings.as_dict())
        found = read_json(folder / SETTINGS)
        if found != settings.as_dict():
            changed = [name for name, value in settings.as_dict().items() if found.get(name) != value]
            raise OccupiedError(f"{folder} holds a run with another {', '.join(changed) or 'format'}; {REMEDY}")
        if not (folder / INPUTS).exists():
            raise OccupiedError(f"{folder} holds a run of an older version, without {INPUTS}; {REMEDY}")
        if changed := differences(read_json(folder / INPUTS, Inputs), inputs):
            raise OccupiedError(f"{folder} holds a run whose inputs have changed since: {', '.join(changed)}; {REMEDY}")
        discard_partial(folder)
        if not (folder / METRICS).exists():
            return None
        tidy(folder)
    except OSError as error:
        raise TrainError(f"{folder} cannot hold a run ({error.strerror}); choose another folder") from error
    metrics: dict[str, Any] = read_json(folder / METRICS)
    return metrics


def tidy(folder: Path) -> None:
    """Remove what a finished run needs no more."""
    for name in (CHECKPOINT, BEST):
        (folder / name).unlink(missing_ok=True)


def digest(model: str) -> str:
    """The SHA-256 of a model that a run starts or learns from: a .keras file, or a run's or bundle's folder.

    Raises:
        TrainError: if it cannot be read.
    """
    path = Path(model) / MODEL if Path(model).is_dir() else Path(model)
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise TrainError(f"{path} cannot be read ({error.strerror}); give a finished run's folder") from error


def differences(before: Inputs, now: Inputs) -> list[str]:
    """What has changed between two runs' inputs, in words."""
    changed = []
    for kind in sorted({*before, *now}):
        old, new = before.get(kind, {}), now.get(kind, {})
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                versions = f" ({old.get(name)}, now {new.get(name)})" if kind == "versions" else ""
                changed.append(f"{name}{versions}")
    return changed


def commit() -> str | None:
    """The commit of this code, with "-dirty" where files differ from it; None where the code is installed."""
    here = Path(__file__).parent
    if not (here.parents[1] / ".git").exists():  # else git would answer for a project that has us in its environment
        return None
    command = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def write_json(path: Path, value: Any) -> None:
    """Write `value` atomically."""
    write_whole(path, (json.dumps(value, indent=2) + "\n").encode())


def read_json(path: Path, form: Any = dict[str, Any]) -> Any:
    """The content of a JSON file that has a form, as `find_fault` takes it.

    Raises:
        TrainError: naming the file, if it cannot be read, is no JSON, or has another form.
    """
    try:
        return read_form(path, form)
    except ValueError as error:
        raise TrainError(f"{path} is damaged ({error}); delete its folder and train again") from error


def save_checkpoint(folder: Path, variables: list[Any], epoch: int) -> None:
    """Keep the values of all `variables` after `epoch` epochs, atomically."""
    arrays: dict[str, Any] = {str(i): variable.numpy() for i, variable in enumerate(variables)}
    with whole(folder / CHECKPOINT) as partial:
        np.savez(partial, epoch=epoch, **arrays)


def load_checkpoint(folder: Path, variables: list[Any]) -> int:
    """Put a checkpoint's values into `variables`; returns the epochs done, 0 where there is no checkpoint.

    Raises:
        TrainError: if the checkpoint is damaged or from another network.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    try:
        with np.load(path, allow_pickle=False) as kept:
            values = [kept[str(i)] for i in range(len(variables))]
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            return int(kept["epoch"])
    except Exception as error:  # numpy and zipfile raise a dozen kinds for a damaged archive
        raise TrainError(f"{path} is damaged ({error}); delete it to start over") from error
