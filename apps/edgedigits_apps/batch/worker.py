"""One worker of a batch: builds its reader once, then turns parts of pictures into Parquet files."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa
import pyarrow.parquet

from edgedigits import DigitReader, EdgeDigitsError, Page
from edgedigits.errors import BatchError
from edgedigits.imaging.picture_files import decode_picture, load_picture
from edgedigits_apps.batch.plan import Part
from edgedigits_data.atomic import whole

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
# A worker that died twice on a picture would die again: the engine or the memory cannot cope with it.
ATTEMPTS = 2
FATAL = f"reading it ended the process {ATTEMPTS} times; read it by itself to see why"


class Worker:
    """Called by Ray with one part after the other; a part that is done again gives the same file again."""

    def __init__(self, out: str, bundle: str, artifact: str) -> None:
        cv2.setNumThreads(1)  # there is a worker for every core
        self._out = Path(out)
        self._reader = DigitReader(bundle, artifact=artifact)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Work on the part that is the batch's only row; gives back how many pictures it has."""
        return {"pictures": [self.work(Part(**json.loads(str(batch["part"][0]))))]}

    def work(self, part: Part) -> int:
        """Read one part and write its file, unless it is there; gives back how many pictures it has."""
        if part.done(self._out):  # by a worker that died before it could say so
            return int(pyarrow.parquet.read_metadata(self._out / part.name).num_rows)
        notes = self._out / f".{Path(part.name).stem}.journal"
        journal = _Journal(notes)
        rows = [
            self._row(source, content) if journal.begins(i) else {"source": source, "error": FATAL}
            for i, (source, content) in enumerate(pictures(part))
        ]
        journal.done()
        sink = pa.BufferOutputStream()
        pyarrow.parquet.write_table(pa.Table.from_pylist(rows, SCHEMA), sink, compression="zstd")
        with whole(self._out / part.name, shared=True) as partial:
            partial.write_bytes(sink.getvalue().to_pybytes())
        notes.unlink(missing_ok=True)
        return len(rows)

    def _row(self, source: str, content: bytes | None) -> dict[str, Any]:
        try:
            picture = load_picture(source) if content is None else decode_picture(content, source)
            return {"source": source, **describe(self._reader.read(picture))}
        except (EdgeDigitsError, OSError, MemoryError) as error:
            return {"source": source, "error": " ".join(str(error).split()) or type(error).__name__}


def describe(page: Page) -> dict[str, Any]:
    """A page as the table has it."""
    digits = [{"digit": d.digit, "confidence": d.confidence, "box": d.box, "row": d.row} for d in page.digits]
    least = min((digit.confidence for digit in page.digits), default=None)
    return {"text": page.text, "rows": page.rows, "digits": digits, "confidence": least}


def pictures(part: Part) -> Iterator[tuple[str, bytes | None]]:
    """Each picture's name and, where it comes out of a table, its content.

    Raises:
        BatchError: if the table has no pictures.
    """
    if part.group < 0:
        yield from ((source, None) for source in part.sources)
        return
    file = part.sources[0]
    table = pyarrow.parquet.ParquetFile(file).read_row_group(part.group)
    if "image" in table.column_names and pa.types.is_struct(table.schema.field("image").type):
        table = table.select(["image"]).flatten()
        table = table.rename_columns([name.removeprefix("image.") for name in table.column_names])
    names = [name for name in ("source", "path") if name in table.column_names]
    if "bytes" not in table.column_names and not names:
        raise BatchError(f"{file} has neither bytes nor source or path; name the columns so")
    for i, row in enumerate(table.select([*names, *(["bytes"] if "bytes" in table.column_names else [])]).to_pylist()):
        name = next((str(row[key]) for key in names if row[key]), f"{file}#{part.group}.{i}")
        yield name, row.get("bytes", None)


class _Journal:
    """Which picture is being read, on disk, so that the next worker knows what the last one died of."""

    def __init__(self, path: Path) -> None:
        self._path = path
        attempts = path.read_text(encoding="ascii").split("begin")[1:] if path.exists() else []
        self._last = Counter(attempt.split()[-1] for attempt in attempts if attempt.split())
        self._file = path.open("a", encoding="ascii")
        self._note("begin")

    def begins(self, index: int) -> bool:
        """Note that a picture is about to be read; False if that ended too many workers already."""
        self._note(str(index))
        return self._last[str(index)] < ATTEMPTS

    def done(self) -> None:
        """Every picture was read; nothing that happens from here on is a picture's fault."""
        self._note("end")
        self._file.close()

    def _note(self, word: str) -> None:
        self._file.write(word + "\n")
        self._file.flush()
