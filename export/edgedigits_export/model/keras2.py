"""HDF5 files as Keras 2 wrote them, without the words that Keras 3 refuses."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Keras 2 wrote "groups": 1 for layers that have no groups in Keras 3; 1 means none.
_GROUPLESS = (
    *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
    *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
)


@contextlib.contextmanager
def readable(path: Path) -> Iterator[Path]:
    """The file itself, or while the context lasts a copy that Keras 3 can load."""
    text = _configuration(path)
    if text is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        import h5py  # type: ignore[import-untyped]

        with h5py.File(copy, "r+") as file:
            file.attrs["model_config"] = text.encode()
        yield copy


def _configuration(path: Path) -> str | None:
    """The model's configuration without what Keras 3 refuses; None where it has nothing of that, or is no such file."""
    if path.suffix not in (".h5", ".hdf5"):
        return None
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
        configuration = json.loads(text) if text is not None else None
    except (OSError, ValueError, TypeError, KeyError):  # Keras says what is wrong with it
        return None
    return json.dumps(configuration) if _without_groups(configuration) else None


def _without_groups(entry: Any) -> int:
    """Drop the word wherever it stands in a configuration; how often it stood there."""
    if isinstance(entry, list):
        return sum(_without_groups(item) for item in entry)
    if not isinstance(entry, dict):
        return 0
    config = entry.get("config")
    dropped = 0
    if entry.get("class_name") in _GROUPLESS and isinstance(config, dict) and config.get("groups") == 1:
        del config["groups"]
        dropped = 1
    return dropped + sum(_without_groups(item) for item in entry.values())
