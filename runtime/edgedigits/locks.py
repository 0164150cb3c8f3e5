"""Locks for what threads and forked processes use: one that a thread held at the fork is free in the child."""

import os
import weakref
from _thread import LockType, allocate_lock  # threading's own, without the millisecond that importing it takes

_LOCKS: "weakref.WeakSet[LockType]" = weakref.WeakSet()


def fork_lock() -> LockType:
    """A lock that is free in a process that has just been forked, where no other thread is left to release it.

    What it guards must bear an interrupted use: the interpreters do, as each call sets its input anew.
    """
    lock = allocate_lock()
    _LOCKS.add(lock)
    return lock


def _free_all() -> None:
    for lock in list(_LOCKS):
        lock._at_fork_reinit()  # type: ignore[attr-defined] # as the standard library's own modules do


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_free_all)
