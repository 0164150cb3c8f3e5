"""Does the live reader's memory grow? Runs the real command on a network camera that breaks off now and then.

    python -m edgedigits_bench.speed.soak --minutes 10 --frames 20000

prints one JSON object: how long, how many frames were read, and the resident memory after the first thousand frames,
at the end, and at most; outages, and what was done about them, go by on standard error. Exit status 1 if memory grew by
more than the allowance.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from edgedigits_bench.speed.network_camera import NetworkCamera
from edgedigits_data.synthetic.clips import noisy, sheet

# Frames until everything that is loaded or cached once has been.
WARM = 1000
SIZE = (320, 240)
ALLOWED_MB = 8.0


def soak(minutes: float, frames: int, fps: float = 40.0) -> dict[str, float | int | bool]:
    """Run until both `minutes` and `frames` are reached; returns what was measured, memory in MiB."""
    sheets = [sheet([row], seed, SIZE, height=36) for seed, row in enumerate(["30714", "2568", "91"])]
    pictures = [noisy(sheets[i // 40 % 3], i) for i in range(120)]
    with NetworkCamera(pictures, fps=fps, drop=5000) as camera:
        command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--headless", "--every-frame"]
        program = subprocess.Popen(  # noqa: S603
            [*command, "--source", camera.address], stdout=subprocess.PIPE, text=True
        )
        try:
            return _watch(program, minutes, frames)
        finally:
            program.terminate()
            program.wait(30)


def _watch(program: "subprocess.Popen[str]", minutes: float, frames: int) -> dict[str, float | int | bool]:
    assert program.stdout is not None
    started, read, warm, most, now, shown = time.monotonic(), 0, 0.0, 0.0, 0.0, 0.0
    last = -1
    for line in program.stdout:
        read += 1
        elapsed = (time.monotonic() - started) / 60
        if read % 100 == 0:
            now = resident_mb(program.pid)
            most = max(most, now)
            warm = now if read == WARM else warm
        if elapsed - shown >= 1:
            shown = elapsed
            sys.stderr.write(f"{elapsed:.0f} min  {read} frames  {now:.1f} MiB\n")
        last = json.loads(line)["frame"]
        if elapsed >= minutes and read >= max(frames, WARM):
            break
    end = resident_mb(program.pid)
    return {
        "minutes": round((time.monotonic() - started) / 60, 1),
        "frames": read,
        "frames_captured": last + 1,
        "rss_warm_mb": round(warm, 1),
        "rss_end_mb": round(end, 1),
        "rss_most_mb": round(most, 1),
        "passed": bool(warm and end - warm <= ALLOWED_MB),
    }


def resident_mb(pid: int) -> float:
    """A process's resident memory in MiB, as Linux counts it."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--frames", type=int, default=20_000)
    arguments = parser.parse_args()
    measured = soak(arguments.minutes, arguments.frames)
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.exit(0 if measured["passed"] else 1)


if __name__ == "__main__":
    main()
