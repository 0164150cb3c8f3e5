"""Makes one artifact after another from a network: bytes by file name, and what the manifest says of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.choice import engine_of
from edgedigits.errors import ExportError
from edgedigits_export.formats import flatbuffer, tflite
from edgedigits_export.formats.micro import MODEL as MICRO_MODEL
from edgedigits_export.formats.model_card import Card
from edgedigits_export.model.wrapping import INPUT_SHAPE, Network
from edgedigits_export.options import ExportOptions
from edgedigits_export.quantize.equalization import equalize
from edgedigits_export.quantize.folding import fold
from edgedigits_export.quantize.gptq import round_weights


class Converter:
    """Converts one network; what several artifacts share is made once."""

    def __init__(self, network: Network, calibration: NDArray[np.uint8], card: Card, options: ExportOptions) -> None:
        """`calibration`: images, uint8 (N, 28, 28)."""
        self._network = network
        self._calibration = calibration[..., None]
        self._card = card
        self._options = options
        self._made: dict[str, bytes] = {}

    def convert(self, file: str) -> bytes:
        """The content of one file of `formats.FORMATS`, or of the microcontroller's model.

        Raises:
            ExportError: if the converter cannot convert the model; with its reason.
        """
        if file not in self._made:
            try:
                self._made[file] = self._convert(file)
            except Exception as error:  # the converters raise whatever they like
                reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
                raise ExportError(
                    f"{file} cannot be made from this model ({reason}); name the formats you need with --format"
                ) from error
        return self._made[file]

    def exact(self) -> bytes:
        """A float32 .tflite model of what int8.tflite rounds: layer by layer the same, equalized as that is."""
        return tflite.to_tflite(self._equalized, "float32")

    def _convert(self, file: str) -> bytes:
        if file == MICRO_MODEL:
            return flatbuffer.bare(self._default_int8)
        return self._to_onnx(file) if file.endswith(".onnx") else self._to_tflite(file)

    @cached_property
    def _frozen(self) -> Any:
        return fold(tflite.freeze(self._network, INPUT_SHAPE))

    @cached_property
    def _equalized(self) -> Any:
        return equalize(self._frozen, self._calibration)

    @cached_property
    def _rounded(self) -> Any:
        """The function as what computes in integers throughout should have it."""
        return round_weights(self._equalized, self._calibration, per_channel=self._options.per_channel)

    @cached_property
    def _default_int8(self) -> bytes:
        """int8.tflite as it is before anything is added to it, with the default input and output."""
        return tflite.to_tflite(self._rounded, "int8", self._calibration, per_channel=self._options.per_channel)

    def _to_tflite(self, file: str) -> bytes:
        precision = cast(tflite.Precision, file.removesuffix(".tflite"))
        options = self._options
        if precision == "int8" and (options.input_dtype, options.output_dtype) == ("uint8", "float32"):
            model = self._default_int8
        else:
            model = tflite.to_tflite(
                self._rounded if precision == "int8" else self._frozen,
                precision,
                self._calibration,
                per_channel=options.per_channel,
                input_dtype=options.input_dtype,
                output_dtype=options.output_dtype,
            )
        model = flatbuffer.polish(model, self._card)
        return flatbuffer.free_batch(model) if options.batch == "free" else model

    def _to_onnx(self, file: str) -> bytes:
        from edgedigits_export.formats.onnx import describe_itself, quantize, to_onnx

        options, integer = self._options, file == "int8.onnx"
        function = self._rounded if integer else self._frozen
        batch = 1 if options.batch == "fixed" else "N"
        model = to_onnx(lambda image: function(image)[0], INPUT_SHAPE, options.opset, batch)
        if integer:
            model = quantize(model, self._calibration, options.per_channel, uint8=options.input_dtype != "float32")
        return bytes(describe_itself(model, self._card).SerializeToString(deterministic=True))


def describe(file: str, model: bytes) -> dict[str, Any]:
    """What the manifest says of an artifact: engine, precision, inputs and outputs as the file itself has them."""
    tensors = _onnx_tensors(model) if file.endswith(".onnx") else _tflite_tensors(model)
    precision = "int8" if file == MICRO_MODEL else file.split(".")[0]
    return {"engine": engine_of(file), "precision": precision, **tensors}


def _tflite_tensors(model: bytes) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)

    def record(details: Mapping[str, Any], name: str) -> dict[str, Any]:
        scale, zero_point = details["quantization"]
        shape = ["N" if size < 0 else size for size in details["shape_signature"].tolist()]
        dtype = np.dtype(details["dtype"]).name
        return _tensor(details["name"] or name, shape, dtype, scale, zero_point)

    return {
        "inputs": [record(details, "image") for details in interpreter.get_input_details()],
        "outputs": [record(details, "probabilities") for details in interpreter.get_output_details()],
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
