"""Silence for libraries that print to standard error whatever they are told."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def quiet_libraries(verbose: bool = False) -> Iterator[None]:
    """Keep what TensorFlow, absl and the converters print off standard error; what the commands say gets through.

    Their C++ sides write to the process's standard error whatever any setting says, so that it is led to nowhere while
    `sys.stderr` gets a descriptor of its own.

    Args:
        verbose: let everything through.
    """
    ours = sys.stderr
    try:
        real = ours.fileno() == 2
    except (OSError, ValueError, AttributeError):  # a test's or a notebook's stream
        real = False
    if verbose or not real:
        yield
        return
    ours.flush()
    kept = os.dup(2)
    with os.fdopen(os.dup(kept), "w", buffering=1, encoding="utf-8", errors="backslashreplace") as own:
        try:
            with Path(os.devnull).open("w") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            sys.stderr = own
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            own.flush()
            sys.stderr = ours
            os.dup2(kept, 2)
            os.close(kept)
