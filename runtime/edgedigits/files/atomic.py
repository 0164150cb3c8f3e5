"""Files that are whole or not there, whatever stops the program or the machine, and folders with one writer at a time.

A module of its own, as a device that only reads need not wait for what writing takes.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from edgedigits.errors import OccupiedError

PARTIAL = ".partial."  # what the names of files begin with that are not whole yet
LONGEST_ENDING = 32  # a file's name has 255 bytes at most, and a partial one's no more than that
# What `flock` says where another process has the lock; all else means that the file system has no locks.
TAKEN = (errno.EWOULDBLOCK, errno.EACCES)
_held: set[Path] = set()


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write a file that becomes `path` at the end: a reader sees the old file or the whole new one.

    The file and the folder's entry are on the disk when this ends, so that a power cut leaves the same. What a killed
    process was writing stays until `discard_partial`. Several processes may write one file: its partial names differ.

    Args:
        path: the file; the place that is handed out has the same ending.

    Raises:
        OSError: if the disk refuses; its `filename` is `path`.
    """
    if path.exists() and not path.is_file():  # nothing can take the place of a pipe or a device
        yield path
        return
    ending = path.suffix if len(os.fsencode(path.suffix)) <= LONGEST_ENDING else ""
    partial = path.with_name(f"{PARTIAL}{os.getpid()}.{secrets.token_hex(4)}{ending}")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # the partial one's name would tell nobody anything
        raise
    finally:
        with contextlib.suppress(OSError):  # what went wrong before is what must be told
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file's content as `whole` does."""
    with whole(path) as partial:
        partial.write_bytes(content)


def sync_folder(folder: Path) -> None:
    """Wait until what was created, renamed or removed in `folder` is on the disk."""
    if os.name != "posix":  # Windows opens no folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard_partial(folder: Path) -> None:
    """Remove what killed processes left half written in `folder`; for whoever has it locked."""
    for left in folder.glob(f"{PARTIAL}*"):
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only process that writes into `folder`, until the end or until the process dies, however.

    A process that has the folder already may lock it again, as a command does that runs another one in its own folder.
    On Windows, and on a file system without locks, nothing is locked.

    Args:
        folder: there already.

    Raises:
        OccupiedError: if another process has it.
    """
    place = folder.resolve()
    if place in _held:
        yield
        return
    handle = lock_handle(folder)
    if handle is None:
        raise OccupiedError(f"{folder} is being written by another process; wait for its end, or choose another folder")
    _held.add(place)
    try:
        yield
    finally:
        _held.discard(place)
        if handle >= 0:
            os.close(handle)


def lock_handle(folder: Path) -> int | None:
    """Lock a folder until the handle is closed or the process dies.

    Returns:
        The handle; -1 where there are no locks; None if another process has the lock.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return -1
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        return None if error.errno in TAKEN else -1
    return handle
