"""Files that are whole or not there, whatever stops the program."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".partial."  # what the names of files begin with that are not whole yet


@contextlib.contextmanager
def whole(path: Path, shared: bool = False) -> Iterator[Path]:
    """Where to write a file that becomes `path` at the end: a reader sees the old file or the whole new one.

    A killed process leaves its part, for the next one to write over.

    Args:
        path: the file.
        shared: whether several processes may write it at once; their parts have names of their own, and what killed
            ones leave is there until `discard_partial`.
    """
    partial = path.with_name(f"{PARTIAL}{f'{os.getpid()}.' * shared}{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):  # what went wrong before is what must be told
            partial.unlink(missing_ok=True)


def discard_partial(folder: Path) -> None:
    """Remove from `folder` what killed processes left half written."""
    for left in folder.glob(f"{PARTIAL}*"):
        left.unlink(missing_ok=True)
