"""The same model in other engines, side by side in one run: what does an engine's own call for one image take?

Needs the extra `peers`; whatever is not installed is a row that says so.
"""

import contextlib
import importlib.metadata
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits import Bundle, DigitClassifier
from edgedigits_bench.accuracy.evaluation import Progress, float_predictions, silent
from edgedigits_bench.peers.ncnn_model import to_ncnn
from edgedigits_bench.peers.raw_calls import raw_stages
from edgedigits_bench.speed.latency import Effort, Timing, time_interleaved
from edgedigits_data import load_mnist

ARENA_BYTES = 1 << 22
# Keras takes milliseconds; more images would say no more about whether it is the same model.
AGREEMENT_IMAGES = 200

Array = NDArray[Any]
# Keras' predict takes tens of milliseconds; a thousand of them would be all that a run does.
CALLS = 100
# From an input that is ready, (1, 28, 28, 1), to probabilities.
Call = Callable[[Array], Array]


@dataclass(frozen=True)
class Peer:
    """One engine with the model in it.

    Attributes:
        engine: its name.
        model: the file of the bundle that it runs.
        package: the distribution whose version is recorded.
        dtype: what it takes.
        call: runs it.
    """

    engine: str
    model: str
    package: str
    dtype: type[np.generic]
    call: Call


def litert(bundle: Bundle, model: str) -> Peer:
    """LiteRT as its own example calls it."""
    return _ours_without_us(bundle, model, "LiteRT", "ai-edge-litert")


def onnxruntime(bundle: Bundle, model: str) -> Peer:
    """ONNX Runtime as its own example calls it."""
    return _ours_without_us(bundle, model, "ONNX Runtime", "onnxruntime")


def edgedigits(bundle: Bundle, model: str) -> Peer:
    """Our own call, to compare with."""
    classifier = DigitClassifier(bundle, model)
    return Peer("edgedigits", model, "edgedigits", np.uint8, lambda ready: classifier.probabilities(ready))


def opencv(bundle: Bundle, model: str) -> Peer:
    """OpenCV's DNN module."""
    import cv2

    cv2.setNumThreads(1)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(bundle.read(model), np.uint8))

    def call(ready: Array) -> Array:
        net.setInput(ready)
        return np.asarray(net.forward())

    return Peer("OpenCV DNN", model, "opencv-python", np.float32, call)


def openvino(bundle: Bundle, model: str) -> Peer:
    """OpenVINO on the CPU."""
    import openvino

    core = openvino.Core()
    network = core.read_model(bundle.read(model))
    network.reshape([1, 28, 28, 1])
    options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(network, "CPU", options).create_infer_request()
    dtype = np.uint8 if "u8" in str(network.input(0).element_type) or "uint8" in str(network.input(0)) else np.float32
    return Peer("OpenVINO", model, "openvino", dtype, lambda ready: np.asarray(request.infer({0: ready})[0]))


def ncnn(bundle: Bundle, model: str) -> Peer:
    """ncnn, with the graph in its own format."""
    import ncnn

    parameters, weights = to_ncnn(bundle.read(model))
    output = parameters.splitlines()[-1].split()[5]
    net = ncnn.Net()
    net.opt.num_threads = 1
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:  # the binding takes weights from memory as text only
        file.write(weights)
        file.flush()
        if net.load_param_mem(parameters) or net.load_model(file.name):
            raise ValueError("ncnn refuses the converted model")

    def call(ready: Array) -> Array:
        image = ready[0, None, :, :, 0]  # a Mat only borrows its memory
        extractor = net.create_extractor()
        extractor.input("image", ncnn.Mat(image))
        return np.array(extractor.extract(output)[1])[None]

    return Peer("ncnn", model, "ncnn", np.float32, call)


def tflite_micro(bundle: Bundle, model: str) -> Peer:
    """TensorFlow Lite for Microcontrollers, its reference kernels on this CPU."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(bundle.read(model), arena_size=ARENA_BYTES)

    def call(ready: Array) -> Array:
        interpreter.set_input(ready, 0)
        interpreter.invoke()
        return np.asarray(interpreter.get_output(0))

    dtype = interpreter.get_input_details(0)["dtype"]
    return Peer("tflite-micro", model, "tflite-micro", dtype, call)


def keras_predict(bundle: Bundle, model: str) -> Peer:
    """Keras' predict, as most tutorials call it."""
    network = _keras(bundle, model)
    return Peer(
        "Keras predict", model, "keras", np.float32, lambda ready: np.asarray(network.predict(ready, verbose=0))
    )


