"""Pictures that arrive in folders, each once it is completely written.

The folders are looked through four times a second instead of asking the system for events: a scanner's or a camera's
share on the network gives none, and no library is needed.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from edgedigits.imaging.picture_files import ENDINGS

LOOK_EVERY = 0.25  # seconds
SETTLED = 1.0  # seconds for which a file's size and time must not change: who writes it has finished, or stalls

# What tells two states of a file apart: (device, inode, size, time of change in ns).
State = tuple[int, int, int, int]


class FolderWatch:
    """Gives each picture of some folders once, and again when its content has changed."""

    def __init__(
        self, folders: list[Path], report: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with nothing seen; the pictures that are there already come first.

        Args:
            folders: may be deleted and made again while they are watched.
            report: takes lines about folders that have gone or are back.
            clock: seconds that never run back.
        """
        self._folders, self._report, self._clock = folders, report, clock
        self._given: dict[Path, State] = {}
        self._changing: dict[Path, tuple[State, float]] = {}
        self._gone: set[Path] = set()

    def pictures(self, stop: Event) -> Iterator[str]:
        """Pictures as they are completed, sorted by name where several are, until `stop` is set."""
        while not stop.is_set():
            yield from self.completed()
            stop.wait(LOOK_EVERY)

    def completed(self) -> list[str]:
        """The pictures that have been completed since the last look."""
        now = self._clock()
        there: dict[Path, State] = {}
        for folder in self._folders:
            there |= self._look(folder)
        self._given = {path: state for path, state in self._given.items() if path in there}
        changing = {}
        found = []
        for path, state in sorted(there.items()):
            if self._given.get(path) == state:
                continue
            before, since = self._changing.get(path, (None, now))
            since = since if before == state else now
            if now - since >= SETTLED and state[2]:
                self._given[path] = state
                found.append(str(path))
            else:
                changing[path] = (state, since)
        self._changing = changing
        return found

    def _look(self, folder: Path) -> dict[Path, State]:
        there = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    path = folder / entry.name
                    if path.suffix.lower() in ENDINGS and not entry.name.startswith(".") and entry.is_file():
                        facts = entry.stat()
                        there[path] = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        except OSError as error:
            if not folder.is_dir():
                if folder not in self._gone:
                    self._report(f"{folder} cannot be looked through: {error.strerror}; waiting")
                self._gone.add(folder)
            return there  # a file that went while it was looked at comes with the next look
        if folder in self._gone:
            self._gone.discard(folder)
            self._report(f"{folder} is back")
        return there
