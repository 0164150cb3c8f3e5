"""Feeds damaged files to everything that reads files: python tests/resilience/fuzz.py TARGET [--minutes 30]

Each case is a sample from the target's corpus with a few edits by Hypothesis, read in a forked process of its own. It
may be read or refused by one of our errors in one line. A crash, a hang, another exception, a write outside its folder,
or memory above the limit ends the round, and Hypothesis says which edits are the fewest that do it.
"""

import argparse
import gzip
import io
import json
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from edgedigits import DigitClassifier, DigitReader, EdgeDigitsError, load_bundle
from edgedigits.engines.open import open_engine
from edgedigits.imaging.normalization import to_image
from edgedigits.imaging.picture_files import ENDINGS, load_picture
from edgedigits.live.frame import CaptureSettings
from edgedigits.live.sources import open_source
from edgedigits_bench.report.comparison import compare, load_result
from edgedigits_data import DataError, load_mnist
from edgedigits_data.user_sets import Pictures, load_set

# A hundred megapixels, the largest picture that is taken, need a third of this; address space is reserved freely.
MOST_RESIDENT = 2_000_000_000
MOST_ADDRESSED = 16_000_000_000
# Of the processor, for what does not come to an end; and of the clock, for what waits for ever.
BUSY_SECONDS, SECONDS = 20, 600
# Numbers that a reader trusts at its peril.
EVIL = [b"\xff" * 4, b"\x00" * 4, b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x80"]

Edit = tuple[str, int, bytes]


@dataclass(frozen=True)
class Target:
    """Something that reads files.

    Attributes:
        corpus: makes the samples, a file's content by its name.
        read: reads the file at a path.
    """

    corpus: Callable[[], Mapping[str, bytes]]
    read: Callable[[Path], object]


def edits() -> st.SearchStrategy[list[Edit]]:
    """A few things to do to a file, most of them where its header is."""
    places = st.one_of(st.integers(0, 63), st.integers(0, 2_000), st.integers(0, 10**7))
    contents = st.one_of(st.sampled_from(EVIL), st.binary(min_size=1, max_size=8))
    return st.lists(st.tuples(st.sampled_from(["put", "insert", "remove", "cut"]), places, contents), max_size=6)


def apply(content: bytes, changes: list[Edit]) -> bytes:
    """The content after the edits; places beyond its end count from its start again."""
    for kind, place, value in changes:
        at = place % (len(content) + 1)
        rest = {"put": at + len(value), "insert": at, "remove": at + len(value), "cut": len(content)}[kind]
        content = content[:at] + (b"" if kind in ("remove", "cut") else value) + content[rest:]
    return content


def pictures() -> dict[str, bytes]:
    """A page with a few digits in each format that OpenCV writes here."""
    page = np.full((60, 90, 3), 240, np.uint8)
    cv2.putText(page, "52", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 3)
    found = {}
    for ending in sorted(ENDINGS):
        try:
            written, content = cv2.imencode(ending, page)
        except cv2.error:
            continue
        if written:
            found[f"page{ending}"] = content.tobytes()
    return found


def videos() -> dict[str, bytes]:
    """Ten frames in each container and codec that OpenCV writes here."""
    found = {}
    for name, codec in [("a.avi", "MJPG"), ("b.mp4", "mp4v"), ("c.mkv", "MJPG"), ("d.webm", "VP80"), ("e.mov", "mp4v")]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10, (64, 48))
            for i in range(10):
                writer.write(np.full((48, 64, 3), 20 * i, np.uint8))
            writer.release()
            if path.exists() and path.stat().st_size:
                found[name] = path.read_bytes()
    return found


def idx() -> dict[str, bytes]:
    """Twenty images as MNIST keeps them, packed and not, and their labels."""
    digits = load_mnist("test")
    images = b"\0\0\x08\x03" + np.array([20, 28, 28], ">u4").tobytes() + digits.images[:20].tobytes()
    return {"a-images-idx3-ubyte": images, "a-images-idx3-ubyte.gz": gzip.compress(images), LABELS: labels()}


