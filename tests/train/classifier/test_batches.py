"""Batches are made on a thread that does not outlive their use."""

import threading
import time
from contextlib import closing

import pytest

from edgedigits_train.classifier.batches import prefetch


def test_a_closed_prefetch_has_ended_its_thread_also_in_the_midst_of_an_item():
    begun = threading.Event()

    def slowly():
        yield 1
        begun.set()
        time.sleep(0.5)
        yield 2

    with closing(prefetch(slowly())) as items:
        assert next(items) == 1
        begun.wait()
    assert "batches" not in [thread.name for thread in threading.enumerate()]


def test_items_come_in_order_and_an_error_where_it_belongs():
    def broken():
        yield from range(20)
        raise ValueError("made on the thread")

    items = prefetch(broken(), ahead=3)
    assert [next(items) for _ in range(20)] == list(range(20))
    with pytest.raises(ValueError, match="made on the thread"):
        next(items)
    assert list(prefetch(range(20), ahead=3)) == list(range(20))
