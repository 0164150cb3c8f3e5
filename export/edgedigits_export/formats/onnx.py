"""From a frozen TensorFlow function to ONNX: float32 through tf2onnx, int8 through ONNX Runtime's quantizer."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from edgedigits import __version__
from edgedigits_export.formats.model_card import Card
from edgedigits_export.formats.onnx_graph import Graph, tidy
from edgedigits_export.quantize.gptq import grid


def to_onnx(
    function: Callable[[Any], Any], input_shape: tuple[int | None, ...], opset: int = 17, batch: str | int = "N"
) -> Any:
    """Convert a model or function of one float32 input into a tidy float32 onnx.ModelProto.

    Args:
        function: the model.
        input_shape: with a batch of 1, or with None if the function works for any; then shape arithmetic stays.
        opset: the operator set.
        batch: the name of the batch dimension in the result, or 1 to leave it fixed.
    """
    import tensorflow as tf
    import tf2onnx

    call = tf.function(tf.autograph.experimental.do_not_convert(lambda image: function(image)))
    signature = [tf.TensorSpec(input_shape, tf.float32, name="image")]
    with _calm("tf2onnx", "tensorflow"):
        # A batch of one leaves no shape arithmetic in the graph; tidy() frees the batch afterwards.
        model, _ = tf2onnx.convert.from_function(
            call, input_signature=signature, opset=opset, custom_op_handlers={"Erfc": (_erfc, [])}
        )
    return tidy(model, batch, traced_free=input_shape[0] is None)


def _erfc(context: Any, node: Any, name: str, arguments: Any) -> None:  # noqa: ARG001 - tf2onnx's signature
    """The complement of the error function, in the exact GELU; tf2onnx knows only Erf."""
    erf = context.make_node("Erf", node.input)
    one = context.make_const(f"{name}_one", np.array(1, np.float32))
    shapes, dtypes = node.output_shapes, node.output_dtypes
    context.remove_node(node.name)
    context.make_node("Sub", [one.output[0], erf.output[0]], outputs=node.output, shapes=shapes, dtypes=dtypes)


def quantize(
    model: Any,
    representative: NDArray[np.uint8],
    per_channel: bool = True,
    uint8: bool = True,
    products_only: bool = False,
) -> Any:
    """Quantize a tidy float32 model statically: QDQ, uint8 weights and activations, a uint8 input, float softmax.

    Signed weights are ONNX Runtime's default. With them, x86 processors without VNNI add pairs of products in 16 bits,
    which saturates: on a Zen 3 the probabilities of four digit models were off by up to 0.25, and by 0.05 with
    unsigned weights, which took as long.

    Args:
        model: what `to_onnx` returned.
        representative: calibration images, uint8 (N, 28, 28, 1).
        per_channel: one scale for each output channel of a weight instead of one for the whole tensor.
        uint8: take grey levels as uint8; otherwise as float32, which are then rounded first.
        products_only: leave everything but convolutions and matrix products in float.

    Returns:
        A new onnx.ModelProto whose input takes raw grey levels.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._images = iter(representative)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            image = next(self._images, None)
            return None if image is None else {"image": image[None].astype(np.float32)}

    exact = Graph(model)
    with tempfile.TemporaryDirectory() as folder, _calm("root"):
        target = Path(folder) / "int8.onnx"
        quantize_static(
            onnx.ModelProto.FromString(model.SerializeToString()),  # it moves the weights of what it is given to disk
            str(target),
            Samples(),
            quant_format=QuantFormat.QDQ,
            per_channel=per_channel,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QUInt8,
            op_types_to_quantize=["Conv", "Gemm", "MatMul"] if products_only else None,
            nodes_to_exclude=[node.name for node in model.graph.node if node.op_type == "Softmax"],
            # A grey level is its own quantized value, whatever range the calibration images happen to cover.
            extra_options={
                "TensorQuantOverrides": {
                    _reshaped_input(exact): [{"scale": np.array(1.0, np.float32), "zero_point": np.array(0, np.uint8)}]
                }
                | _weight_scales(exact, per_channel)
            },
        )
        quantized = onnx.load(str(target))
    graph = Graph(quantized)
    if uint8:
        take_uint8(graph)
    keep_logits(graph)
    graph.drop_unused()
    onnx.checker.check_model(graph.model, full_check=True)
    return graph.model


