"""The one place that calls the TensorFlow Lite converter: it is being moved out of TensorFlow."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.standard_error import redirected_stderr

Precision = Literal["float32", "float16", "dynamic", "int8"]
LOOPS = ("While", "StatelessWhile", "If", "StatelessIf")
CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def freeze(function: Callable[[Any], Any], input_shape: tuple[int, ...], name: str = "image") -> Any:
    """Trace a Keras model or function for one float32 input of a fixed shape, weights turned into constants.

    A variable left in the function would become a READ_VARIABLE operation that makes every call eight times as long;
    a free dimension would put SHAPE, STRIDED_SLICE and PACK into the graph.

    Args:
        function: takes a float32 tensor of `input_shape` and returns a tensor or several.
        input_shape: with the batch dimension, as (1, 28, 28, 1).
        name: the input tensor's name.

    Returns:
        A concrete function, for `to_tflite`.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    call = tf.autograph.experimental.do_not_convert(lambda tensor: function(tensor))
    concrete = tf.function(call).get_concrete_function(tf.TensorSpec(input_shape, tf.float32, name=name))
    # Both converters know loops, as a recurrent layer's, only as they are before lowering.
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    if any(operation.type in CALLS for operation in frozen.graph.get_operations()):
        frozen = convert_variables_to_constants_v2(_inlinable(frozen), lower_control_flow=False)
    return frozen


def _inlinable(frozen: Any) -> Any:
    """The same function with nothing that has to stay a call; Keras compiles grouped convolutions by themselves."""
    import tensorflow as tf

    proto = frozen.graph.as_graph_def()
    for function in proto.library.function:
        function.signature.name += "_inlinable"  # TensorFlow keeps every definition that it has seen
    for owner in [*proto.node, *proto.library.function, *(n for f in proto.library.function for n in f.node_def)]:
        for attribute in ("_XlaMustCompile", "_noinline"):
            owner.attr.pop(attribute, None)
        for value in owner.attr.values():
            if value.HasField("func"):
                value.func.name += "_inlinable"
    takes, gives = [t.name for t in frozen.inputs], [t.name for t in frozen.outputs]
    wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(proto, name=""), [])
    found = [[wrapped.graph.get_tensor_by_name(name) for name in names] for names in (takes, gives)]
    return wrapped.prune(*found)


def to_tflite(
    frozen: Any,
    precision: Precision,
    representative: NDArray[Any] | None = None,
    *,
    per_channel: bool = True,
    input_dtype: str = "uint8",
    output_dtype: str = "float32",
    mixed: bool = False,
) -> bytes:
    """Convert a frozen function into a TensorFlow Lite model of built-in operators only.

    Args:
        frozen: what `freeze` returned.
        precision: "float32"; "float16" weights; "dynamic", int8 weights with float activations; or "int8" throughout.
        representative: for int8 the calibration inputs, any dtype, (N, *input_shape[1:]); run one at a time.
        per_channel: one scale for each output channel of a weight instead of one for the whole tensor.
        input_dtype: of an int8 model: "uint8", "int8" or "float32".
        output_dtype: likewise; "float32" ends in one DEQUANTIZE.
        mixed: let operators without an integer kernel stay in float.

    Returns:
        The model as a flatbuffer.

    Raises:
        ValueError: if int8 is asked for without representative inputs, or of a function with a loop.
        Exception: whatever the converter raises for a model that it cannot convert.
    """
    import tensorflow as tf

    # The converter's C++ side writes notes of its own to standard error; nothing of ours is written meanwhile.
    with warnings.catch_warnings(), redirected_stderr():
        warnings.simplefilter("ignore")
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter._experimental_disable_per_channel = not per_channel
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if precision == "int8":
            if representative is None or not len(representative):
                raise ValueError("int8 needs representative inputs")
            if any(operation.type in LOOPS for operation in frozen.graph.get_operations()):
                # Asked all the same, it ends the process with a segmentation fault.
                raise ValueError("TensorFlow Lite's calibration cannot run a loop, as of a recurrent layer")
            samples = representative
            converter.representative_dataset = lambda: ([sample[None].astype(np.float32)] for sample in samples)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            if mixed:
                converter.target_spec.supported_ops.append(tf.lite.OpsSet.TFLITE_BUILTINS)
            converter.inference_input_type = tf.as_dtype(input_dtype)
            converter.inference_output_type = tf.as_dtype(output_dtype)
        return bytes(converter.convert())