def labels() -> bytes:
    """The labels of those images."""
    return b"\0\0\x08\x01" + np.array([20], ">u4").tobytes() + load_mnist("test").labels[:20].tobytes()


def npz() -> dict[str, bytes]:
    """Twenty images as numpy keeps them, packed and not."""
    digits, found = load_mnist("test"), {}
    for name, save in [("plain.npz", np.savez), ("packed.npz", np.savez_compressed)]:
        file = io.BytesIO()
        save(file, images=digits.images[:20], labels=digits.labels[:20])
        found[name] = file.getvalue()
    return found


def artifacts(ending: str) -> Callable[[], dict[str, bytes]]:
    """The shipped artifacts of one format."""

    def corpus() -> dict[str, bytes]:
        bundle = load_bundle("edge")
        return {name: bundle.read(name) for name in bundle.artifacts if name.endswith(ending)}

    return corpus


def manifests() -> dict[str, bytes]:
    """The shipped manifest."""
    return {"manifest.json": (load_bundle("edge").path / "manifest.json").read_bytes()}


def results() -> dict[str, bytes]:
    """A committed benchmark."""
    path = Path(__file__).parents[2] / "benchmarks" / "results" / "nano.json"
    return {"result.json": json.dumps(json.loads(path.read_text())).encode()}


def read_result(path: Path) -> object:
    """As `bench compare` does, with itself."""
    result = load_result(path)
    return compare(result, result)


def read_picture(path: Path) -> object:
    """As `edgedigits read` does."""
    return READER.read(load_picture(path))


def read_video(path: Path) -> None:
    """The first frames, as the live reader gets them."""
    source = open_source(str(path), CaptureSettings(), lambda _: None)
    for _ in range(20):
        if source.read() is None:
            break
    source.close()


def read_artifact(path: Path) -> None:
    """As everything that runs an artifact does: by the manifest, which knows whether it is damaged."""
    shutil.copy(load_bundle("edge").path / "manifest.json", path.parent)
    DigitClassifier(path.parent, path.name).probabilities(BLANK)


def read_unchecked(path: Path) -> None:
    """What the manifest's hashes keep from users: the engine alone, which some damage does crash."""
    open_engine(path.name, path.read_bytes()).run(BLANK[..., None])


def read_set(path: Path) -> None:
    """As training on one's own digits does."""
    images = path.with_name("a-images-idx3-ubyte") if path.name == LABELS else path
    if path.name == LABELS:
        images.write_bytes(idx()[images.name])
    elif "idx3" in path.name:
        packed = path.suffix == ".gz"
        path.with_name(LABELS + ".gz" * packed).write_bytes(gzip.compress(labels()) if packed else labels())
    load_set(images, Pictures(load_picture, to_image))


def read_manifest(path: Path) -> None:
    """Everything that is asked of a bundle before an engine is loaded."""
    bundle = load_bundle(path.parent)
    assert (bundle.name, bundle.artifacts, bundle.reject_below) is not None
    for name in bundle.files:
        with refusals():
            bundle.read(name)


BLANK = np.zeros((2, 28, 28), np.uint8)
LABELS = "a-labels-idx1-ubyte"
READER: DigitReader
TARGETS = {
    "idx": Target(idx, read_set),
    "manifest": Target(manifests, read_manifest),
    "npz": Target(npz, read_set),
    "onnx": Target(artifacts(".onnx"), read_artifact),
    "picture": Target(pictures, read_picture),
    "result": Target(results, read_result),
    "tflite": Target(artifacts(".tflite"), read_artifact),
    "video": Target(videos, read_video),
    "onnx-unchecked": Target(artifacts(".onnx"), read_unchecked),
    "tflite-unchecked": Target(artifacts(".tflite"), read_unchecked),
}


@contextmanager
def refusals() -> Iterator[None]:
    """One of our errors is an answer, if it says something in one line."""
    try:
        yield
    except (EdgeDigitsError, DataError) as error:
        if len(str(error).splitlines()) != 1:
            raise AssertionError("an error that is not one line") from error