def _weight_scales(graph: Graph, per_channel: bool) -> dict[str, list[dict[str, Any]]]:
    """127 steps on each side of zero, as in TensorFlow Lite; left to itself the quantizer takes 127.5, on no grid."""
    scales: dict[str, list[dict[str, Any]]] = {}
    for node in graph.proto.node:
        weights = graph.constant(node.input[1]) if node.op_type in ("Conv", "Gemm", "MatMul") else None
        if weights is None or weights.dtype != np.float32:
            continue
        axis = 0 if node.op_type == "Conv" else weights.ndim - 1
        steps = grid(np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1), per_channel)
        entries = [{"scale": step.astype(np.float32), "zero_point": np.array(128, np.uint8)} for step in steps[:, 0]]
        scales[node.input[1]] = [entry | {"axis": axis} for entry in entries] if per_channel else entries[:1]
    return scales


def take_uint8(graph: Graph) -> None:
    """Let the input be uint8.

    Where the first thing done is to quantize it with scale 1 and zero point 0, which maps every grey level to itself,
    that is dropped. Anything else that takes it first, as a normalization in float, gets it converted to float32.
    """
    source = _reshaped_input(graph)
    first = graph.only_user(source)
    if first is not None and first.op_type == "QuantizeLinear":
        scale, zero_point = (graph.constant(name) for name in first.input[1:3])
        if scale == 1 and zero_point == 0:
            graph.bypass(first, source)
            graph.proto.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
            return
    name = graph.proto.input[0].name
    for node in graph.proto.node:
        node.input[:] = ["levels" if taken == name else taken for taken in node.input]
    cast = onnx.helper.make_node("Cast", [name], ["levels"], name="levels", to=onnx.TensorProto.FLOAT)
    graph.proto.node.insert(0, cast)
    graph.proto.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8


def keep_logits(graph: Graph) -> None:
    """Drop the rounding to 8 bits in front of a Softmax; the runtime's integer product gives floats as well."""
    for softmax in [node for node in graph.proto.node if node.op_type == "Softmax"]:
        dequantize = graph.maker(softmax.input[0])
        quantize = graph.maker(dequantize.input[0]) if dequantize is not None else None
        if quantize is None or (quantize.op_type, dequantize.op_type) != ("QuantizeLinear", "DequantizeLinear"):
            continue
        graph.bypass(dequantize, quantize.output[0])
        graph.bypass(quantize, quantize.input[0])


def describe_itself(model: Any, card: Card) -> Any:
    """A copy of a model that says what it is, as `card` has it."""
    described = onnx.ModelProto.FromString(model.SerializeToString())
    described.producer_name, described.producer_version = "edgedigits", __version__
    described.doc_string = card.description
    del described.metadata_props[:]
    for key, value in card.as_strings().items():
        described.metadata_props.add(key=key, value=value)
    # tf2onnx imports operator sets that no node uses.
    used = {node.domain for node in described.graph.node}
    kept = [entry for entry in described.opset_import if entry.domain in used]
    del described.opset_import[:]
    described.opset_import.extend(kept)
    onnx.checker.check_model(described, full_check=True)
    return described


def _reshaped_input(graph: Graph) -> str:
    """The input tensor, as far as it is only reshaped: one channel makes channels-last and channels-first the same."""
    name = str(graph.proto.input[0].name)
    while (user := graph.only_user(name)) is not None and user.op_type == "Reshape":
        name = user.output[0]
    return name


@contextlib.contextmanager
def _calm(*names: str) -> Iterator[None]:
    """Only errors from these loggers."""
    loggers = [logging.getLogger(None if name == "root" else name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
