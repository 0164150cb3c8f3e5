"""Attack the program as strangers, hostile files and faults do, and print what held: `make attack`.

Each row is an attack with the tests that carry it out, on real servers on loopback, real files, processes and disks.
The table has the time that a row took and the most memory that one of its processes had. Exit status 1 if one failed.
"""

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = "tests/apps"
BATCH, OUTPUTS = "tests/apps/batch/test_command.py", "tests/apps/test_outputs.py"
FITTING = "tests/train/classifier/test_fitting.py"


@dataclass(frozen=True)
class Attack:
    """What is tried at which door, and the tests that try it."""

    door: str
    attempt: str
    tests: tuple[str, ...]


ATTACKS = [
    Attack("network", "connect to a running batch", (f"{BATCH}::test_a_running_batch_listens_nowhere",)),
    Attack("network", "connect to web and webcam --serve from outside", ("tests/resilience/test_sockets.py",)),
    Attack("network", "foreign hosts and origins, slow and many clients", (f"{APPS}/serving/test_server.py",)),
    Attack("network", "routes and uploads of the drawing page", (f"{APPS}/web/test_page.py",)),
    Attack("network", "routes and watchers of the live page", (f"{APPS}/webcam/test_serve.py",)),
    Attack("network", "join a batch's cluster without its token", ("tests/apps/batch/test_cluster.py",)),
    Attack("files", "pipes, sockets, devices and folders named as files", ("tests/runtime/files/test_opening.py",)),
    Attack("files", "pictures that unfold, declare or nest too much", ("tests/runtime/imaging/test_decoding.py",)),
    Attack("files", "memory of each decoder", ("tests/runtime/imaging/test_decoding_memory.py",)),
    Attack("files", "damaged bundles and manifests", ("tests/runtime/bundle/test_reading.py",)),
    Attack("files", "damaged bundles behind a pickle", ("tests/runtime/test_pickling.py",)),
    Attack("names", "a module beside the user's pictures", (BATCH, "-k", "import_nothing")),
    Attack("own files", "results named as the originals", (OUTPUTS, "-k", "originals or watched or elses or ours")),
    Attack("own files", "two writers in one folder", (OUTPUTS, f"{BATCH}", "-k", "one_writer or second_batch")),
    Attack("own files", "other files and other runs in a run's folder", ("tests/train/test_run_folder.py",)),
    Attack("faults", "other images and models behind a run", (FITTING, "-k", "changed")),
    Attack("faults", "kill -9 in train and bench, before every change", ("tests/resilience/test_killed_runs.py",)),
    Attack("faults", "kill -9 in a batch and its processes", (BATCH, "-k", "killed or ends_processes")),
    Attack("faults", "SIGTERM and Ctrl-C", (BATCH, OUTPUTS, "-k", "stops_in_one_line or stop_at_any_moment")),
    Attack("faults", "a power cut", ("tests/resilience/test_power_cut.py", BATCH, "-k", "disk or power_cut")),
    Attack("faults", "a full disk, vanished folders, odd names and clocks", ("tests/resilience/test_faults.py",)),
    Attack("faults", "too little memory", ("tests/apps/batch/test_parts.py", "-k", "memory")),
    Attack("faults", "closed and full streams", ("tests/apps/test_streams.py",)),
    Attack("faults", "a recording that is cut off", ("tests/runtime/live/test_capture.py", "-k", "cut_off")),
]


def main() -> None:
    """Run the attacks; prints the table row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="rows whose door or attempt has this in it")
    parser.add_argument("--minutes", type=float, default=20, help="that a row may take")
    options = parser.parse_args()
    held = True
    print(f"{'door':<11}{'attempt':<54}{'outcome':<9}{'seconds':>8}{'MB':>7}")
    for attack in ATTACKS:
        if options.only in f"{attack.door} {attack.attempt}":
            outcome, seconds, megabytes, output = run(attack, options.minutes)
            held &= outcome != "failed"
            print(f"{attack.door:<11}{attack.attempt:<54}{outcome:<9}{seconds:>8.1f}{megabytes:>7.0f}", flush=True)
            if outcome == "failed":
                print(output, file=sys.stderr)
    sys.exit(not held)


def run(attack: Attack, minutes: float) -> tuple[str, float, float, str]:
    """Carry an attack out; "held", "failed" or "skipped", seconds, the largest process's megabytes, and the output."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", f"timeout={60 * minutes}"]
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - named above
        [*command, *attack.tests], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    summary = output.strip().rpartition("\n")[2]
    outcome = "failed" if process.returncode else "held" if "passed" in summary else "skipped"
    return outcome, time.monotonic() - started, usage.ru_maxrss / 1024, output


if __name__ == "__main__":
    main()
