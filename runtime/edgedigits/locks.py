"""Locks for what threads and forked processes use: a fork waits for them, and the child finds them free."""

import os
import weakref
from _thread import LockType, allocate_lock  # threading's own, without the millisecond that importing it takes

WAIT_S = 5.0  # the longest a fork waits for one lock: far longer than a call to an engine
_LOCKS: "weakref.WeakSet[LockType]" = weakref.WeakSet()
_FORKING = allocate_lock()  # of two threads that fork at once, each would hold what the other waits for
_held: list[LockType] = []


def fork_lock() -> LockType:
    """A lock that no other thread holds while the process is forked.

    An interpreter that a call was using at the fork is of no use to the child: the call's reference to its memory stays
    for ever, as the thread that would give it back is not there.
    """
    lock = allocate_lock()
    _LOCKS.add(lock)
    return lock


def _hold() -> None:
    _FORKING.acquire()
    for lock in list(_LOCKS):
        if lock.acquire(timeout=WAIT_S):  # in vain where a signal's handler forks in the midst of its own thread's call
            _held.append(lock)


def _release() -> None:
    while _held:
        _held.pop().release()
    _FORKING.release()


def _free_all() -> None:
    _held.clear()
    for lock in (_FORKING, *_LOCKS):
        lock._at_fork_reinit()  # type: ignore[attr-defined] # as the standard library's own modules do


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_free_all)
