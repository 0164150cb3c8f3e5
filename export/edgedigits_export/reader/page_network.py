"""The bundle of the page reader's network: a Keras model in training's form, and artifacts in the runtime's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.bundle.reading import Bundle
from edgedigits.bundle.writing import write_bundle
from edgedigits.reading.heatmap.page_network import CHANNELS, OTHER, STRIDE
from edgedigits_export.formats.artifacts import describe
from edgedigits_export.formats.tflite import Precision, freeze, to_tflite

BOX_CHANNELS = 4
SIDE = 192  # the input's side while it is converted; the artifacts take any multiple of 16
TFLITE: dict[str, Precision] = {"float32.tflite": "float32", "float16.tflite": "float16", "int8.tflite": "int8"}
OUTPUT = {
    "stride": STRIDE,
    "channels": "0-9 logits of digits, 10 digits too small, 11 letters and signs, 12-15 box (x, y, width, height)",
    "preprocessing": "edgedigits.reading.heatmap.page_network.normalize; height and width are any multiples of 16",
}


def joined(model: Any) -> Callable[[Any], Any]:
    """A function from images to the output that `edgedigits.reading.heatmap.page_network` describes.

    Args:
        model: a Keras model whose output has the maps of digits and of digits that are too small, those of letters and
            signs, and the box.

    Returns:
        a function from float32 (N, height, width, 1) to float32 (N, height / 4, width / 4, CHANNELS).
    """
    import tensorflow as tf

    def run(image: Any) -> Any:
        page = model(image, training=False)
        maps = page.shape[-1] - BOX_CHANNELS
        other = tf.reduce_max(page[..., OTHER:maps], axis=-1, keepdims=True)
        output = tf.concat([page[..., :OTHER], other, page[..., maps:]], axis=-1)
        return tf.ensure_shape(output, (None, None, None, CHANNELS))

    return run


def convert(model: Any, calibration: NDArray[np.uint8]) -> dict[str, bytes]:
    """All artifacts of a network by file name; each takes a picture of any size.

    Args:
        model: the Keras model, in training's form.
        calibration: normalized views, uint8 (N, SIDE, SIDE).
    """
    function = joined(model)
    frozen = freeze(function, (1, SIDE, SIDE, 1))
    images = calibration[..., None]
    made = {
        file: to_tflite(frozen, precision, images if precision == "int8" else None)
        for file, precision in TFLITE.items()
    }
    return made | _to_onnx(function, images)


def _to_onnx(function: Callable[[Any], Any], images: NDArray[np.uint8]) -> dict[str, bytes]:
    from edgedigits_export.formats.onnx import quantize, to_onnx

    exact = to_onnx(function, (1, SIDE, SIDE, 1))
    integer = quantize(exact, images)
    return {
        f"{name}.onnx": bytes(_of_any_size(model).SerializeToString(deterministic=True))
        for name, model in (("float32", exact), ("int8", integer))
    }


def _of_any_size(model: Any) -> Any:
    """Free height and width of a model's input and output; what is known of inner shapes goes."""
    import onnx

    graph = model.graph
    del graph.value_info[:]
    for value, names in ((graph.input[0], ("height", "width")), (graph.output[0], ("rows", "columns"))):
        for axis, name in zip((1, 2), names, strict=True):
            value.type.tensor_type.shape.dim[axis].dim_param = name
    maxima = {name: node for node in graph.node if node.op_type == "ReduceMax" for name in node.output}
    for node in [node for node in graph.node if node.op_type == "Reshape"]:
        if (reduced := maxima.get(node.input[0])) is not None:  # the reduced axis stays instead of being put back
            next(attribute for attribute in reduced.attribute if attribute.name == "keepdims").i = 1
            node.op_type = "Identity"
        else:  # the one channel moves to the front: for the converter a reshape to a fixed size
            node.op_type = "Transpose"
            node.attribute.append(onnx.helper.make_attribute("perm", [0, 3, 1, 2]))
        del node.input[1:]
    for node in graph.node:
        node.output[:] = ["page" if name == graph.output[0].name else name for name in node.output]
    graph.output[0].name = "page"
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    onnx.checker.check_model(model, full_check=True)
    return model


def write_reader(
    model_file: Path,
    artifacts: Mapping[str, bytes],
    destination: Path,
    facts: Mapping[str, Any],
    force: bool = False,
) -> Bundle:
    """Write the bundle.

    Args:
        model_file: the Keras model, which training can go on from.
        artifacts: what `convert` made.
        destination: the bundle's folder.
        facts: what the manifest says besides: calibration, thresholds, validation, training.
        force: replace a bundle that is already there.

    Raises:
        BundleError: if there is something in the way.
    """
    manifest = {
        "name": "reader",
        "licence": "MIT",
        "output": OUTPUT,
        **facts,
        "files": {file: describe(file, content) for file, content in artifacts.items()},
    }
    return write_bundle(destination, {"model.keras": model_file.read_bytes(), **artifacts}, manifest, force=force)
