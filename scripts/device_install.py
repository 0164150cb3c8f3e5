"""What does a device install cost, and where does it work? python scripts/device_install.py [--python python3.12 ...]

Builds the wheel and installs it, with its core dependencies only, into an empty environment of each Python; records the
size of each package, what importing costs beside numpy, OpenCV and LiteRT alone, and the time to the first answer. Then
reads the same page without a home, as another user, on a read-only file system, and with OpenCV's headless build.
Exit status 1 if a page is read differently, or the import costs more than a tenth extra.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from fresh import PAGE, PIP, Environment, build, fill, finish, run

LAUNCHES = 31
SMALL = 1_000_000
ALLOWED = 0.10
# What a fresh process does, step by step; the second is all that reading needs, for `import edgedigits` alone is lazy
# and would prove nothing.
STEPS = {
    "numpy, cv2, litert": "import numpy, cv2, ai_edge_litert.interpreter",
    "edgedigits": "from edgedigits import DigitReader, DigitClassifier, load_bundle",
    "first answer": "from edgedigits.imaging.picture_files import load_picture as load; "
    "DigitReader().read(load('page.png'))",
}
# Processor time of this thread, so that neither other work on the machine counts nor the threads that OpenBLAS keeps
# waiting; the wall's clock is reported beside it.
CLOCK = "import time; clock = lambda: (time.thread_time(), time.perf_counter()); marks = [clock()]"
TIMED = "\n".join([CLOCK, *(f"{step}; marks.append(clock())" for step in STEPS.values()), "print(marks)"])
SIZES = """
import importlib.metadata as m, json, pathlib
sizes = {}
for found in m.distributions():
    files = [p for f in found.files or [] if (p := pathlib.Path(str(found.locate_file(f)))).is_file()]
    sizes[found.metadata["Name"]] = [found.version, sum(p.stat().st_size for p in files if p.suffix != ".pyc")]
print(json.dumps(sizes))
"""


def main() -> None:
    """Measure with every Python, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", help="may be repeated; this one by default")
    parser.add_argument("--out", type=Path, help="write the result here as well")
    parser.add_argument(
        "--page", type=Path, action="append", default=[], help="fill the table in this page; repeatable"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # another user is to run what is in it
        wheel = build(Path(folder) / "dist", "wheel")[0]
        size = wheel.stat().st_size
        pythons = enumerate(options.python or [sys.executable])
        results = [examine(Path(folder) / str(i), wheel, python) for i, python in pythons]
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "device": {"system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count()},
        "wheel_bytes": size,
        "results": results,
        "passed": all(result["passed"] for result in results),
    }
    for page in options.page:
        fill(page, "device-install", table(result))
    finish(result, options.out)


def examine(folder: Path, wheel: Path, python: str) -> dict[str, Any]:
    """Everything about the wheel under one Python."""
    environment = Environment(folder, wheel, python=python)
    version = environment.output("python", "-c", "import platform; print(platform.python_version())").strip()
    print(f"python {version}: installed", file=sys.stderr)
    environment.output("python", "-c", PAGE, "page.png")
    sizes = json.loads(environment.output("python", "-c", SIZES))
    packages = {
        name: {"version": v, "bytes": size} for name, (v, size) in sizes.items() if name not in ("pip", "setuptools")
    }
    times, share = time_steps(environment)
    rows = {condition: read(environment, condition) for condition in CONDITIONS}
    headless(environment, packages["opencv-python"]["version"])
    rows["opencv headless"] = read(environment, "plain")
    return {
        "python": version,
        "bytes": sum(package["bytes"] for package in packages.values()),
        "packages": dict(sorted(packages.items(), key=lambda item: -item[1]["bytes"])),
        "times": times,
        "import_share": round(share, 3),
        "rows": rows,
        "passed": share <= ALLOWED
        and all(found == rows["plain"] != [] for found in rows.values() if found is not None),
    }


def time_steps(environment: Environment) -> tuple[dict[str, dict[str, float]], float]:
    """What each step takes, in milliseconds, medians over fresh processes; and which share of its base the import adds.

    Both are taken in one process, and the share is the median of the processes' own: the machine's moods cancel out.
    """
    found = []
    for _ in range(LAUNCHES):
        marks = json.loads(environment.output("python", "-c", TIMED).translate(str.maketrans("()", "[]")))
        found.append([[1000 * (b - a) for a, b in zip(*pair, strict=True)] for pair in pairwise(marks)])
    middles = [[statistics.median(values) for values in zip(*step, strict=True)] for step in zip(*found, strict=True)]
    times = {
        name: {"cpu_ms": round(cpu, 1), "wall_ms": round(wall, 1)}
        for name, (cpu, wall) in zip(STEPS, middles, strict=True)
    }
    return times, statistics.median(ours[0] / base[0] for base, ours, _ in found)


# What a program is started by, and what its environment then says besides.
READ_ONLY = (
    "unshare",
    "--mount",
    "sh",
    "-ec",
    'mount -o remount,bind,ro /; ! touch "$0.probe" 2>/dev/null; exec "$0" "$@"',
)
CONDITIONS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "plain": ((), {}),
    "no home": ((), {"HOME": "/nonexistent"}),
    "another user": (("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"), {"HOME": "/nonexistent"}),
    "read-only": (READ_ONLY, {}),
}


def read(environment: Environment, condition: str) -> list[str] | None:
    """The page's rows under a condition; None where this user may not bring it about."""
    prefix, variables = CONDITIONS[condition]
    if prefix and os.geteuid() != 0:
        return None
    printed = environment.output("edgedigits", "read", "page.png", "--json", prefix=prefix, **variables)
    rows: list[str] = json.loads(printed)["rows"]
    return rows


def headless(environment: Environment, version: str) -> None:
    """Exchange OpenCV for the build without windows, as devices without a screen have it."""
    run(environment.bin / "python", *PIP, "uninstall", "--yes", "opencv-python")
    run(environment.bin / "python", *PIP, "install", f"opencv-python-headless=={version}")


def table(result: dict[str, Any]) -> list[str]:
    """The result as Markdown: what is installed, and what each Python takes to import it and to read a first page."""
    first = result["results"][0]
    large = [(name, part) for name, part in first["packages"].items() if part["bytes"] >= SMALL]
    small = [part["bytes"] for part in first["packages"].values() if part["bytes"] < SMALL]
    lines = [f"| installed with Python {first['python']} | MB |", "|---|--:|"]
    lines += [f"| {name} {part['version']} | {part['bytes'] / 1e6:.1f} |" for name, part in large]
    lines += [f"| {len(small)} more, each below 1 MB | {sum(small) / 1e6:.1f} |"] if small else []
    lines += [
        f"| **all** (edgedigits' wheel: {result['wheel_bytes'] / 1e6:.1f}) | **{first['bytes'] / 1e6:.1f}** |",
        "",
    ]
    lines += [
        "| Python | import numpy, OpenCV, LiteRT | and edgedigits | processor time | and read a first page |",
        "|---|--:|--:|--:|--:|",
    ]
    for found in result["results"]:
        base, ours, answer = (f"{found['times'][name]['wall_ms']:.0f} ms" for name in STEPS)
        lines.append(f"| {found['python']} | {base} | +{ours} | {found['import_share']:+.1%} | +{answer} |")
    return lines


if __name__ == "__main__":
    main()
