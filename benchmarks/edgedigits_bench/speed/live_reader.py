"""How fast is the live reader on one core? Runs the real command in each of its three modes.

    python -m edgedigits_bench.speed.live_reader --rounds 5

`--headless`, the window (on a screen of its own, Xvfb's, where there is none) and `--serve` with one watcher take
turns, so that whatever slows the machine down slows all three. Each reads every frame of a recording, 640x480, on which
five digits sway so that none may be left unread; decoding it stands for the camera. The program and all its threads are
pinned to one core; the screen and the watcher, another device in real life, are not, unless there is only one.

Prints a Markdown table of the rounds' medians: frames a second by the clock and as the processor time allows, processor
time a frame altogether and by stage, and what share of the core others took meanwhile. Exit status 1 if that was too
much for the clock to mean anything.
"""

import argparse
import http.client
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from edgedigits.errors import BenchError
from edgedigits_bench.device import describe_device
from edgedigits_data.synthetic.clips import noisy, sheet, shifted, write_clip

MODES = {"--headless": ["--headless"], "window": [], "--serve": ["--serve", "0"]}
STAGES = ("capture", "look", "read", "track", "show", "window")
STILL = 15  # frames until every digit is shown; then the sheet sways
SWAY = 12.0  # pixels
# Share of the core that others may take before frames a second by the clock mean little.
BUSY = 0.05


@dataclass(frozen=True)
class Go:
    """One run of the program.

    Attributes:
        clock: milliseconds a frame by the clock.
        processor: milliseconds a frame of processor time, of all threads.
        stages: by name, milliseconds a frame of the reading thread's processor time.
        read: share of the frames that were read, not only looked at.
        watched: pictures that a watcher was sent, as a share of the frames; None without one.
        others: the share of the core that other programs took, or that was not to be had.
    """

    clock: float
    processor: float
    stages: Mapping[str, float]
    read: float
    watched: float | None
    others: float


def make_clip(path: Path, frames: int) -> Path:
    """A recording of a sheet with five digits that lies still for half a second and then sways."""
    page = sheet(["30714"], 1)
    turns = [max(0, i - STILL) * 2 * np.pi / 40 for i in range(frames)]
    images = (shifted(page, SWAY * np.sin(turn), SWAY * (1 - np.cos(turn))) for turn in turns)
    return write_clip(path, (noisy(image, i) for i, image in enumerate(images)))


def measure(mode: str, clip: Path, core: int, environment: Mapping[str, str]) -> Go:
    """Run the program once.

    Raises:
        BenchError: if it fails.
    """
    command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--source", str(clip), "--profile", *MODES[mode]]
    before, pictures, watcher = _jiffies(core), [0], None
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(environment),
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    ) as program:
        assert program.stderr is not None
        lines = []
        for line in program.stderr:
            lines.append(line.split())
            if line.startswith("live at "):
                watcher = threading.Thread(target=_watch, args=(line.split()[2], pictures))
                watcher.start()
    if watcher is not None:
        watcher.join()
    rows = {words[0]: words[1:] for words in lines if words}
    if program.returncode or "processor" not in rows:
        raise BenchError(f"the live reader ended with {program.returncode}: {' '.join(lines[-1]) if lines else ''}")
    frames = int(rows["all"][0])
    return Go(
        clock=float(rows["all"][1]),
        processor=float(rows["processor"][1]),
        stages={name: float(rows[name][4]) * int(rows[name][0]) / frames for name in STAGES if name in rows},
        read=int(rows["read"][0]) / frames,
        watched=pictures[0] / frames if watcher else None,
        others=_others(before, _jiffies(core)),
    )


