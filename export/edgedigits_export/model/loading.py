"""Opens what a user wants exported: a run's folder, a saved Keras model of any age, or one in memory."""

from __future__ import annotations

import importlib.util
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgedigits.bundle.manifest import MANIFEST
from edgedigits.bundle.reading import load_bundle
from edgedigits.errors import ExportError, UsageError
from edgedigits.files.forms import read_form
from edgedigits.files.opening import check_unpacked
from edgedigits_export.model.keras2 import readable
from edgedigits_export.model.saved_model_operators import check_operators

if TYPE_CHECKING:
    import keras

MAX_MODEL_BYTES = 2_000_000_000
# The files of a run that go into the manifest.
RUN = (("settings", dict[str, Any]), ("metrics", dict[str, Any]), ("history", list[dict[str, float]]))
REMEDY = "give a run's folder, a .keras or .h5 file, or a SavedModel's folder"


@dataclass(frozen=True)
class Source:
    """A model as it was saved.

    Attributes:
        name: the run's model name, or the file's.
        model: the Keras model, not yet checked against the pixel contract.
        saveable: whether Keras can save it again; a SavedModel is a graph without its layers.
        training: settings, metrics and history of the run, as far as they are known.
        extra_files: files that go into the bundle as they are.
    """

    name: str
    model: keras.Model
    saveable: bool = True
    training: Mapping[str, Any] = field(default_factory=dict)
    extra_files: Mapping[str, bytes] = field(default_factory=dict)


def open_source(source: Path | keras.Model, custom: Path | None = None) -> Source:
    """Load a run's or bundle's folder, a .keras or .h5 file or a SavedModel, or take a Keras model that is in memory.

    Args:
        source: where it is, or itself.
        custom: a Python file that defines the custom layers and models in it; it is run, and the model's file is
            trusted to run code of its own (as Lambda layers do).

    Raises:
        UsageError: if there is no such file.
        ExportError: if there is no model in it, Keras cannot load it, or a custom class is missing.
    """
    if not isinstance(source, Path):
        return Source(source.name, source)
    if not source.exists():
        raise UsageError(f"{source} does not exist; {REMEDY}")
    if source.suffix in (".pkl", ".pickle"):
        raise ExportError(f"{source} is a pickle, which would run whatever code is in it; save the model as .keras")
    if source.is_file():
        return Source(source.stem, _load_keras(source, custom))
    if (source / "model.keras").exists():
        return _open_run(source, custom)
    if (source / "saved_model.pb").exists():
        return Source(source.name, _load_saved_model(source, trusted=custom is not None), saveable=False)
    raise ExportError(f"{source} has neither model.keras nor saved_model.pb; {REMEDY}")


def _open_run(folder: Path, custom: Path | None) -> Source:
    # A bundle that is exported again says in its manifest where it came from.
    manifest = load_bundle(folder).manifest if (folder / MANIFEST).exists() else {}
    training = manifest.get("training") or {name: _read_json(folder / f"{name}.json", form) for name, form in RUN}
    models = (training.get(part, {}).get("model") for part in ("metrics", "settings"))
    name = manifest.get("name") or next(filter(None, models), folder.name)
    pickled = folder / "model.pkl"
    extra = {pickled.name: pickled.read_bytes()} if pickled.exists() else {}
    return Source(str(name), _load_keras(folder / "model.keras", custom), training=training, extra_files=extra)


def _load_keras(path: Path, custom: Path | None) -> keras.Model:
    import keras

    objects = _custom_objects(custom) if custom else {}
    try:
        check_unpacked(path, MAX_MODEL_BYTES)
    except OSError as error:
        raise ExportError(f"{path} cannot be read: {error.strerror}; {REMEDY}") from error
    try:
        with readable(path) as file:
            model = keras.models.load_model(file, custom_objects=objects, compile=False, safe_mode=custom is None)
    except Exception as error:  # Keras raises a dozen kinds for a damaged or strange file
        reason = " ".join(str(error).split()) or type(error).__name__
        missing = re.search(r"(?:Could not locate class|Unknown layer:) '?(\w+)", reason)
        if missing:
            message = f"{path} needs the class {missing[1]!r}; name the .py file with it with --custom"
            raise ExportError(message) from error
        if "Lambda" in reason:
            raise ExportError(
                f"{path} has a Lambda layer, which runs code from the file; if you trust it, name the .py file with "
                "its functions (it may be empty) with --custom"
            ) from error
        raise ExportError(f"{path} is not a model that Keras can load ({reason}); {REMEDY}") from error
    if not isinstance(model, keras.Model):
        raise ExportError(f"{path} holds a {type(model).__name__}, not a model; {REMEDY}")
    return model


def _custom_objects(path: Path) -> dict[str, Any]:
    """Every class and function that a Python file defines, by name."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if not path.exists() or specification is None or specification.loader is None:
        raise ExportError(f"{path} is no Python file; name the .py file that defines the custom layers")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:  # it is the user's code: anything can happen
        raise ExportError(f"{path} does not run ({type(error).__name__}: {error})") from error
    return {name: value for name, value in vars(module).items() if isinstance(value, type | Callable)}


def _load_saved_model(folder: Path, trusted: bool) -> keras.Model:
    """A SavedModel's serving signature as a Keras model of one layer."""
    import keras
    import tensorflow as tf

    if not trusted:
        check_operators(folder)
    try:
        loaded = tf.saved_model.load(str(folder))
    except Exception as error:  # as above
        raise ExportError(f"{folder} is not a SavedModel that TensorFlow can load; export it again") from error
    names = list(loaded.signatures)
    if not names:
        raise ExportError(f"{folder} has no serving signature; save it with model.export() or give the .keras file")
    endpoint = "serving_default" if "serving_default" in names else names[0]
    signature = loaded.signatures[endpoint]
    takes, gives = signature.structured_input_signature[1], signature.structured_outputs
    if len(takes) != 1 or len(gives) != 1:
        raise ExportError(f"{folder} takes {len(takes)} inputs and gives {len(gives)} outputs, expected one of each")
    ((argument, spec),) = takes.items()
    (result,) = gives

    class Graph(keras.layers.Layer):  # type: ignore[misc]
        """Runs the signature; refers to `loaded`, whose variables die with it."""

        def call(self, tensor: Any) -> Any:
            return loaded.signatures[endpoint](**{argument: tensor})[result]

        def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
            return (shape[0], *signature.structured_outputs[result].shape[1:])

    layer = Graph(name="saved_model")
    image = keras.Input(batch_shape=spec.shape, dtype=spec.dtype.name)
    return keras.Model(image, layer(image), name=folder.name)


def _read_json(path: Path, form: Any) -> Any:
    """A file of a run that has a form; empty where there is none."""
    if not path.exists():
        return typing.get_origin(form)()
    try:
        return read_form(path, form)
    except ValueError as error:
        raise ExportError(f"{path} is damaged ({error}); train again, or delete it to export without it") from error