def keras_call(bundle: Bundle, model: str) -> Peer:
    """Keras' model called as a function, which its documentation advises for single inputs."""
    network = _keras(bundle, model)
    return Peer("Keras model(x)", model, "keras", np.float32, lambda ready: np.asarray(network(ready, training=False)))


PEERS: Sequence[tuple[Callable[[Bundle, str], Peer], tuple[str, ...]]] = (
    (edgedigits, ("float32.tflite", "dynamic.tflite", "int8.tflite")),
    (litert, ("float32.tflite", "dynamic.tflite", "int8.tflite")),
    (onnxruntime, ("float32.onnx", "int8.onnx")),
    (opencv, ("float32.onnx",)),
    (ncnn, ("float32.onnx",)),
    (openvino, ("float32.onnx", "int8.onnx")),
    (tflite_micro, ("float32.tflite", "int8.tflite")),
    (keras_call, ("model.keras",)),
    (keras_predict, ("model.keras",)),
)


def compare_peers(bundle: Bundle, effort: Effort, progress: Progress = silent) -> list[dict[str, Any]]:
    """Time one image on every engine that is installed, one thread each, all taking turns.

    Returns:
        For each engine and model what `bench --json` shows under "peers": the percentiles in microseconds (null where
        too noisy), and the agreement with the float model; or the error that kept it from running.
    """
    split = load_mnist("test")
    images, reference = split.images[:AGREEMENT_IMAGES, ..., None], float_predictions(bundle, split)
    rows: list[dict[str, Any]] = []
    running: dict[int, Peer] = {}
    for make, models in PEERS:
        for model in models:
            try:
                peer = make(bundle, model)
                answers = [int(peer.call(image[None].astype(peer.dtype)).argmax()) for image in images]
            except Exception as error:  # engines raise whatever they like; the others still get their turn
                rows.append({"engine": make.__name__, "model": model, "error": _reason(error)})
                continue
            running[len(rows)] = peer
            agreement = float(np.mean(np.array(answers) == reference[: len(answers)]))
            version = importlib.metadata.version(peer.package)
            rows.append({"engine": peer.engine, "version": version, "model": model, "agreement": agreement})
    subjects = {i: (_asked(peer, images[:1].astype(peer.dtype)),) for i, peer in running.items()}
    for i, timing in time_interleaved(
        subjects, replace(effort, calls=min(CALLS, effort.calls)), "peers", progress
    ).items():
        rows[i] |= _figures(timing)
    return rows


def _asked(peer: Peer, ready: Array) -> Callable[[Any], Array]:
    return lambda _: peer.call(ready)


def _figures(timing: Timing) -> dict[str, Any]:
    figures = {name: round(value, 1) for name, value in asdict(timing.total).items()}
    shown = dict.fromkeys(figures) if timing.noisy else figures
    rounds = [round(us, 1) for us in timing.round_medians]
    return {"runs": timing.runs, **shown, "rounds_us": rounds, "spread": round(timing.spread, 3), "noisy": timing.noisy}


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"{error.name or 'a package'} is not installed; pip install 'edgedigits[peers]'"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _ours_without_us(bundle: Bundle, model: str, engine: str, package: str) -> Peer:
    """An engine of the runtime's, called as raw_stages calls it, on whatever input it is handed."""
    buffer = np.zeros((1, 28, 28), np.uint8)
    _, put, invoke, get = raw_stages(model, bundle.read(model), buffer, 1)
    dtype = np.dtype(bundle.files[model]["inputs"][0]["dtype"]).type
    return Peer(engine, model, package, dtype, lambda ready: np.asarray(get(invoke(put(ready)))))


def _keras(bundle: Bundle, model: str) -> Any:
    import keras
    import tensorflow

    with contextlib.suppress(RuntimeError):  # too late if something has used TensorFlow in this process
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    with tempfile.TemporaryDirectory() as folder:  # Keras only reads files, and these bytes have been checked
        path = Path(folder) / model
        path.write_bytes(bundle.read(model))
        return keras.saving.load_model(path, compile=False)
