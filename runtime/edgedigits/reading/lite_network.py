"""A LiteRT network from one grey picture to numbers, whatever the artifact's own number formats are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.litert import lite_interpreter


class Network:
    """A .tflite file that is ready for pictures of one size; one call at a time, which the caller sees to."""

    def __init__(self, model: bytes, size: tuple[int, int], threads: int) -> None:
        """Load it.

        Raises:
            EngineError: if LiteRT is not installed.
        """
        self._interpreter = lite_interpreter()(model_content=model, num_threads=threads)
        source = self._interpreter.get_input_details()[0]
        self._interpreter.resize_tensor_input(source["index"], (1, *size, 1))
        self._interpreter.allocate_tensors()
        self._source, self._dtype = source["index"], source["dtype"]
        target = self._interpreter.get_output_details()[0]
        self._target, (self._scale, self._zero_point) = target["index"], target["quantization"]

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What it says of grey levels, uint8 (height, width), as float32."""
        self._interpreter.set_tensor(self._source, image[None, ..., None].astype(self._dtype, copy=False))
        self._interpreter.invoke()
        answer: NDArray[Any] = self._interpreter.get_tensor(self._target)[0]
        if self._scale:
            answer = (answer.astype(np.float32) - self._zero_point) * self._scale
        return np.asarray(answer, np.float32)
