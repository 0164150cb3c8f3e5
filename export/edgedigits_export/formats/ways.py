"""The ways in which each format can be made, best first. An optimization that fails never costs a format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True)
class Way:
    """One way to make a file from a network.

    Attributes:
        name: what the manifest records.
        graph: what is converted, one of the stages of `artifacts.Converter`: "rounded" (folded, equalized, weights
            rounded by GPTQ), "folded", "plain" (the user's graph as it was traced), "unrolled" (recurrent layers
            written out step by step, then folded).
        per_channel: False for one scale a weight tensor, whatever the options say.
        mixed: integer files only: operators without an integer kernel stay in float.
        traced_free: ONNX only: traced with a free batch; shape arithmetic stays in the graph.
        products_only: int8.onnx only: nothing but convolutions and matrix products is quantized.
        opset: ONNX only: an operator set other than the one asked for.
        last_resort: tried only where everything before it failed or lost much.
    """

    name: str
    graph: str = "plain"
    per_channel: bool = True
    mixed: bool = False
    traced_free: bool = False
    products_only: bool = False
    opset: int | None = None
    last_resort: bool = False


ROUNDED, FOLDED, PLAIN = Way("rounded", "rounded"), Way("folded", "folded"), Way("plain")
UNROLLED = Way("unrolled", "unrolled", last_resort=True)
FREE = Way("free batch", traced_free=True)
PRODUCTS = Way("products only", "folded", products_only=True, last_resort=True)
FLOAT_TFLITE = (FOLDED, PLAIN, UNROLLED)
INT8_TFLITE = (
    ROUNDED,
    FOLDED,
    PLAIN,
    UNROLLED,
    Way("per tensor", "folded", per_channel=False, last_resort=True),
    Way("mixed", mixed=True, last_resort=True),
)
FLOAT_ONNX = (FOLDED, PLAIN, FREE, UNROLLED, *(Way(f"opset {n}", opset=n, last_resort=True) for n in (18, 15, 13)))
INT8_ONNX = (
    ROUNDED,
    FOLDED,
    PLAIN,
    FREE,
    PRODUCTS,
    Way("products only, free batch", traced_free=True, products_only=True, last_resort=True),
    UNROLLED,
)


def ways_of(file: str) -> tuple[Way, ...]:
    """The ways to make one file of `names.FORMATS`, or the microcontroller's model."""
    integer = PurePath(file).stem in ("int8", "model")
    if file.endswith(".onnx"):
        return INT8_ONNX if integer else FLOAT_ONNX
    return INT8_TFLITE if integer else FLOAT_TFLITE
