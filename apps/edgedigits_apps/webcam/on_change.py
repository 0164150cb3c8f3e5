"""A command that is run for each new reading, never through a shell."""

import json
import os
import queue
import shlex
import shutil
import subprocess
import threading

from edgedigits_apps.console import report_error, usage_error
from edgedigits_apps.webcam.readings import AcceptedReading

SECONDS = 30.0  # a command that takes longer is ended
WAITING = 100  # readings that wait for a slow command; older ones are dropped first


class OnChange:
    """Runs a command whenever a region's value changes, one at a time; use it in a `with` statement.

    The reading is in the environment (EDGEDIGITS_VALUE, _ROWS, _REGION, _TIME, _CONFIDENCE) and, as JSON, on standard
    input.
    """

    def __init__(self, command: str) -> None:
        """Check that the command can be run.

        Raises:
            Exit: if it cannot.
        """
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise usage_error(f"--on-change {command!r} cannot be split into words: {error}") from error
        if not self._words or shutil.which(self._words[0]) is None:
            name = self._words[0] if self._words else command
            raise usage_error(f"--on-change: there is no command {name!r}; name one that is there, without a shell")
        self._values: dict[str, str] = {}
        self._waiting: queue.Queue[AcceptedReading | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="on-change", daemon=True)

    def __enter__(self) -> "OnChange":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join(SECONDS + 5)

    def take(self, accepted: AcceptedReading) -> None:
        """Run the command if the value is new; returns at once."""
        if self._values.get(accepted.region) == accepted.value:
            return
        self._values[accepted.region] = accepted.value
        if self._waiting.qsize() >= WAITING:
            self._waiting.get_nowait()
        self._waiting.put(accepted)

    def _work(self) -> None:
        while (accepted := self._waiting.get()) is not None:
            self._run(accepted)

    def _run(self, accepted: AcceptedReading) -> None:
        facts = {
            "EDGEDIGITS_VALUE": accepted.value,
            "EDGEDIGITS_ROWS": " ".join(accepted.reading.page.rows),
            "EDGEDIGITS_REGION": accepted.region,
            "EDGEDIGITS_TIME": accepted.when.isoformat(timespec="milliseconds"),
            "EDGEDIGITS_CONFIDENCE": str(round(accepted.reading.confidence, 4)),
        }
        text = json.dumps(accepted.form) + "\n"
        try:
            done = subprocess.run(  # noqa: S603 (a list of words, given by the user)
                self._words, input=text, text=True, env={**os.environ, **facts}, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            report_error(f"--on-change {self._words[0]}: took longer than {SECONDS:.0f} seconds and was ended")
        except OSError as error:
            report_error(f"--on-change {self._words[0]}: {error.strerror}")
        else:
            if done.returncode:
                report_error(f"--on-change {self._words[0]}: exit status {done.returncode}")
