"""Makes one artifact after another from a network: bytes by file name, and what the manifest says of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.choice import engine_of
from edgedigits_export.formats import flatbuffer, tflite
from edgedigits_export.formats.micro import MODEL as MICRO_MODEL
from edgedigits_export.formats.model_card import Card
from edgedigits_export.formats.ways import Way, ways_of
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions
from edgedigits_export.quantize.activations import stabilize
from edgedigits_export.quantize.dilation import fuse_dilation
from edgedigits_export.quantize.equalization import equalize
from edgedigits_export.quantize.folding import fold
from edgedigits_export.quantize.gptq import round_weights
from edgedigits_export.quantize.recurrence import is_recurrent, unrolled


class Converter:
    """Converts one network; what several artifacts share is made once."""

    def __init__(
        self, network: Network, calibration: NDArray[np.uint8] | None, card: Card, options: ExportOptions
    ) -> None:
        """`calibration`: images, uint8 (N, height, width, channels); None where only float files are made."""
        self._network = network
        self._calibration = np.zeros((0, *network.form.image), np.uint8) if calibration is None else calibration
        self._card = card
        self._options = options

    def ways(self, file: str) -> list[Way]:
        """The ways to make a file that make sense for this network."""
        return [
            way
            for way in ways_of(file)
            if (way.graph != "unrolled" or is_recurrent(self._network.model))
            and (way.per_channel or self._options.per_channel)
            and way.opset != self._options.opset
            and not (way.traced_free and self._options.batch == "fixed")
        ]

    def convert(self, file: str, way: Way) -> bytes:
        """The content of one file of `names.FORMATS`, or of the microcontroller's model, made in one way.

        Raises:
            Exception: whatever the converters raise for a model that they cannot convert.
        """
        if file == MICRO_MODEL:
            return flatbuffer.bare(self._integers(way))
        return self._to_onnx(file, way) if file.endswith(".onnx") else self._to_tflite(file, way)

    def exact(self, way: Way) -> bytes:
        """A float32 .tflite model of what int8.tflite rounds: layer by layer the same, equalized as that is."""
        return tflite.to_tflite(self._equalized if way.graph == "rounded" else self._graph(way.graph), "float32")

    def _graph(self, stage: str) -> Any:
        """The network's function at a stage: "plain", "folded", "rounded" or "unrolled"."""
        return {
            "plain": lambda: self._plain,
            "folded": lambda: self._folded,
            "rounded": lambda: self._rounded,
            "unrolled": lambda: self._unrolled,
        }[stage]()

    @cached_property
    def _plain(self) -> Any:
        return tflite.freeze(self._network, self._network.input_shape)

    @cached_property
    def _folded(self) -> Any:
        return fold(fuse_dilation(self._plain))

    @cached_property
    def _unrolled(self) -> Any:
        with unrolled(self._network.model):
            return stabilize(fold(fuse_dilation(tflite.freeze(self._network, self._network.input_shape))))

    @cached_property
    def _equalized(self) -> Any:
        return equalize(stabilize(self._folded), self._calibration)

    @cached_property
    def _rounded(self) -> Any:
        """The function as what computes in integers throughout should have it."""
        return round_weights(self._equalized, self._calibration, per_channel=self._options.per_channel)

    @cached_property
    def _made_integers(self) -> dict[Way, bytes]:
        return {}

    def _integers(self, way: Way) -> bytes:
        """int8.tflite as it is before anything is added to it, with the default input and output."""
        if way not in self._made_integers:
            self._made_integers[way] = self._convert_integers(way)
        return self._made_integers[way]

    def _convert_integers(self, way: Way, **dtypes: str) -> bytes:
        per_channel = way.per_channel and self._options.per_channel
        graph = self._graph(way.graph)
        return tflite.to_tflite(graph, "int8", self._calibration, per_channel=per_channel, mixed=way.mixed, **dtypes)

    def _to_tflite(self, file: str, way: Way) -> bytes:
        precision = cast(tflite.Precision, file.removesuffix(".tflite"))
        options = self._options
        if precision != "int8":
            model = tflite.to_tflite(self._graph(way.graph), precision, per_channel=options.per_channel)
        elif (options.input_dtype, options.output_dtype) == ("uint8", "float32"):
            model = self._integers(way)
        else:
            model = self._convert_integers(way, input_dtype=options.input_dtype, output_dtype=options.output_dtype)
        model = flatbuffer.polish(model, self._card)
        return flatbuffer.free_batch(model) if options.batch == "free" else model

    def _to_onnx(self, file: str, way: Way) -> bytes:
        from edgedigits_export.formats.onnx import describe_itself, quantize, to_onnx

        options, opset = self._options, way.opset or self._options.opset
        if way.traced_free:
            model = to_onnx(self._network, (None, *self._network.form.image), opset, "N")
        else:
            function = self._graph(way.graph)
            batch = 1 if options.batch == "fixed" else "N"
            model = to_onnx(lambda image: function(image)[0], self._network.input_shape, opset, batch)
        if file == "int8.onnx":
            uint8 = options.input_dtype != "float32"
            model = quantize(model, self._calibration, options.per_channel, uint8, way.products_only)
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
