"""Each format as the converters' own documentation says: what a user without this project would do."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]


def convert(file: str, model: keras.Model, calibration: Images) -> bytes:
    """One file by the documented calls of TensorFlow Lite, tf2onnx and ONNX Runtime.

    Args:
        file: a name of `edgedigits_export.FORMATS`.
        model: takes float32 (N, 28, 28, 1) in 0..255.
        calibration: uint8 (N, 28, 28).
    """
    if file.endswith(".tflite"):
        return _tflite(file.removesuffix(".tflite"), model, calibration)
    exact = _onnx(model)
    return exact if file == "float32.onnx" else _quantized_onnx(exact, calibration)


def _tflite(precision: str, model: keras.Model, calibration: Images) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        samples = calibration[..., None].astype(np.float32)
        converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


def _onnx(model: keras.Model) -> bytes:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec((None, 28, 28, 1), tf.float32, name="image")]
    call = tf.function(lambda image: model(image, training=False))
    found, _ = tf2onnx.convert.from_function(call, input_signature=signature, opset=17)
    return bytes(found.SerializeToString())


def _quantized_onnx(exact: bytes, calibration: Images) -> bytes:
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._images: Iterator[Any] = iter(calibration[..., None].astype(np.float32))

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            image = next(self._images, None)
            return None if image is None else {"image": image[None]}

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "exact.onnx", Path(folder) / "int8.onnx"
        source.write_bytes(exact)
        quantize_static(str(source), str(target), Samples(), per_channel=True)
        return target.read_bytes()
