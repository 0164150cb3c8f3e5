"""The same work on a Ray cluster: an actor for each worker, each with a reading process of its own.

Ray runs whatever anybody sends to its ports. So it is never started here: a user names a cluster that they keep.
"""

import logging
import os
import warnings
from collections.abc import Generator
from pathlib import Path

from edgedigits.errors import BatchError
from edgedigits_apps.batch.plan import Part
from edgedigits_apps.batch.processes import ReadingProcess


def work_on_cluster(
    parts: list[Part], out: Path, bundle: str, artifact: str, address: str, workers: int | None
) -> Generator[int, None, None]:
    """Have parts made by a cluster, in any order; yields how many pictures each has as it is done.

    Args:
        address: HOST:PORT, ray://HOST:PORT, or auto for the cluster that this machine belongs to.
        workers: actors to start; one for each of the cluster's cores by default.

    Raises:
        BatchError: if there is no cluster, or a part cannot be made.
    """
    if not parts:
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.util import ActorPool

    warnings.simplefilter("ignore")  # Ray's are about its own next version
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        number = min(len(parts), workers or int(ray.cluster_resources().get("CPU", 1)))
        # A lost machine's parts are made by another one; a picture's process may die without that.
        actor = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(ReadingProcess)
        pool = ActorPool([actor.remote(out, bundle, artifact) for _ in range(number)])
        for pictures in pool.map_unordered(lambda hand, part: hand.work.remote(part), parts):
            yield int(pictures)
    except ray.exceptions.RayTaskError as error:
        raise BatchError(str(error.cause)) from error
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise BatchError(f"{out} is not finished ({reason}); the same command goes on from here") from error
    finally:
        ray.shutdown()
