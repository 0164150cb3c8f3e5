"""Keeps what a native library prints to standard error away from it, or collects it in a file."""

from __future__ import annotations

import contextlib
import os
from typing import IO, TYPE_CHECKING, Any

from edgedigits.engines.locks import fork_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = fork_lock()


@contextlib.contextmanager
def redirected_stderr(file: IO[Any] | None = None) -> Iterator[None]:
    """Point the process's standard error somewhere else for the length of a `with` block.

    Args:
        file: an open file that takes the output; it is dropped if None.
    """
    with _LOCK:  # of two threads at once, the second would save, and restore, the first one's redirection
        try:
            saved = os.dup(2)
        except OSError:  # a daemon without standard error
            yield
            return
        try:
            with contextlib.ExitStack() as stack:
                target = file if file is not None else stack.enter_context(open(os.devnull, "wb"))  # noqa: PTH123
                os.dup2(target.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
