"""Where commands write: nothing is overwritten that they did not write themselves."""

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# By which the beginning of a file is known that a command has written, and may replace.
REPORT_MARK = b"<title>edgedigits bench:"
JUNIT_MARK = b'name="edgedigits verify'
LOOKED_AT = 4096  # bytes


def check_file(path: Path, option: str, mark: bytes) -> None:
    """Make sure that a file may be written, before the work is done whose result it takes.

    Args:
        path: the file; a missing one, or one of the same kind that was written by us before, will do.
        option: which option named it.
        mark: what the beginning of such a file contains.

    Raises:
        OccupiedError: if it is somebody else's.
        OSError: if it cannot be read.
    """
    from edgedigits.errors import OccupiedError

    if not os.path.lexists(path):
        return
    if path.is_file():
        with path.open("rb") as file:
            if mark in file.read(LOOKED_AT):
                return
    raise OccupiedError(f"{path} exists, and edgedigits has not written it; choose another name with {option}")


@contextmanager
def folders(**options: Path | None) -> Iterator["FreeNames"]:
    """Make the folders that options name, and be the only process that writes there; gives out names in them.

    Args:
        options: each option's folder, None where it was not given; `crop_dir` stands for --crop-dir.

    Raises:
        OccupiedError: if one is a file, or another process writes there.
        OSError: if one cannot be made.
    """
    from edgedigits.errors import OccupiedError
    from edgedigits.files.atomic import discard_partial, locked

    with ExitStack() as stack:
        for option, folder in options.items():
            if folder is None:
                continue
            if os.path.lexists(folder) and not folder.is_dir():
                raise OccupiedError(f"{folder} is a file; name a folder with --{option.replace('_', '-')}")
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder))
            discard_partial(folder)
        yield FreeNames()


class FreeNames:
    """Names that no file has yet: pictures of one name can come from many folders, or lie where the results go."""

    def __init__(self) -> None:
        self._last: dict[tuple[Path, str, str], int] = {}

    def __call__(self, folder: Path, stem: str, ending: str) -> Path:
        """The first free one of STEM, STEM-2, STEM-3 and so on in `folder`; each is given out once."""
        key = (folder, stem, ending)
        for i in itertools.count(self._last.get(key, 0) + 1):
            path = folder / f"{stem if i == 1 else f'{stem}-{i}'}{ending}"
            if not os.path.lexists(path):
                self._last[key] = i
                return path
        raise AssertionError("there is always a free name")
