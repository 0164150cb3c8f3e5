"""How believable is it that what was found is a digit? By its own looks, and by the company it keeps.

A lone letter can look just like a digit; a letter in a word can not, since its neighbours are no digits either. So what
was found is judged twice: first each by itself, then together with what the first judgement says of its neighbours and
of the whole page. The judges are small networks, fitted on what the reader finds on synthetic pages of training
digits: `python -m edgedigits_apps.maintain.belief`. Several are asked each time, and their mean is believed: where they
differ, none has seen enough.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgedigits.reading.detector import Found
from edgedigits.reading.surroundings import Statement

Floats = NDArray[np.float32]
Network = list[tuple[Floats, Floats]]
# The column of `company` that says that nobody is near.
LONELY = 1
# Two whose middles are nearer than this part of the narrower one's width are rivals for one place, and no company.
RIVALS = 0.6
# A probability lower than this is as good as none.
LEAST = 1e-4


class Evidence(NamedTuple):
    """What is known of what was found.

    Attributes:
        found: what was found.
        named: float32 (N, 10), which digit it is by the classifier; all equal where it was not worth asking.
        statement: what the network says that sees each with its surroundings.
        probabilities: float32 (N, 10), which digit it is by all of them.
        contrasts: float32 (N,), how far ink and paper are apart there, 0 to 1.
    """

    found: Found
    named: Floats
    statement: Statement
    probabilities: Floats
    contrasts: Floats


def believe(evidence: Evidence) -> Floats:
    """How likely each of the found is a digit, whichever, float32 (N,)."""
    alone, together = _judges()
    own = looks(evidence)
    by_looks = judge(own, alone)
    beside = company(evidence.found.boxes, by_looks)
    belief = judge(np.hstack([own, beside]), together)
    # Who stands alone is not judged by others: a clear digit stays one whatever else is on the page.
    lonely = beside[:, LONELY] > 0
    return np.where(lonely, np.maximum(belief, by_looks), belief)


@cache
def _judges() -> tuple[list[Network], list[Network]]:
    import json
    from pathlib import Path

    weights = json.loads(Path(__file__).with_name("belief.json").read_text(encoding="utf-8"))
    return networks_of(weights["alone"]), networks_of(weights["together"])


def networks_of(weights: list[list[dict[str, Any]]]) -> list[Network]:
    """Networks from what the file of weights says of them."""
    return [[(_array(layer["kernel"]), _array(layer["bias"])) for layer in network] for network in weights]


def judge(features: Floats, networks: list[Network]) -> Floats:
    """The mean of fully connected networks, tanh between their layers and a logistic answer: (N, F) to (N,)."""
    return np.asarray(np.mean([_answer(features, network) for network in networks], axis=0), np.float32)


def _answer(features: Floats, network: Network) -> Floats:
    for kernel, bias in network[:-1]:
        features = np.tanh(features @ kernel + bias)
    kernel, bias = network[-1]
    return np.asarray(1 / (1 + np.exp(-(features @ kernel + bias)[:, 0])), np.float32)


def looks(evidence: Evidence) -> Floats:
    """What speaks for each by itself, float32 (N, 54)."""
    found, named, statement, probabilities, contrasts = evidence
    ranked = np.sort(probabilities, axis=1)
    name = probabilities.argmax(axis=1)
    seen = found.digits.max(axis=1)
    width, height = found.boxes[:, 2], found.boxes[:, 3]
    columns = [
        _logit(found.scores),
        _logit(ranked[:, -1]),
        ranked[:, -1] - ranked[:, -2],
        _logit(seen),
        found.digits[np.arange(len(name)), name],
        # The classifier's own doubt: of what is no digit it says so, and the detector's vote must not drown that.
        _logit(named.max(axis=1)),
        named[np.arange(len(name)), name],
        np.log(width / height),
        ~found.seen,
        name == 1,  # a stroke is easily found, and easily called a one
        np.log(contrasts + 0.02),
        np.log((contrasts + 0.02) / (np.percentile(contrasts, 90) + 0.02)),
        # Which digit it is taken for and what else it might be: an S is a 5 in its own way.
        np.eye(10, dtype=np.float32)[name],
        np.log(np.maximum(named, LEAST)),
        np.log(np.maximum(found.digits, LEAST)),
        statement.sure,
        statement.digits[np.arange(len(name)), name],
        np.log(np.maximum(statement.digits, LEAST)),
    ]
    return np.column_stack(columns).astype(np.float32)


def company(boxes: Floats, belief: Floats) -> Floats:
    """What speaks for each by its neighbours and its page, float32 (N, 11).

    Args:
        boxes: float32 (N, 4).
        belief: float32 (N,), how likely each is a digit by its looks.
    """
    sure = _logit(belief)
    height = np.maximum(boxes[:, 3], 0.7 * boxes[:, 2])
    x, y = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2
    right = np.asarray(x[None] - x[:, None], np.float32)
    away, taller = np.abs(y[None] - y[:, None]), np.maximum(height[None], height[:, None])
    like = (height[None] > 0.45 * height[:, None]) & (height[None] < 2.2 * height[:, None])
    narrower = np.minimum(boxes[None, :, 2], boxes[:, None, 2])
    same = (np.abs(right) < RIVALS * narrower + 1) & (away < 0.5 * np.minimum(height[None], height[:, None]))
    near = (np.abs(right) < 2.2 * taller) & (away < 0.7 * taller) & like & ~same
    count = near.sum(axis=1)
    in_line = like & (away < 0.6 * taller)
    sides = [_nearest(ahead, in_line, narrower, taller, sure) for ahead in (-right, right)]
    typical = np.average(height, weights=belief + 1e-3)
    columns = [
        (near * sure[None]).sum(axis=1) / np.maximum(count, 1),
        count == 0,
        np.minimum(count, 6),
        (near * belief[None]).max(axis=1),
        np.minimum((near * (1 - belief)[None]).sum(axis=1), 6),
        np.full(len(belief), np.log1p(belief.sum())),
        _logit((belief.sum() - belief) / max(len(belief) - 1, 1)),
        np.abs(np.log(height / typical)),
        np.minimum(*sides),
        sides[0] + sides[1],
        (sides[0] != 0).astype(np.float32) + (sides[1] != 0),
    ]
    return np.column_stack(columns).astype(np.float32)


def _nearest(ahead: Floats, in_line: NDArray[np.bool_], narrower: Floats, taller: Floats, sure: Floats) -> Floats:
    """How sure each one's next neighbour on one side is, 0 where there is none, float32 (N,)."""
    able = in_line & (ahead > 0.4 * narrower) & (ahead < 2 * taller)
    next_one = np.where(able, ahead, np.inf).argmin(axis=1)
    return np.where(able.any(axis=1), sure[next_one], 0).astype(np.float32)


def _array(values: list[Any]) -> Floats:
    return np.array(values, np.float32)


def _logit(share: Any) -> Floats:
    share = np.clip(share, 1e-3, 1 - 1e-3)
    return np.asarray(np.log(share / (1 - share)), np.float32)
