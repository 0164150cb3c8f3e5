"""The processes that read, on this machine: no sockets, only pipes, so that nobody else can reach them."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgedigits.errors import BatchError
from edgedigits_apps.batch.plan import Part

# A process that died twice of a picture would die again: the engine or the memory cannot cope with it.
ATTEMPTS = 2


class DiedError(Exception):
    """A process has ended by itself.

    Attributes:
        picture: the number of the picture that it was reading, None between two.
        how: the signal's name or the exit status.
    """

    def __init__(self, picture: int | None, how: str) -> None:
        super().__init__(how)
        self.picture, self.how = picture, how


class ReadingProcess:
    """A process that reads one part after the other, and is started again when it dies."""

    def __init__(self, out: Path, bundle: str, artifact: str) -> None:
        """Nothing is started before there is something to read; `worker` says what the arguments are."""
        self._arguments = [str(out), bundle, artifact]
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._starting = threading.Lock()

    def work(self, part: Part) -> int:
        """Have a part made; returns how many pictures it has.

        A picture of which the process died ATTEMPTS times becomes a row with an error. Whoever else stops the work,
        as by Ctrl-C or kill -9, stops this process too, and no picture is to blame.

        Raises:
            BatchError: if the part cannot be made.
        """
        deaths: Counter[int | None] = Counter()
        given_up: dict[int, str] = {}
        while True:
            try:
                return self._attempt({"part": asdict(part), "given_up": given_up})
            except DiedError as death:
                deaths[death.picture] += 1
                if deaths[death.picture] < ATTEMPTS:
                    continue
                if death.picture is None:
                    raise BatchError(f"the reading processes end at once ({death.how}); is memory left?") from death
                given_up[death.picture] = (
                    f"reading it ended the process {ATTEMPTS} times ({death.how}); try again with --retry-failed, "
                    "where memory may have been short with fewer --workers"
                )

    def close(self) -> None:
        """End the process, whatever it is doing; may be called from another thread."""
        with self._starting:
            self._closed = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _attempt(self, message: dict[str, Any]) -> int:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        picture: int | None = None
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
            for line in process.stdout:
                told = json.loads(line)
                if "done" in told:
                    return int(told["done"])
                if "error" in told:
                    raise BatchError(told["error"])
                picture = int(told["begin"])
        except BrokenPipeError:  # it died while it had nothing to do
            pass
        raise DiedError(picture, _how(process.wait()))

    def _running(self) -> "subprocess.Popen[bytes]":
        with self._starting:
            if self._closed:
                raise BatchError("stopped; the same command goes on from here")
            if self._process is None or self._process.poll() is not None:
                # Neither from the current folder nor in the way of Ctrl-C, which is for the program.
                command = [sys.executable, "-P", "-m", "edgedigits_apps.batch.worker", *self._arguments]
                self._process = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    process_group=0 if os.name == "posix" else None,
                )
            return self._process


def _how(status: int) -> str:
    if status == -signal.SIGKILL:
        return "killed, as the system does when memory is short"
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def work_here(parts: list[Part], out: Path, bundle: str, artifact: str, workers: int) -> Generator[int, None, None]:
    """Have parts made by processes of this machine, in any order; yields how many pictures each has as it is done.

    Raises:
        BatchError: if a part cannot be made.
    """
    if not parts:
        return
    processes = [ReadingProcess(out, bundle, artifact) for _ in range(min(workers, len(parts)))]
    free: queue.SimpleQueue[ReadingProcess] = queue.SimpleQueue()
    for process in processes:
        free.put(process)

    def make(part: Part) -> int:
        process = free.get()
        try:
            return process.work(part)
        finally:
            free.put(process)

    with ThreadPoolExecutor(len(processes)) as threads:
        try:
            for made in as_completed([threads.submit(make, part) for part in parts]):
                yield made.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.close()
