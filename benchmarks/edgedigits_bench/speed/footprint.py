"""What does an artifact need besides time? Cold start and memory, each measured in fresh processes."""

import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

from edgedigits import Bundle
from edgedigits.errors import BenchError
from edgedigits_bench.accuracy.evaluation import Progress, silent

PROBE = Path(__file__).with_name("cold_start_probe.py")
LAUNCH_SECONDS = 120


@dataclass(frozen=True)
class ColdStart:
    """A new process until its first answer; times in milliseconds unless named otherwise.

    Attributes:
        interpreter_ms: from the launch until Python runs the first line.
        imports_ms: importing the runtime and the engine.
        load_ms: reading, checking and loading the artifact.
        first_call_us: the first call, microseconds.
        rss_mb: resident memory after loading.
        peak_rss_mb: the most resident memory until after the first call.
    """

    interpreter_ms: float
    imports_ms: float
    load_ms: float
    first_call_us: float
    rss_mb: float
    peak_rss_mb: float

    @property
    def total_ms(self) -> float:
        """From the launch until the first answer."""
        return self.interpreter_ms + self.imports_ms + self.load_ms + self.first_call_us / 1000


def launch(
    bundle: Bundle, artifact: str, threads: int = 1, way: str = "ours", environment: Mapping[str, str] | None = None
) -> ColdStart:
    """Start a process, have it answer once, and see what that took.

    Args:
        bundle: where the artifact is.
        artifact: which one to run.
        threads: CPU threads for one call.
        way: "ours", through DigitClassifier, or "bare", through the engine alone.
        environment: the process's; this one's by default.

    Raises:
        BenchError: if the process fails.
    """
    where = f"{artifact} {'fails' if way == 'ours' else 'with its engine alone fails'} in a fresh process"
    # -P keeps this folder, whose modules are named after what they do, from hiding the standard library's.
    command = [sys.executable, "-P", str(PROBE), way, str(bundle.path.absolute()), artifact, str(threads)]
    before = time.monotonic_ns()
    try:
        done = subprocess.run(  # noqa: S603 - our own script
            command, env=environment, capture_output=True, text=True, timeout=LAUNCH_SECONDS, check=True
        )
        report = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        message = f"{where}: no first answer within {LAUNCH_SECONDS} s; is the device overloaded?"
        raise BenchError(message) from error
    except subprocess.CalledProcessError as error:
        raise BenchError(f"{where}: {_last_words(error)}") from error
    except ValueError as error:
        raise BenchError(f"{where}: it printed something else than its report") from error
    started, imported, loaded, answered = report["marks"]
    return ColdStart(
        interpreter_ms=(started - before) / 1e6,
        imports_ms=(imported - started) / 1e6,
        load_ms=(loaded - imported) / 1e6,
        first_call_us=(answered - loaded) / 1e3,
        rss_mb=report["rss_mb"],
        peak_rss_mb=report["peak_rss_mb"],
    )


def _last_words(error: subprocess.CalledProcessError) -> str:
    """How a process ended: by which signal, or with which last line."""
    if error.returncode < 0:
        return f"it was ended by {signal.Signals(-error.returncode).name}"
    lines = error.stderr.strip().splitlines()
    return str(lines[-1]) if lines else f"exit status {error.returncode}"


def cold_starts(
    bundle: Bundle, artifacts: Sequence[str], launches: int, progress: Progress = silent
) -> tuple[dict[tuple[str, str], list[ColdStart]], dict[tuple[str, str], str]]:
    """Start several processes for each artifact, our way and the bare way, all taking turns.

    Which of an artifact's two ways comes first changes from turn to turn, so that neither always follows the same
    process. The first turn does not count: it leaves the byte code of a working copy, as an installer does for
    what it installs.

    Returns:
        For each (artifact, way) the launches in their order; and for each whose process failed, which is not started
        again, one line that says how.
    """
    ways = ("ours", "bare")
    subjects = list(product(artifacts, ways))
    found: dict[tuple[str, str], list[ColdStart]] = {subject: [] for subject in subjects}
    failed: dict[tuple[str, str], str] = {}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for turn in range(1 + launches):
        for i, (artifact, way) in enumerate(product(artifacts, ways[::-1] if turn % 2 else ways)):
            if (artifact, way) not in failed:
                try:
                    found[artifact, way].append(launch(bundle, artifact, way=way, environment=environment))
                except BenchError as error:
                    failed[artifact, way] = str(error)
            progress("cold start", turn * len(subjects) + i + 1, (1 + launches) * len(subjects))
    return {subject: starts[1:] for subject, starts in found.items() if subject not in failed}, failed


def cold_ratio(ours: Sequence[ColdStart], bare: Sequence[ColdStart]) -> float:
    """Our cold start relative to a process that only imports what ours needs: NumPy, OpenCV and the engine.

    The median over the launches, each with its neighbour in time, so that it holds where the machine drifts.
    """
    pairs = zip(ours, bare, strict=True)
    return median(start.total_ms / (other.interpreter_ms + other.imports_ms) for start, other in pairs)


def middle(starts: Sequence[ColdStart]) -> ColdStart:
    """The median of each figure."""
    names = ColdStart.__dataclass_fields__
    return ColdStart(**{name: median(getattr(start, name) for start in starts) for name in names})


def installed_bytes(distribution: str = "edgedigits") -> int | None:
    """Disk space of the device install: the distribution and all it depends on without extras, bytes.

    None where it is not installed, or only as a link to a working copy and therefore of no known size.
    """
    waiting, seen, total = [distribution], set[str](), 0
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name == distribution:
                return None
            continue  # for another platform
        sizes = [path.stat().st_size for file in found.files or [] if (path := Path(str(file.locate()))).is_file()]
        total += sum(sizes)
        requirements = [text for text in found.requires or [] if "extra ==" not in text]
        waiting += [match[0] for text in requirements if (match := re.match(r"[\w.-]+", text))]
    return total
