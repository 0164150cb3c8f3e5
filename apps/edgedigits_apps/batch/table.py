"""The Parquet files of a batch: pictures that come out of one, and the results that go into one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from edgedigits import Page
from edgedigits.errors import BatchError
from edgedigits.files.atomic import write_whole
from edgedigits_apps.batch.plan import Part

DIGIT = pa.struct({"digit": pa.int8(), "confidence": pa.float32(), "box": pa.list_(pa.int32(), 4), "row": pa.int32()})
SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "text": pa.string(),
        "rows": pa.list_(pa.string()),
        "digits": pa.list_(DIGIT),
        # The least sure digit's: what to sort by when somebody is to look over the doubtful ones.
        "confidence": pa.float32(),
        "error": pa.string(),
    }
)
Row = dict[str, Any]


def as_row(source: str, page: Page) -> Row:
    """What was read on a page, as the table has it."""
    digits = [{"digit": d.digit, "confidence": d.confidence, "box": d.box, "row": d.row} for d in page.digits]
    least = min((digit.confidence for digit in page.digits), default=None)
    return {"source": source, "text": page.text, "rows": page.rows, "digits": digits, "confidence": least}


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write a part's file, whole.

    Raises:
        BatchError: if the disk refuses.
    """
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows, SCHEMA), sink, compression="zstd")
    try:
        write_whole(path, sink.getvalue().to_pybytes())
    except OSError as error:
        raise BatchError(f"{path} cannot be written: {error.strerror}; the same command goes on from here") from error


def read_rows(path: Path) -> list[Row]:
    """The rows of a part's file; none where it is missing, or damaged by a failing disk."""
    try:
        rows: list[Row] = pyarrow.parquet.read_table(path, schema=SCHEMA).to_pylist()
    except (OSError, pa.ArrowException):
        return []
    return rows


def count(path: Path) -> tuple[int, int] | None:
    """How many pictures a part's file has and how many of them failed; None where it is missing or damaged."""
    try:
        errors = pyarrow.parquet.read_table(path, columns=["error"])["error"]
    except (OSError, pa.ArrowException):
        return None
    return len(errors), len(errors) - errors.null_count


def pictures(part: Part) -> Iterator[tuple[str, bytes | None]]:
    """Each picture's name and, where it comes out of a table, its content.

    Raises:
        BatchError: if the table has no pictures, or cannot be read.
    """
    if part.group < 0:
        yield from ((source, None) for source in part.sources)
        return
    file = part.sources[0]
    try:
        table = pyarrow.parquet.ParquetFile(file).read_row_group(part.group)
    except (OSError, pa.ArrowException) as error:
        raise BatchError(f"{file} cannot be read ({str(error).splitlines()[0]}); write it again") from error
    if "image" in table.column_names and pa.types.is_struct(table.schema.field("image").type):
        table = table.select(["image"]).flatten()
        table = table.rename_columns([name.removeprefix("image.") for name in table.column_names])
    names = [name for name in ("source", "path") if name in table.column_names]
    if "bytes" not in table.column_names and not names:
        raise BatchError(f"{file} has neither bytes nor source or path; name the columns so")
    for i, row in enumerate(table.select([*names, *(["bytes"] if "bytes" in table.column_names else [])]).to_pylist()):
        name = next((str(row[key]) for key in names if row[key]), f"{file}#{part.group}.{i}")
        yield name, row.get("bytes", None)
