"""The benchmark: every artifact of a bundle, on its engine, on this device, in one table with a recommendation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edgedigits import Bundle, ImageClassifier
from edgedigits.engines.base import DIGIT_FORM, Images
from edgedigits.engines.choice import MICRO_ENGINE
from edgedigits.engines.open import open_engine
from edgedigits.errors import BenchError
from edgedigits_bench.accuracy.evaluation import Progress, silent
from edgedigits_bench.accuracy.gate import verify
from edgedigits_bench.accuracy.own_data import image_form, judging_images
from edgedigits_bench.accuracy.reader_parts import PARTS
from edgedigits_bench.accuracy.robustness import Robustness, robustness
from edgedigits_bench.device import describe_device, describe_state, usable_cores
from edgedigits_bench.peers.engines import compare_peers
from edgedigits_bench.peers.raw_calls import raw_stages
from edgedigits_bench.report.recommendation import recommend
from edgedigits_bench.report.result import BenchResult
from edgedigits_bench.speed.engine_graph import inspect_graph
from edgedigits_bench.speed.footprint import cold_ratio, cold_starts, installed_bytes, middle
from edgedigits_bench.speed.latency import Configuration, Effort, Stages, Timing, time_interleaved
from edgedigits_bench.speed.operator_times import profile
from edgedigits_data import Split

MEASURED_BY = "measure it by: python -m edgedigits_bench.accuracy.pages"


@dataclass(frozen=True)
class Settings:
    """What to measure, and how thoroughly.

    Attributes:
        threads: the thread counts to try; one, and as many as there are cores, if empty.
        batches: the batch sizes to try.
        effort: how long each latency is measured.
        launches: how many fresh processes each artifact is started in.
        robustness: whether to evaluate on corrupted images, too.
        peers: whether to time other engines beside ours.
        profile: whether to ask the engines where the time goes.
    """

    threads: tuple[int, ...] = ()
    batches: tuple[int, ...] = (1, 32)
    effort: Effort = field(default_factory=Effort)
    launches: int = 41
    robustness: bool = True
    peers: bool = False
    profile: bool = False

    @classmethod
    def quick(cls) -> "Settings":
        """A first look in half a minute: one thread, one image, 200 calls."""
        effort = Effort(seconds=0.5, calls=200, rounds=10)
        return cls(threads=(1,), batches=(1,), effort=effort, launches=3, robustness=False)


def bench(
    bundle: Bundle, settings: Settings | None = None, progress: Progress = silent, split: Split | None = None
) -> BenchResult:
    """Measure every artifact of a bundle on this device and say which one to ship.

    Args:
        bundle: what to measure.
        settings: how thoroughly.
        progress: told what is being done.
        split: the labelled images; MNIST's test images if None, see `own_data.judging_images`. Corrupted images and
            other engines are measured of digit models only.

    Raises:
        BenchError: if no artifact of the bundle runs here.
        DataError: if the test images are damaged.
    """
    if bundle.name in PARTS:
        raise BenchError(f"{bundle.folder} is part of the page reader; {MEASURED_BY}")
    settings = settings or Settings()
    before = describe_state()
    split = split or judging_images(bundle)
    gate = verify(bundle, split=split, progress=progress)
    # How fast a microcontroller's kernels are on this device is of no use to anybody.
    ran = [entry for entry in gate.artifacts if entry.evaluation and entry.engine != MICRO_ENGINE]
    running = {entry.file: str(entry.engine) for entry in ran}
    if not running:
        raise BenchError(f"no artifact of {bundle.path} runs here; edgedigits verify says why")
    digits = image_form(bundle) == DIGIT_FORM.image
    starts, failed = cold_starts(bundle, list(running), settings.launches, progress)
    configurations = [
        Configuration(artifact, engine, threads, batch)
        for artifact, engine in running.items()
        for threads in settings.threads or sorted({1, usable_cores()})
        for batch in settings.batches
    ]
    ours, raw = _latencies(bundle, split, configurations, settings.effort, progress)
    peers = compare_peers(bundle, settings.effort, progress) if settings.peers and digits else []
    found = _robustness(bundle, split, list(running), progress) if settings.robustness and digits else {}
    state = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "before": before, "after": describe_state()}
    return BenchResult(
        device={**describe_device(bundle), **state, "installed_bytes": installed_bytes()},
        gate=gate,
        ours=ours,
        raw=raw,
        cold={artifact: middle(found) for (artifact, way), found in starts.items() if way == "ours"},
        bare={artifact: middle(found) for (artifact, way), found in starts.items() if way == "bare"},
        cold_ratios={
            artifact: cold_ratio(starts[artifact, "ours"], starts[artifact, "bare"])
            for artifact in running
            if {(artifact, "ours"), (artifact, "bare")} <= starts.keys()
        },
        failed=failed,
        graphs={artifact: inspect_graph(artifact, bundle.read(artifact)) for artifact in running},
        sizes={name: int(bundle.files[name]["size_bytes"]) for name in bundle.artifacts},
        robustness=found,
        peers=peers,
        profile=profile(bundle, list(running)) if settings.profile else {},
        recommendation=recommend(gate, ours, {artifact for artifact, way in failed if way == "ours"}),
    )


def _latencies(
    bundle: Bundle, split: Split, configurations: Sequence[Configuration], effort: Effort, progress: Progress
) -> tuple[dict[Configuration, Timing], dict[Configuration, Timing]]:
    """Our call and the engine's own for each configuration, all taking turns."""
    images = split.pixels
    subjects: dict[tuple[Configuration, str], Stages] = {}
    for item in configurations:
        batch = images[: item.batch]
        subjects[item, "ours"] = (_asked(ImageClassifier(bundle, item.artifact, item.threads), batch),)
        subjects[item, "raw"] = raw_stages(item.artifact, bundle.read(item.artifact), batch, item.threads)
    timings = time_interleaved(subjects, effort, progress=progress)
    return {item: timings[item, "ours"] for item in configurations}, {
        item: timings[item, "raw"] for item in configurations
    }


def _asked(classifier: ImageClassifier, batch: Images) -> Callable[[Any], Any]:
    return lambda _: classifier.probabilities(batch)


def _robustness(bundle: Bundle, split: Split, artifacts: Sequence[str], progress: Progress) -> Robustness:
    engines = {artifact: open_engine(artifact, bundle.read(artifact)) for artifact in artifacts}
    reference = next((name for name in ("float32.tflite", "float32.onnx") if name in engines), artifacts[0])
    return robustness(engines, reference, split, progress)
