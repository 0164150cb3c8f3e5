"""Opens what a user wants exported: a run's folder or a saved Keras model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgedigits_export.errors import ExportError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Source:
    """A model as it was saved.

    Attributes:
        name: the run's model name, or the file's.
        model: the Keras model, not yet checked against the pixel contract.
        training: settings, metrics and history of the run, as far as they are known.
        extra_files: files that go into the bundle as they are.
    """

    name: str
    model: keras.Model
    training: Mapping[str, Any] = field(default_factory=dict)
    extra_files: Mapping[str, bytes] = field(default_factory=dict)


def open_source(path: Path) -> Source:
    """Load a run's folder or a .keras file.

    Raises:
        ExportError: if there is no model, or Keras cannot load it.
    """
    if not path.exists():
        raise ExportError(f"{path} does not exist; give a run's folder or a saved Keras model")
    if not path.is_dir():
        return Source(path.stem, _load_keras(path))
    if not (path / "model.keras").exists():
        raise ExportError(f"{path} has no model.keras; train it first, or give a saved Keras model")
    training = {name: _read_json(path / f"{name}.json") for name in ("settings", "metrics", "history")}
    name = training["metrics"].get("model") or training["settings"].get("model") or path.name
    pickled = path / "model.pkl"
    extra = {pickled.name: pickled.read_bytes()} if pickled.exists() else {}
    return Source(str(name), _load_keras(path / "model.keras"), training, extra)


def _load_keras(path: Path) -> keras.Model:
    import keras

    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:  # Keras raises a dozen kinds for a damaged or strange file
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(f"{path} is not a model that Keras can load ({reason})") from error


def _read_json(path: Path) -> Any:
    if not path.exists():
        return {}
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} is damaged ({error}); train again, or delete it to export without it") from error
