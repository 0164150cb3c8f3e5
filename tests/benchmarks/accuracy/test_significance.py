"""Intervals and tests against independent ways to compute them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgedigits_bench.accuracy.significance import LEVEL, images_to_decide, mcnemar, spread, summarize, wilson, worse


@settings(deadline=None)
@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_exactly_the_proportions_that_the_score_test_accepts(case):
    correct, total = case
    share = correct / total
    for bound in wilson(correct, total):
        if 1e-9 < bound < 1 - 1e-9:  # at its bounds the observed share is 1.96 standard errors away
            assert abs(share - bound) / math.sqrt(bound * (1 - bound) / total) == pytest.approx(1.96, abs=1e-3)
    low, high = wilson(correct, total)
    assert 0 <= low <= share <= high <= 1


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_binomial_test_of_a_fair_coin(first, second):
    total = first + second
    odds = [
        math.exp(math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)) for k in range(total + 1)
    ]
    as_rare = sum(o for k, o in enumerate(odds) if abs(2 * k - total) >= abs(first - second)) / 2.0**total
    assert mcnemar(first, second) == pytest.approx(as_rare, rel=1e-6)
    assert mcnemar(first, second) == mcnemar(second, first)


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_worse_is_the_tail_of_a_fair_coin(lost, won):
    total = lost + won
    tail = sum(
        math.exp(math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) - total * math.log(2))
        for k in range(lost, total + 1)
    )
    assert worse(lost, won) == pytest.approx(tail, rel=1e-6)
    assert worse(7, 0) < LEVEL < worse(6, 0)


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(0, 200))
def test_as_many_images_as_are_said_to_decide_do(lost, won):
    images = images_to_decide(lost, won, 1000)
    if lost <= won:
        assert images is None
        return
    factor = images / 1000
    if (lost + won) * factor < 5000:
        assert worse(math.ceil(lost * factor * 1.05) + 1, math.floor(won * factor * 1.05)) < LEVEL
        fewer = worse(math.floor(lost * factor * 0.8), math.ceil(won * factor * 0.8))
        assert fewer > LEVEL


def test_latencies_are_summarized_in_microseconds():
    found = summarize(np.arange(0, 101_000, 1000))
    assert (found.p50_us, found.p90_us, found.p99_us, found.mean_us) == (50, 90, 99, 50)
    assert found.deviation_us == pytest.approx(math.sqrt((101**2 - 1) / 12))


def test_a_quarter_of_odd_rounds_is_no_noise_and_half_of_them_are():
    assert spread([50] * 15 + [75, 80, 90, 100, 500]) == 0
    assert spread([50] * 11 + [75] * 9) == 0.5
    assert spread([50] * 9 + [75] * 11) == pytest.approx(1 / 3)
    assert spread([50, 50, 50, 75, 75]) == 0.5  # too few to know anything


@settings(deadline=None, max_examples=30)
@given(st.integers(6, 60), st.integers(0, 1000))
def test_the_end_of_the_interval_is_above_the_true_median_as_often_as_it_says(total, seed):
    """Of timings whose true median is 1 and whose lower quartile is far below, so that the spread's end shows."""
    samples = np.random.default_rng(seed).uniform(0.5, 1.5, (400, total))
    ends = [spread(row) * np.median(row) + np.percentile(row, 25) for row in samples]
    assert np.mean(np.array(ends) >= 1) > 0.975 - 4 * math.sqrt(0.975 * 0.025 / 400)
