"""What a batch consists of: parts of fixed content and name, so that each is made once however often the work stops."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgedigits.errors import BatchError, OccupiedError
from edgedigits.files.atomic import discard_partial, write_whole
from edgedigits.files.forms import read_form

PLAN = "batch.json"


@dataclass(frozen=True)
class Part:
    """Some pictures whose results make one file.

    Attributes:
        name: that file's.
        sources: the pictures' files; or the one Parquet file that holds them.
        group: which row group of that Parquet file, -1 where `sources` are pictures.
    """

    name: str
    sources: list[str]
    group: int = -1


def plan(source: str, size: int) -> list[Part]:
    """Divide what a user named into parts; the same files always give the same parts.

    Args:
        source: a folder of pictures, a pattern, one picture, or Parquet files named in any of these ways.
        size: pictures in a part; a Parquet file's row groups are parts as they are.

    Raises:
        EdgeDigitsError: if nothing is found.
    """
    tables = _tables(source)
    if tables:
        return [Part(f"part-{i:06}.parquet", [file], group) for i, (file, group) in enumerate(_groups(tables))]
    from edgedigits.imaging.picture_files import find_pictures

    files = [str(Path(file).absolute()) for file in find_pictures(source)]
    starts = range(0, len(files), size)
    return [Part(f"part-{i:06}.parquet", files[start : start + size]) for i, start in enumerate(starts)]


def prepare(out: Path, parts: list[Part], reader: dict[str, Any]) -> None:
    """Make sure that the folder of results is this batch's own, rid of what a killed process left half written.

    Args:
        out: the folder; there already, and locked.
        parts: the whole batch.
        reader: what reads it; another reader's results must not be mixed in.

    Raises:
        OccupiedError: if the folder holds something else.
        BatchError: if it cannot be read or written.
    """
    digest = hashlib.sha256(json.dumps([[part.sources, part.group] for part in parts]).encode()).hexdigest()
    wanted = {"parts": len(parts), "plan_sha256": digest, **reader}
    record = out / PLAN
    try:
        discard_partial(out)
        if record.exists():
            if read_form(record, dict[str, Any]) != wanted:
                raise OccupiedError(f"{out} holds results of other pictures or another reader; choose another folder")
        elif any(out.iterdir()):
            raise OccupiedError(f"{out} is not empty and holds no {PLAN}; choose another folder")
        else:
            write_whole(record, json.dumps(wanted, indent=1).encode())
    except OSError as error:
        raise BatchError(f"{record} cannot be used: {error.strerror}; make room, or choose another folder") from error
    except ValueError as error:
        raise BatchError(f"{record} is damaged ({error}); choose another folder, or delete this one") from error


def _tables(source: str) -> list[Path]:
    """The Parquet files behind a name, none where it means pictures."""
    import glob

    path = Path(source)
    if path.is_dir():
        return sorted(path.glob("*.parquet"))
    found = [path] if path.exists() else [Path(name) for name in sorted(glob.glob(source, recursive=True))]  # noqa: PTH207 (a user's pattern)
    return [file for file in found if file.suffix == ".parquet"]


def _groups(tables: list[Path]) -> Iterator[tuple[str, int]]:
    import pyarrow
    import pyarrow.parquet

    for table in tables:
        try:
            groups = pyarrow.parquet.ParquetFile(table).num_row_groups
        except (OSError, pyarrow.ArrowException) as error:
            raise BatchError(f"{table} is no Parquet file ({str(error).splitlines()[0]}); write it again") from error
        yield from ((str(table.absolute()), group) for group in range(groups))
