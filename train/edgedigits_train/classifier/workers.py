"""One machine or several: what a run needs to know about the others it trains with.

Keras 3's `model.fit` cannot run under MultiWorkerMirroredStrategy, a training step of one's own through `strategy.run`
can. TensorFlow's default strategy is one worker with the same interface, so there is one path for both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from edgedigits.errors import TrainError, UsageError

STRATEGIES = ("one", "multiworker")


@dataclass(frozen=True)
class Workers:
    """All workers of a run: TensorFlow's strategy, and whether this process is the chief, the one that writes files."""

    strategy: Any
    chief: bool
    count: int

    def share(self, *arrays: Any) -> list[Any]:
        """Each replica's rows of a batch that all workers have made alike: every n-th one, beginning with its own."""

        def rows(array: Any) -> Any:
            return self.strategy.experimental_distribute_values_from_function(
                lambda context: tf.constant(array[context.replica_id_in_sync_group :: context.num_replicas_in_sync])
            )

        return [rows(array) for array in arrays]

    def follow_chief(self, variables: Sequence[Any], number: int) -> int:
        """Give all workers the chief's values of `variables` and its `number`, which is returned."""
        if self.count == 1:
            return number
        for variable in variables:
            variable.assign(self._from_chief(variable.numpy()))
        return int(self._from_chief(number))

    def wait(self) -> None:
        """Return when all have come here: the first worker to exit would take the others down."""
        self._from_chief(0)

    def _from_chief(self, value: Any) -> Any:
        own = tf.convert_to_tensor(value)
        if self.count == 1:
            return own.numpy()
        # One replica of the chief brings the value, all others bring zeros.
        brought = self.strategy.experimental_distribute_values_from_function(
            lambda context: own if context.replica_id_in_sync_group == 0 else tf.zeros_like(own)
        )
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, brought, axis=None).numpy()


def open_workers(name: str) -> Workers:
    """The workers of a strategy, one of `STRATEGIES`; "multiworker" reads TF_CONFIG and waits for all of them.

    Must come before anything else is done with TensorFlow.

    Raises:
        UsageError: if there is no such strategy.
        TrainError: if TF_CONFIG does not say who the workers are.
    """
    if name == "one":
        return Workers(tf.distribute.get_strategy(), True, 1)
    if name != "multiworker":
        raise UsageError(f"there is no strategy {name!r}; choose one of {', '.join(STRATEGIES)}")
    example = '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        addresses, index = list(config["cluster"]["worker"]), int(config["task"]["index"])
    except (KeyError, ValueError, TypeError) as error:
        raise TrainError(f"TF_CONFIG does not say who the workers are; set it like {example}") from error
    if not 0 <= index < len(addresses):
        raise TrainError(f"TF_CONFIG gives this worker the index {index} of {len(addresses)} workers; count from 0")
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise TrainError(f"the workers of TF_CONFIG cannot be joined ({str(error).splitlines()[0]})") from error
    return Workers(strategy, index == 0, len(addresses))