def _watch(address: str, pictures: list[int]) -> None:
    """Take the live picture as a browser does, until it ends; counts the pictures."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection.request("GET", "/stream.mjpg")
    with connection.getresponse() as stream:
        for line in stream:
            if line.startswith(b"Content-Length: "):
                stream.readline()
                stream.read(int(line.split()[1]))
                pictures[0] += 1


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """The environment with a screen for the window: the one there is, else one of its own.

    Raises:
        BenchError: if there is none and Xvfb is not installed.
    """
    if os.environ.get("DISPLAY"):
        yield dict(os.environ)
        return
    server = shutil.which("Xvfb")
    if server is None:
        raise BenchError("there is no display for the window; start this from a desktop, or install Xvfb")
    command = [server, "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        try:
            yield {**os.environ, "DISPLAY": f":{process.stdout.readline().strip()}"}
        finally:
            process.terminate()


def _jiffies(core: int) -> tuple[float, float, float]:
    """Until now, in seconds: the clock, how long the core was busy or taken away, and what our programs used of it."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, soft, stolen, *_ = map(int, line.split()[1:])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = (user + nice + system + irq + soft + stolen) / os.sysconf("SC_CLK_TCK")
    return time.monotonic(), busy, used.ru_utime + used.ru_stime


def _others(before: tuple[float, float, float], after: tuple[float, float, float]) -> float:
    clock, busy, own = (late - early for early, late in zip(before, after, strict=True))
    return max(0.0, busy - own) / clock


def table(goes: Mapping[str, Sequence[Go]]) -> str:
    """The medians as a Markdown table, one row a mode."""
    head = ["", "frames a second", "of one core", "cpu ms a frame", *STAGES, "other threads", "read", "sent", "others"]
    rows = [head, ["---", *["--:"] * (len(head) - 1)]]
    for mode, runs in goes.items():
        clock, processor = (float(np.median([getattr(go, name) for go in runs])) for name in ("clock", "processor"))
        stages = {name: float(np.median([go.stages.get(name, 0) for go in runs])) for name in STAGES}
        rest = float(np.median([go.processor - sum(go.stages.values()) for go in runs]))
        sent = [go.watched for go in runs if go.watched is not None]
        cells = [f"{1000 / clock:.1f}", f"{1000 / processor:.1f}", f"{processor:.1f}"]
        cells += [f"{stages[name]:.1f}" if name in runs[0].stages else "" for name in STAGES]
        cells += [f"{max(rest, 0):.1f}", f"{np.median([go.read for go in runs]):.0%}"]
        cells += [f"{np.median(sent):.0%}" if sent else "", f"{np.median([go.others for go in runs]):.0%}"]
        rows.append([f"`{mode}`" if mode.startswith("-") else mode, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def run(rounds: int, frames: int, core: int) -> dict[str, list[Go]]:
    """All modes by turns, `rounds` times."""
    goes: dict[str, list[Go]] = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory() as folder, screen() as environment:
        clip = make_clip(Path(folder) / "five.avi", frames)
        for number in range(rounds):
            for mode in MODES:
                go = measure(mode, clip, core, environment)
                goes[mode].append(go)
                line = (
                    f"round {number + 1}  {mode:<10}  {1000 / go.clock:.1f} frames a second  {go.processor:.1f} cpu ms"
                )
                print(f"{line}  {go.others:.0%} of the core taken by others", file=sys.stderr)
    return goes


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    wanted = parser.parse_args()
    if elsewhere := os.sched_getaffinity(0) - {wanted.core}:
        os.sched_setaffinity(0, elsewhere)
    try:
        goes = run(wanted.rounds, wanted.frames, wanted.core)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    device = describe_device()
    print(table(goes))
    print(f"\nMedians of {wanted.rounds} rounds of {wanted.frames} frames; {device['cpu']}, commit {device['commit']}.")
    busy = max(float(np.median([go.others for go in runs])) for runs in goes.values())
    if busy > BUSY:
        print(f"others took {busy:.0%} of the core: go by `of one core`, or measure again in peace", file=sys.stderr)
    return int(busy > BUSY)


if __name__ == "__main__":
    sys.exit(main())
