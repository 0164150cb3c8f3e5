"""What a new process needs until its first answer. Run as a script by footprint.py; prints one JSON object.

Nothing is imported before the first clock reading but `time`, which Python has built in. CLOCK_MONOTONIC is the same
in every process, so the parent's reading before the launch tells what the interpreter itself took.
"""

import time

started = time.monotonic_ns()

import sys  # noqa: E402 - see above


def memory_mb() -> tuple[float, float]:
    """Resident memory now and at its peak, MB.

    From /proc where there is one: getrusage's peak survives exec, so a child would report its parent's.
    """
    try:
        with open("/proc/self/status") as file:  # noqa: PTH123 - pathlib would be one more import to measure
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024
    except (OSError, KeyError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
        return peak, peak


def ours(folder: str, artifact: str, threads: int) -> list[int]:
    """Our runtime's way: clock readings after the imports, after loading, after the first call."""
    import numpy

    from edgedigits import ImageClassifier

    if artifact.endswith(".onnx"):
        import onnxruntime  # noqa: F401 - the classifier would import it while it loads
    else:
        from edgedigits.engines.litert import lite_interpreter

        lite_interpreter()
    marks = [time.monotonic_ns()]
    classifier = ImageClassifier(folder, artifact, threads)
    marks.append(time.monotonic_ns())
    memory.append(memory_mb()[0])
    classifier.probabilities(numpy.zeros((1, *classifier.form.image), numpy.uint8))
    return [*marks, time.monotonic_ns()]


def bare(folder: str, artifact: str, threads: int) -> list[int]:
    """The same with what ours needs and nothing of ours: numpy, OpenCV and the engine."""
    import cv2  # noqa: F401
    import numpy

    if artifact.endswith(".onnx"):
        import onnxruntime

        marks = [time.monotonic_ns()]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(f"{folder}/{artifact}", options, providers=["CPUExecutionProvider"])
        marks.append(time.monotonic_ns())
        memory.append(memory_mb()[0])
        source = session.get_inputs()[0]
        dtype = numpy.uint8 if source.type == "tensor(uint8)" else numpy.float32
        session.run(None, {source.name: numpy.zeros((1, *source.shape[1:]), dtype)})
        return [*marks, time.monotonic_ns()]
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tflite_runtime.interpreter import Interpreter
    marks = [time.monotonic_ns()]
    interpreter = Interpreter(f"{folder}/{artifact}", num_threads=threads)
    interpreter.allocate_tensors()
    marks.append(time.monotonic_ns())
    memory.append(memory_mb()[0])
    details = interpreter.get_input_details()[0]
    interpreter.set_tensor(details["index"], numpy.zeros(details["shape"], details["dtype"]))
    interpreter.invoke()
    interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return [*marks, time.monotonic_ns()]


memory: list[float] = []
if __name__ == "__main__":
    way, folder, artifact, threads = sys.argv[1:]
    marks = [started, *(ours if way == "ours" else bare)(folder, artifact, int(threads))]
    import json

    print(json.dumps({"marks": marks, "rss_mb": memory[0], "peak_rss_mb": memory_mb()[1]}))
