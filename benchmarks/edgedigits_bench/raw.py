"""The engines as their makers' own examples call them, without our runtime: the yardstick for what ours adds."""

from typing import Any

import numpy as np

from edgedigits.engines import Images, engine_of, lite_interpreter
from edgedigits_bench.latency import Stages


def raw_stages(artifact: str, model: bytes, images: Images, threads: int) -> Stages:
    """An engine's bare call in three stages: hand over an input that is ready, invoke, read the result.

    Args:
        artifact: the file's name.
        model: its content.
        images: uint8 (N, 28, 28); a LiteRT artifact, whose batch is one, is invoked for each in turn.
        threads: CPU threads for one call.
    """
    stages = _litert if engine_of(artifact) == "litert" else _onnxruntime
    return stages(model, images[..., None], threads)


def _litert(model: bytes, images: Images, threads: int) -> Stages:
    interpreter = lite_interpreter()(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]
    ready, index = images.astype(source["dtype"]), source["index"]
    if len(ready) == 1:
        return (
            lambda _: interpreter.set_tensor(index, ready),
            lambda _: interpreter.invoke(),
            lambda _: interpreter.get_tensor(target),
        )

    def one_by_one(_: Any) -> None:
        for i in range(len(ready)):
            interpreter.set_tensor(index, ready[i : i + 1])
            interpreter.invoke()
            interpreter.get_tensor(target)

    # With several images the stages alternate; their time is all in the middle.
    return (lambda _: None, one_by_one, lambda _: None)


def _onnxruntime(model: bytes, images: Images, threads: int) -> Stages:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    source, target = session.get_inputs()[0], session.get_outputs()[0].name
    ready = images.astype(np.uint8 if source.type == "tensor(uint8)" else np.float32)
    binding = session.io_binding()
    binding.bind_output(target)
    return (
        lambda _: binding.bind_cpu_input(source.name, ready),
        lambda _: session.run_with_iobinding(binding),
        lambda _: binding.copy_outputs_to_cpu(),
    )
