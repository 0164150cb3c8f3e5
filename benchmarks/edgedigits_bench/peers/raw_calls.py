"""The engines as their makers' own examples call them, without our runtime: the yardstick for what ours adds."""

from typing import Any

import numpy as np

from edgedigits.engines.base import Images
from edgedigits.engines.choice import engine_of
from edgedigits.engines.litert import lite_interpreter
from edgedigits_bench.speed.latency import Stages

STAGES = ("convert", "set", "invoke", "get")


def raw_stages(artifact: str, model: bytes, images: Images, threads: int) -> Stages:
    """An engine's own call in four stages: convert the images, hand them over, invoke, read the result.

    Where an engine's call does several of these at once, all is in `invoke` and the others do nothing.

    Args:
        artifact: the file's name.
        model: its content.
        images: uint8 (N, height, width, channels); a LiteRT artifact, whose batch is one, is invoked for each in turn.
        threads: CPU threads for one call.
    """
    stages = _litert if engine_of(artifact) == "litert" else _onnxruntime
    return stages(model, images, threads)


def _litert(model: bytes, images: Images, threads: int) -> Stages:
    interpreter = lite_interpreter()(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]
    index, dtype = source["index"], source["dtype"]

    def one_by_one(ready: Images) -> None:
        for i in range(len(ready)):
            interpreter.set_tensor(index, ready[i : i + 1])
            interpreter.invoke()
            interpreter.get_tensor(target)

    def convert(_: Any) -> Any:
        return images.astype(dtype)

    if len(images) > 1:
        return convert, _same, one_by_one, _same
    return (
        convert,
        lambda ready: interpreter.set_tensor(index, ready),
        lambda _: interpreter.invoke(),
        lambda _: interpreter.get_tensor(target),
    )


def _onnxruntime(model: bytes, images: Images, threads: int) -> Stages:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    source, target = session.get_inputs()[0], session.get_outputs()[0].name
    dtype = np.uint8 if source.type == "tensor(uint8)" else np.float32
    return (
        lambda _: images.astype(dtype),
        _same,
        lambda ready: session.run([target], {source.name: ready}),
        _same,
    )


def _same(value: Any) -> Any:
    return value
