"""LiteRT's own profiler, which only its C interface offers. Run as a script by profile.py; prints one JSON object.

A process of its own, because a C interface that changes ends in a crash and not in an exception. The declarations are
those of litert/c/litert_profiler.h, litert_profiler_event.h, litert_compiled_model.h and litert_tensor_buffer.h in
LiteRT 2.
"""

import ctypes
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

Handle = ctypes.c_void_p
Call = Callable[..., None]
CPU = 1
# LiteRtProfilerEventType: an operator of the interpreter's, and one inside a delegate.
OPERATOR, DELEGATED_OPERATOR = 2, 8


class Event(ctypes.Structure):
    """ProfiledEventData."""

    _fields_ = (
        ("tag", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("start_us", ctypes.c_uint64),
        ("elapsed_us", ctypes.c_uint64),
        ("memory", ctypes.c_size_t * 6),
        ("operator", ctypes.c_uint64),
        ("subgraph", ctypes.c_uint64),
        ("source", ctypes.c_int),
    )


def profile(model: bytes, calls: int) -> dict[str, list[int]]:
    """Microseconds of every call, for each operator in the order in which they run."""
    call = _interface()
    environment = _new(call, "LiteRtCreateEnvironment", ctypes.c_int(0), None)
    graph = _new(call, "LiteRtCreateModelFromBuffer", environment, model, ctypes.c_size_t(len(model)))
    options = _new(call, "LiteRtCreateOptions")
    call("LiteRtSetOptionsHardwareAccelerators", options, ctypes.c_int(CPU))
    forget = ctypes.CFUNCTYPE(None, Handle)(lambda _: None)
    texts = {b"runtime_options_string": b"enable_profiling = true\n", b"xnnpack": b"num_threads = 1\n"}
    buffers = {name: ctypes.create_string_buffer(text) for name, text in texts.items()}
    for name, buffer in buffers.items():
        call("LiteRtAddOpaqueOptions", options, _new(call, "LiteRtCreateOpaqueOptions", name, buffer, forget))
    compiled = _new(call, "LiteRtCreateCompiledModel", environment, graph, options)
    profiler = _new(call, "LiteRtCompiledModelGetProfiler", compiled)
    ends = [_buffer(call, side, environment, graph, compiled) for side in ("Input", "Output")]
    first, one = ctypes.c_size_t(0), ctypes.c_size_t(1)
    found: dict[str, list[int]] = defaultdict(list)
    for _ in range(calls):
        call("LiteRtResetProfiler", profiler)
        call("LiteRtStartProfiler", profiler)
        call("LiteRtRunCompiledModel", compiled, first, one, ctypes.byref(ends[0]), one, ctypes.byref(ends[1]))
        call("LiteRtStopProfiler", profiler)
        count = ctypes.c_int()
        call("LiteRtGetNumProfilerEvents", profiler, ctypes.byref(count))
        events = (Event * count.value)()
        call("LiteRtGetProfilerEvents", profiler, count, events)
        operators = [event for event in events if event.type in (OPERATOR, DELEGATED_OPERATOR)]
        for i, event in enumerate(operators, 1):
            found[f"{i}. {event.tag.decode()}"].append(event.elapsed_us)
    return found


def _interface() -> Call:
    """A function that calls one of the library's by name and checks its status."""
    package = find_spec("ai_edge_litert")
    if not package or not package.submodule_search_locations:
        raise SystemExit("ai-edge-litert is not installed")
    library = ctypes.CDLL(str(Path(package.submodule_search_locations[0]) / "libLiteRt.so"))

    def call(name: str, *arguments: object) -> None:
        status = library[name](*arguments)
        if status:
            raise SystemExit(f"{name} fails with status {status}")

    return call


def _new(call: Call, name: str, *arguments: object) -> Handle:
    """What a function leaves in its last parameter."""
    handle = Handle()
    call(name, *arguments, ctypes.byref(handle))
    return handle


def _buffer(call: Call, side: str, environment: Handle, graph: Handle, compiled: Handle) -> Handle:
    """A buffer for the only input or output."""
    first = ctypes.c_size_t(0)
    signature = _new(call, "LiteRtGetModelSignature", graph, first)
    tensor = _new(call, f"LiteRtGetSignature{side}TensorByIndex", signature, first)
    kind = ctypes.create_string_buffer(512)  # a LiteRtRankedTensorType, which is smaller, and only handed on
    call("LiteRtGetRankedTensorType", tensor, kind)
    needs = _new(call, f"LiteRtGetCompiledModel{side}BufferRequirements", compiled, first, first)
    return _new(call, "LiteRtCreateManagedTensorBufferFromRequirements", environment, kind, needs)


if __name__ == "__main__":
    print(json.dumps(profile(sys.stdin.buffer.read(), int(sys.argv[1]))))
