"""Makes one artifact after another from a network: bytes by file name, and what the manifest says of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines import engine_of
from edgedigits_export import flatbuffer, tflite
from edgedigits_export.errors import ExportError
from edgedigits_export.network import INPUT_SHAPE, Network
from edgedigits_export.options import ExportOptions


class Converter:
    """Converts one network; what several artifacts share is made once."""

    def __init__(self, network: Network, calibration: NDArray[np.uint8], options: ExportOptions) -> None:
        """`calibration`: images, uint8 (N, 28, 28)."""
        self._network = network
        self._calibration = calibration[..., None]
        self._options = options

    @cached_property
    def _frozen(self) -> Any:
        return tflite.freeze(self._network, INPUT_SHAPE)

    @cached_property
    def _float_onnx(self) -> Any:
        from edgedigits_export.to_onnx import to_onnx

        return to_onnx(self._network, INPUT_SHAPE, self._options.opset)

    def convert(self, file: str) -> bytes:
        """The content of one file of `formats.FORMATS`.

        Raises:
            ExportError: if the converter cannot convert the model; with its reason.
        """
        try:
            return self._to_onnx(file) if file.endswith(".onnx") else self._to_tflite(file)
        except Exception as error:  # the converters raise whatever they like
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ExportError(f"{file} cannot be made from this model: {reason}") from error

    def _to_tflite(self, file: str) -> bytes:
        precision = cast(tflite.Precision, file.removesuffix(".tflite"))
        model = tflite.to_tflite(self._frozen, precision, self._calibration, per_channel=self._options.per_channel)
        return flatbuffer.name_tensors(model)

    def _to_onnx(self, file: str) -> bytes:
        from edgedigits_export.to_onnx import quantize

        model = self._float_onnx
        if file == "int8.onnx":
            model = quantize(model, self._calibration, self._options.per_channel)
        return bytes(model.SerializeToString(deterministic=True))


def describe(file: str, model: bytes) -> dict[str, Any]:
    """What the manifest says of an artifact: engine, precision, inputs and outputs as the file itself has them."""
    tensors = _onnx_tensors(model) if file.endswith(".onnx") else _tflite_tensors(model)
    return {"engine": engine_of(file), "precision": file.split(".")[0], **tensors}


def _tflite_tensors(model: bytes) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)

    def record(details: Mapping[str, Any]) -> dict[str, Any]:
        scale, zero_point = details["quantization"]
        return _tensor(details["name"], details["shape"].tolist(), np.dtype(details["dtype"]).name, scale, zero_point)

    return {
        "inputs": [record(details) for details in interpreter.get_input_details()],
        "outputs": [record(details) for details in interpreter.get_output_details()],
    }


def _onnx_tensors(model: bytes) -> dict[str, Any]:
    import onnx

    graph = onnx.load_from_string(model).graph

    def record(value: Any) -> dict[str, Any]:
        shape = [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
        return _tensor(value.name, shape, dtype, float(dtype == "uint8"), 0)

    return {"inputs": [record(v) for v in graph.input], "outputs": [record(v) for v in graph.output]}


def _tensor(name: str, shape: list[Any], dtype: str, scale: float, zero_point: int) -> dict[str, Any]:
    """A float tensor has no scale and no zero point: null."""
    quantized = {"scale": float(scale), "zero_point": int(zero_point)} if scale else {"scale": None, "zero_point": None}
    return {"name": name, "shape": shape, "dtype": dtype, **quantized}
