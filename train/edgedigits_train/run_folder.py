"""A run's folder: what is in it, and how an interrupted run is picked up again.

`settings.json`, `history.json` (one entry an epoch), `model.keras` (the best epoch on the validation images so far),
`checkpoint.npz` (all that training needs to go on; gone once the run is finished) and, last, `metrics.json`: a folder
with it is finished. Every file is written beside its place and moved there when it is whole, so that a run that is
killed at any moment leaves what the same command can go on with.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from edgedigits.errors import TrainError, UsageError
from edgedigits_data.atomic import discard_partial, whole
from edgedigits_train.settings import TrainSettings

MODEL, SETTINGS, HISTORY, METRICS, CHECKPOINT = (
    "model.keras",
    "settings.json",
    "history.json",
    "metrics.json",
    "checkpoint.npz",
)


def claim(folder: Path, settings: TrainSettings) -> dict[str, Any] | None:
    """Make `folder` this run's own, rid of what a killed one left half written.

    Returns:
        The metrics where the same run is already finished.

    Raises:
        UsageError: if it holds a run with other settings.
        TrainError: if it cannot be written.
    """
    known = folder / SETTINGS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not known.exists():
            write_json(known, settings.as_dict())
        found = read_json(known)
    except OSError as error:
        raise TrainError(f"{folder} cannot hold a run ({error.strerror}); choose another folder") from error
    if found != settings.as_dict():
        changed = [name for name, value in settings.as_dict().items() if found.get(name) != value]
        raise UsageError(
            f"{folder} holds a run with another {', '.join(changed) or 'format'}; choose another folder or delete it"
        )
    discard_partial(folder)
    if not (folder / METRICS).exists():
        return None
    (folder / CHECKPOINT).unlink(missing_ok=True)
    metrics: dict[str, Any] = read_json(folder / METRICS)
    return metrics


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
    with whole(path) as partial:
        partial.write_text(json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Raises TrainError, naming the file, if it is no JSON."""
    try:
        return json.loads(path.read_text())
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
