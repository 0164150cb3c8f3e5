"""Timing, on calls whose duration is known; how long they really take is not asserted beyond what sleep promises."""

import time

import numpy as np

from edgedigits_bench.accuracy.significance import summarize
from edgedigits_bench.speed.latency import Effort, Timing, measure, time_interleaved


def test_stages_get_each_others_values_and_are_timed_apart():
    seen = []
    stages = (lambda _: time.sleep(0.002) or 5, lambda value: seen.append(value) or 7, seen.append)
    durations = measure(stages, seconds=0, calls=4)
    assert durations.shape == (4, 3)
    assert seen == [5, 7] * 4
    assert (durations[:, 0] >= 2_000_000).all()
    assert (durations[:, 0] > durations[:, 1:].sum(axis=1)).all()


def test_subjects_take_turns_and_get_their_calls():
    order = []
    found = time_interleaved(
        {name: (lambda _, name=name: order.append(name),) for name in "ab"}, Effort(seconds=0, calls=40, rounds=4)
    )
    turns = [name for name, before in zip(order, [None, *order], strict=False) if name != before]
    assert turns[:8] == list("abababab")
    assert all(timing.runs >= 40 and len(timing.round_medians) >= 4 for timing in found.values())


def timing(*rounds, stages=(0.0, 1.0)):
    return Timing(1, summarize(np.array([1000])), stages, rounds)


def test_rounds_that_disagree_are_noisy_and_an_odd_one_is_not():
    assert not timing(50, 51, 50, 49, 50, 50, 51, 50, 50, 300).noisy
    assert timing(50, 75, 50, 75, 50, 75).noisy


def test_a_ratio_holds_while_the_machine_drifts():
    ours, bare = timing(11, 22, 44, 33), timing(12.5, 25, 50, 37.5, stages=(0.2, 0.8))
    assert ours.relative_to(bare) == 1.1  # a fifth of the bare call made its input ready, and does not count
