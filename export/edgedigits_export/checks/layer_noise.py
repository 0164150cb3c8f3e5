"""Which layer loses the accuracy? Signal to quantization noise, layer by layer, of int8 beside float32 TFLite."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import ExportError
from edgedigits_export.formats import flatbuffer

# Operators that only change how numbers are written down.
_WRITING = {"quantize", "dequantize"}


@dataclass(frozen=True)
class LayerNoise:
    """One layer of the integer model beside the same layer of the float model.

    Attributes:
        layer: its name in both files, as "conv_2d_1".
        shape: of its output.
        weights_db: signal to noise of its weights in decibels, None without weights.
        output_db: signal to noise of its output over the images, with the noise of all layers before it.
        lost_db: how much lower `output_db` is than that of the layer before.
    """

    layer: str
    shape: tuple[int, ...]
    weights_db: float | None
    output_db: float
    lost_db: float

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


def explain(float_model: bytes, int8_model: bytes, images: NDArray[np.uint8]) -> list[LayerNoise]:
    """Run both models side by side and compare what comes out of each layer.

    Args:
        float_model: a float32 .tflite model with channels as strong as in the integer one.
        int8_model: int8.tflite of the same network.
        images: uint8 (N, height, width, channels); some hundred are enough.

    Raises:
        ExportError: if the converter has built the two from different operators, so that there is nothing to compare.
    """
    exact, rounded = _Traced(float_model), _Traced(int8_model)
    kinds = [kind for kind, _, _ in exact.layers]
    if kinds != [kind for kind, _, _ in rounded.layers]:
        raise ExportError("the integer and the float model differ in their operators; --explain cannot line them up")
    signal, noise = np.zeros(len(kinds)), np.zeros(len(kinds))
    for image in images:
        for i, (wanted, found) in enumerate(zip(exact.outputs(image), rounded.outputs(image), strict=True)):
            signal[i] += np.square(wanted).sum()
            noise[i] += np.square(wanted - found).sum()
    decibels = _decibels(signal, noise)
    before = np.concatenate([decibels[:1], decibels[:-1]])
    seen: dict[str, int] = {}
    rows = []
    for i, kind in enumerate(kinds):
        seen[kind] = seen.get(kind, 0) + 1
        kernel, stored = exact.weights(i), rounded.weights(i)
        weights = None
        if kernel is not None and stored is not None:
            weights = float(_decibels(np.square(kernel).sum(), np.square(kernel - stored).sum()))
        shape, lost = exact.shape(i), float(before[i] - decibels[i])
        rows.append(LayerNoise(f"{kind}_{seen[kind]}", shape, weights, float(decibels[i]), lost))
    return rows


def _decibels(signal: Any, noise: Any) -> Any:
    # A layer that is exact, as a first reshape, gets 200 dB rather than infinity, which JSON does not have.
    return 10 * np.log10(np.maximum(signal, 1e-20) / np.maximum(noise, np.maximum(signal, 1e-20) * 1e-20))


class _Traced:
    """An interpreter that keeps what every operator put out."""

    def __init__(self, model: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        # XNNPACK would fuse layers and keep nothing between them.
        self._interpreter = Interpreter(
            model_content=model,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._details = {details["index"]: details for details in self._interpreter.get_tensor_details()}
        parsed = flatbuffer.parse(model)
        self.layers = [
            (kind, int(operator.outputs[0]), [int(i) for i in operator.inputs])
            for operator in parsed.subgraphs[0].operators
            if (kind := flatbuffer.operator_name(parsed, operator)) not in _WRITING
        ]

    def outputs(self, image: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """Every layer's output for an image, as real numbers."""
        pixels = image[None]
        dtype = self._input["dtype"]
        converted = (pixels ^ np.uint8(128)).view(np.int8) if dtype == np.int8 else pixels.astype(dtype)
        self._interpreter.set_tensor(self._input["index"], converted)
        self._interpreter.invoke()
        return [self._real(output) for _, output, _ in self.layers]

    def weights(self, layer: int) -> NDArray[np.float64] | None:
        """A layer's weights as real numbers."""
        kind, _, inputs = self.layers[layer]
        return self._real(inputs[1]) if kind in flatbuffer.WEIGHTED else None

    def shape(self, layer: int) -> tuple[int, ...]:
        """Of a layer's output."""
        return tuple(int(size) for size in self._details[self.layers[layer][1]]["shape"])

    def _real(self, index: int) -> NDArray[np.float64]:
        values = self._interpreter.get_tensor(index).astype(np.float64)
        quantization = self._details[index]["quantization_parameters"]
        scales, zero_points = quantization["scales"], quantization["zero_points"]
        if not len(scales):
            return np.asarray(values)
        shape = [1] * values.ndim
        if len(scales) > 1:
            shape[quantization["quantized_dimension"]] = -1
        return np.asarray((values - zero_points.reshape(shape)) * scales.reshape(shape))
