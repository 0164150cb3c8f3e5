"""Recurrent layers written out step by step: integer converters cannot calibrate a loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


def is_recurrent(model: Any) -> bool:
    """Whether a Keras model has layers that loop over steps."""
    return bool(_loops(model))


@contextlib.contextmanager
def unrolled(model: Any) -> Iterator[None]:
    """While inside, tracing a Keras model writes its recurrent layers out step by step."""
    layers = _loops(model)
    try:
        for layer in layers:
            layer.unroll = True
        yield
    finally:
        for layer in layers:
            layer.unroll = False


def _loops(model: Any) -> list[Any]:
    layers = model._flatten_layers(include_self=False, recursive=True)
    return [layer for layer in layers if getattr(layer, "unroll", None) is False]
