"""One small interface over the engines that run an artifact: images in, probabilities out.

An engine takes raw grey levels as uint8 whatever the artifact wants; the conversion to float32, and the scale of a
quantized output, are its business and nobody else's.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from edgedigits.engines.choice import MICRO_ENGINE, engine_of
from edgedigits.errors import EngineError, MissingEngineError, missing_extra
from edgedigits.locks import fork_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# As numpy.typing writes them, which takes as long to import as all of this.
Images = np.ndarray[tuple[Any, ...], np.dtype[np.uint8]]
Probabilities = np.ndarray[tuple[Any, ...], np.dtype[np.float32]]
_STDERR = fork_lock()


class Form(NamedTuple):
    """What a classifier takes and gives.

    Attributes:
        image: height, width and channels (1 or 3) of an image.
        classes: how many probabilities an image gets.
    """

    image: tuple[int, int, int]
    classes: int


DIGIT_FORM = Form((28, 28, 1), 10)


class Engine(Protocol):
    """A model that is ready to run. Safe to call from several threads, one call at a time."""

    @property
    def name(self) -> str:
        """The engine's name, as in "litert"."""

    @property
    def form(self) -> Form:
        """The images that the model takes, and how many classes it knows."""

    def run(self, images: Images) -> Probabilities:
        """Classify images, uint8 (N, *form.image), into probabilities, float32 (N, form.classes), rows summing to 1."""


def open_engine(artifact: str, model: bytes, threads: int = 1) -> Engine:
    """Load a model into the engine that its file name asks for.

    Args:
        artifact: the file's name, for its ending and for messages.
        model: the file's content, already checked.
        threads: CPU threads for one call.

    Raises:
        MissingEngineError: if the engine is not installed.
        EngineError: if it refuses the model.
    """
    name = engine_of(artifact)
    try:
        if name == LiteRTEngine.name:
            return LiteRTEngine(model, threads)
        if name == MicroEngine.name:
            return MicroEngine(model, threads)
        from edgedigits.engines.onnx_runtime import OnnxEngine

        return OnnxEngine(model, threads)
    except EngineError:
        raise
    except Exception as error:  # the engines raise whatever they like on a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EngineError(f"{artifact} is not a model that {name} can load ({reason}); export it again") from error


class LiteRTEngine:
    """LiteRT (TensorFlow Lite) with XNNPACK, one image a call as the artifacts have a fixed batch of one."""

    name = "litert"

    def __init__(self, model: bytes, threads: int = 1) -> None:
        self._model = model  # the interpreter only borrows the bytes
        interpreter = lite_interpreter()
        with _quiet_stderr():
            self._interpreter = interpreter(model_content=model, num_threads=threads)
            self._interpreter.allocate_tensors()
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self.form = form_of("litert", [tuple(d["shape"]) for d in inputs], [tuple(d["shape"]) for d in outputs])
        self._output = outputs[0]["index"]
        # Gives the input's place in the interpreter; a place that somebody holds on to would keep it from running.
        self._input = self._interpreter.tensor(inputs[0]["index"])
        self._signed = inputs[0]["dtype"] is np.int8
        self._quantized = outputs[0]["dtype"] is not np.float32
        self._zero_point = np.float32(outputs[0]["quantization"][1])
        self._lock = fork_lock()

    def run(self, images: Images) -> Probabilities:
        """See Engine.run."""
        # One image is the usual case and a model takes microseconds: nothing is done here that it can do without.
        count = len(images)
        if not count:
            return np.empty((0, self.form.classes), np.float32)
        # Into float32 they are turned on their way into the interpreter.
        levels = to_input(images, np.int8) if self._signed else images
        with self._lock:
            if count == 1:
                result = self._answer(levels)
            else:
                result = np.concatenate([self._answer(levels[i : i + 1]) for i in range(count)])
        if not self._quantized:
            return result
        # A quantized softmax gives steps of 1/256, whose sum is only nearly 1; the scale cancels out.
        steps = np.subtract(result, self._zero_point, dtype=np.float32)
        return np.asarray(steps / np.add.reduce(steps, axis=1, keepdims=True), np.float32)

    def _answer(self, image: NDArray[Any]) -> NDArray[Any]:
        self._input()[:] = image
        self._interpreter.invoke()
        answer: NDArray[Any] = self._interpreter.get_tensor(self._output)
        return answer


class MicroEngine:
    """TensorFlow Lite Micro's kernels, built for this host: what a microcontroller will answer, only faster."""

    name = MICRO_ENGINE

    def __init__(self, model: bytes, threads: int = 1, arena_bytes: int = 4_000_000) -> None:  # noqa: ARG002
        """`arena_bytes`: the memory for tensors. One thread, as on a microcontroller."""
        try:
            from tflite_micro.python.tflite_micro import runtime
        except ImportError as error:
            raise MissingEngineError(missing_extra("a file for microcontrollers", "tflite_micro")) from error
        self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
        source, target = self._interpreter.get_input_details(0), self._interpreter.get_output_details(0)
        self.form = form_of(self.name, [tuple(source["shape"])], [tuple(target["shape"])])
        self._input_dtype = np.dtype(source["dtype"])
        self._zero_point = np.float32(target["quantization_parameters"]["zero_points"][0])
        self._lock = fork_lock()

    def run(self, images: Images) -> Probabilities:
        """See Engine.run."""
        result = np.empty((len(images), self.form.classes), np.float32)
        converted = to_input(images, self._input_dtype)
        with self._lock:
            for i in range(len(images)):
                self._interpreter.set_input(converted[i : i + 1], 0)
                self._interpreter.invoke()
                result[i] = self._interpreter.get_output(0)[0]
        steps = result - self._zero_point
        return np.asarray(steps / steps.sum(axis=1, keepdims=True), np.float32)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep LiteRT's "Created TensorFlow Lite XNNPACK delegate" off standard error; it has no setting for that."""
    with _STDERR:  # of two threads at once, the second would save, and restore, the first one's silence
        try:
            saved = os.dup(2)
        except OSError:  # a daemon without standard error
            yield
            return
        try:
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device, not a path)
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def lite_interpreter() -> Any:
    """The class that runs .tflite files, from whichever package has it here.

    Raises:
        MissingEngineError: if there is none.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:  # armv7 has only the older package
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise MissingEngineError("LiteRT is not installed; install it with: pip install ai-edge-litert") from error
    return Interpreter


def to_input(images: Images, dtype: Any) -> NDArray[Any]:
    """Grey levels in the form that a model takes; int8 is the level minus 128."""
    if dtype == np.int8:
        return (images ^ np.uint8(128)).view(np.int8)
    return images if images.dtype == dtype else images.astype(dtype)


def form_of(engine: str, inputs: list[tuple[Any, ...]], outputs: list[tuple[Any, ...]]) -> Form:
    """The form of a model with these inputs and outputs.

    Raises:
        EngineError: if it is not an image classifier: one input (N, height, width, 1 or 3), one output (N, classes).
    """
    if len(inputs) == len(outputs) == 1 and len(inputs[0]) == 4 and len(outputs[0]) == 2:
        (_, height, width, channels), (_, classes) = inputs[0], outputs[0]
        known = all(isinstance(size, int | np.integer) for size in (height, width, classes))
        if known and channels in (1, 3) and height > 0 and width > 0 and classes > 1:
            return Form((int(height), int(width), int(channels)), int(classes))
    raise EngineError(
        f"expected (N, height, width, 1 or 3) -> (N, classes), {engine} found {_listed(inputs)} -> {_listed(outputs)}"
    )


def _listed(shapes: list[tuple[Any, ...]]) -> str:
    return " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes) or "nothing"
