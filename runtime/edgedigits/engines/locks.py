"""Locks for what threads and forked processes use: a fork waits for them, and the child finds them free.

What a call of another thread holds at the fork is lost to the child, where that thread is not there to give it back: an
interpreter's memory, or the mutex of OpenCV's own threads. So a fork lets such calls end first, and go on after it.
"""

import os
import weakref
from _thread import LockType, _local, allocate_lock  # threading's own, without the millisecond that importing it takes
from types import TracebackType

WAIT_S = 5.0  # the longest a fork waits for one lock: far longer than a picture takes
# Each thread's own, and those of the engines, which a busy thread takes one after the other: a fork asks for them last.
_OWN: "weakref.WeakSet[LockType]" = weakref.WeakSet()
_LOCKS: "weakref.WeakSet[LockType]" = weakref.WeakSet()
# Who begins to use OpenCV passes here. A fork stops all at this point, else a busy thread would never let it in.
_TURNSTILE = allocate_lock()
_held: list[LockType] = []


class _Mine(_local):
    """This thread's own lock, held while it is busy; nobody but a fork ever waits for it."""

    def __init__(self) -> None:
        self.lock, self.depth = allocate_lock(), 0
        _OWN.add(self.lock)


class Busy:
    """`with busy:` a fork by another thread waits until this one is done."""

    def __enter__(self) -> None:
        if not _mine.depth:
            with _TURNSTILE:
                _mine.lock.acquire()
        _mine.depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _mine.depth -= 1
        if not _mine.depth:
            _mine.lock.release()


def fork_lock() -> LockType:
    """A lock that no other thread holds while the process is forked."""
    lock = allocate_lock()
    _LOCKS.add(lock)
    return lock


def _hold() -> None:
    mine = _mine.lock
    for lock in [_TURNSTILE, *_OWN, *_LOCKS]:
        # In vain where a signal's handler forks in the midst of its own thread's call.
        if not (lock is mine and _mine.depth) and lock.acquire(timeout=WAIT_S):
            _held.append(lock)


def _release() -> None:
    while _held:
        _held.pop().release()


def _free_all() -> None:
    _held.clear()
    mine = _mine.lock
    for lock in (_TURNSTILE, *_OWN, *_LOCKS):
        if not (lock is mine and _mine.depth):
            lock._at_fork_reinit()  # type: ignore[attr-defined] # as the standard library's own modules do


_mine = _Mine()
busy = Busy()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_free_all)
