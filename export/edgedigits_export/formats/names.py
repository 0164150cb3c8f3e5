"""The formats by name. Light: a command line can ask here before anything heavy is imported."""

import difflib
from collections.abc import Iterable

from edgedigits.errors import UsageError

TFLITE = ("float32.tflite", "float16.tflite", "dynamic.tflite", "int8.tflite")
ONNX = ("float32.onnx", "int8.onnx")
FORMATS = (*TFLITE, *ONNX)
PRECISIONS = ("float32", "float16", "dynamic", "int8")
# C for microcontrollers is made only when it is asked for.
MICRO = "micro"
ALL = ("all",)


def choose(names: Iterable[str]) -> tuple[str, ...]:
    """The formats that some names stand for, in the order of `FORMATS`.

    Args:
        names: file names ("int8.onnx"), precisions ("int8": all files of that precision), kinds ("tflite", "onnx") or
            "all" of these; "micro", which "all" leaves out.

    Raises:
        UsageError: if a name stands for nothing.
    """
    known = f"all, tflite, onnx, {', '.join(FORMATS)}, {MICRO}"
    chosen: set[str] = set()
    for name in names:
        matching = [file for file in FORMATS if name in ("all", file, *file.split("."))]
        if name == MICRO:
            matching = [MICRO]
        if not matching:
            raise UsageError(f"there is no format {name!r}{_suggestion(name)}; choose from {known}")
        chosen.update(matching)
    if not chosen:
        raise UsageError(f"no format was named; choose from {known}")
    return tuple(file for file in (*FORMATS, MICRO) if file in chosen)


def _suggestion(name: str) -> str:
    """What was probably meant: ", did you mean int8?"; nothing where nothing is near."""
    near = difflib.get_close_matches(name, ["all", "tflite", "onnx", *PRECISIONS, *FORMATS, MICRO], n=1)
    return f", did you mean {near[0]}?" if near else ""