def attempt(read: Callable[[Path], object], path: Path) -> int:
    """Read a file in a process of its own; the most memory it had resident, bytes.

    Raises:
        AssertionError: if it was killed, or ran into anything but one of our errors.
    """
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        os.close(readable)
        # A fork starts with its parent's memory, which after other tests holds TensorFlow, less what files are mapped.
        before = _resident()
        trouble = guarded(read, path)
        with os.fdopen(writable, "wb") as pipe:
            pickle.dump((before, trouble), pipe)
        os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as pipe:
        answer = pipe.read()
    _, status, usage = os.wait4(child, 0)
    assert not os.WIFSIGNALED(status), f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    assert answer, f"ended with status {os.waitstatus_to_exitcode(status)}"
    before, trouble = pickle.loads(answer)
    assert trouble is None, trouble
    added = usage.ru_maxrss * 1024 - before
    assert added < MOST_RESIDENT, f"{added >> 20} MB more resident"
    return int(usage.ru_maxrss) * 1024


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def guarded(read: Callable[[Path], object], path: Path) -> str | None:
    """Read a file within limits; what went wrong, if anything did."""
    signal.alarm(SECONDS)  # its default action kills, also inside native code
    resource.setrlimit(resource.RLIMIT_CPU, (BUSY_SECONDS, BUSY_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSED, MOST_ADDRESSED))
    quiet = os.open(os.devnull, os.O_WRONLY)
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(quiet, 2)
        outside: list[str] = []
        sys.addaudithook(lambda event, details: watch(event, details, path.parent, outside))
        try:
            with refusals():
                read(path)
        except BaseException:
            return traceback.format_exc()
        sys.stdout.flush()
        return f"wrote {outside}" if outside else "printed to standard output" if printed.tell() else None


def watch(event: str, details: tuple[Any, ...], folder: Path, outside: list[str]) -> None:
    """Note each file that is opened for writing elsewhere."""
    if event == "open" and isinstance(details[0], str) and details[2] & (os.O_WRONLY | os.O_RDWR):
        real = Path(os.path.realpath(details[0]))
        if folder not in real.parents and real != Path(os.devnull):
            outside.append(str(real))


def fuzz(target: Target, cases: int, number: int) -> dict[str, Any]:
    """One round of a target with one seed: how many cases there were and the most memory one took."""
    corpus = target.corpus()
    assert corpus, "no samples"
    count, most = 0, 0

    @seed(number)
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(corpus)), edits())
    def case(sample: str, changes: list[Edit]) -> None:
        nonlocal count, most
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder).resolve() / sample
            path.write_bytes(apply(corpus[sample], changes))
            count, most = count + 1, max(most, attempt(target.read, path))

    case()
    return {"cases": count, "most_resident_mb": most // 1_000_000}


def main() -> None:
    """Rounds until the time is up, or one of a given size; prints one JSON object."""
    global READER
    sys.dont_write_bytecode = True  # what a case is the first to import would count as written by it
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--cases", type=int, default=1_000, help="in a round")
    parser.add_argument("--minutes", type=float, default=0, help="round after round, each with a seed of its own")
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    options = parser.parse_args()
    cv2.setNumThreads(0)  # its pool of threads would not survive the forks
    READER = DigitReader()
    started, number, rounds = time.monotonic(), options.seed, []
    while not rounds or time.monotonic() - started < 60 * options.minutes:
        rounds.append(fuzz(TARGETS[options.target], options.cases, number))
        number += 1
    print(
        json.dumps(
            {
                "target": options.target,
                "seeds": [options.seed, number - 1],
                "cases": sum(found["cases"] for found in rounds),
                "minutes": round((time.monotonic() - started) / 60, 1),
                "most_resident_mb": max(found["most_resident_mb"] for found in rounds),
            }
        )
    )


if __name__ == "__main__":
    main()
