"""The page reader's network in LiteRT: grey pictures in, the output that `page_network` describes out."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.engines.litert import lite_interpreter
from edgedigits.engines.locks import fork_lock
from edgedigits.reading.heatmap.page_network import GRID, normalize

KEPT = 6  # interpreters: changing one's input size takes milliseconds, and pyramids come in the same sizes


class PageNetwork:
    """Runs a .tflite file on pictures of any size; safe to use from several threads, one call at a time."""

    def __init__(self, model: bytes, threads: int = 1) -> None:
        """Load it.

        Raises:
            EngineError: if LiteRT is not installed.
        """
        self._model, self._threads = model, threads
        self._interpreter = lite_interpreter()
        self._lock = fork_lock()
        self._ready: dict[tuple[int, int], Any] = {}

    def run(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute the output for grey levels, uint8 (height, width).

        Returns:
            float32 (h, w, CHANNELS) where h and w are height and width divided by STRIDE, rounded up.
        """
        height, width = grey.shape
        # The picture is continued before it is normalized, as in training.
        padded = cv2.copyMakeBorder(grey, 0, -height % GRID, 0, -width % GRID, cv2.BORDER_REPLICATE)
        image = normalize(np.asarray(padded, np.uint8))
        with self._lock:
            output = self._run(image)
        return output[: -(-height // 4), : -(-width // 4)]

    def _run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter = self._sized((image.shape[0], image.shape[1]))
        source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        interpreter.set_tensor(source["index"], image[None, ..., None].astype(source["dtype"], copy=False))
        interpreter.invoke()
        output: NDArray[Any] = interpreter.get_tensor(target["index"])[0]
        scale, zero_point = target["quantization"]
        if scale:
            output = (output.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)
        return np.asarray(output, np.float32)

    def _sized(self, size: tuple[int, int]) -> Any:
        if size in self._ready:
            self._ready[size] = self._ready.pop(size)  # the most recently used is the last
            return self._ready[size]
        if len(self._ready) >= KEPT:
            self._ready.pop(next(iter(self._ready)))
        interpreter = self._interpreter(model_content=self._model, num_threads=self._threads)
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (1, *size, 1))
        interpreter.allocate_tensors()
        self._ready[size] = interpreter
        return interpreter
