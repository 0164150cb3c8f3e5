"""Parts of a batch: every picture once, the same each time, and read as the reader reads it."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.apps.batch.pages import READER, draw, table

from edgedigits import DigitReader
from edgedigits.errors import BatchError, OccupiedError
from edgedigits.imaging.picture_files import load_picture
from edgedigits_apps.batch.plan import plan, prepare

pa = pytest.importorskip("pyarrow", reason="needs the extra batch")
parquet = pytest.importorskip("pyarrow.parquet")


def started(worker, parts):
    """Have parts made as a process would; gives back how many pictures each has."""
    return [worker.work(part, lambda number: None, {}) for part in parts]


def test_parts_hold_every_picture_once_and_always_the_same(tmp_path):
    pages = draw(tmp_path / "pages", 10)
    parts = plan(str(pages), 4)
    assert [len(part.sources) for part in parts] == [4, 4, 3]
    assert sorted(source for part in parts for source in part.sources) == sorted(str(p) for p in pages.iterdir())
    assert plan(str(pages / "*.png"), 4) == parts
    assert [part.sources for part in plan(str(pages / "000003.png"), 4)] == [[str(pages / "000003.png")]]


def test_other_results_are_not_mixed_in(tmp_path):
    parts = plan(str(draw(tmp_path / "pages", 10)), 4)
    out = tmp_path / "out"
    out.mkdir()
    prepare(out, parts, READER)
    (out / f".partial.4711.{parts[2].name}").write_bytes(b"half done")
    prepare(out, parts, READER)
    assert [path.name for path in out.iterdir()] == ["batch.json"]
    for other in [(parts[:2], READER), (parts, READER | {"artifact_sha256": "1"})]:
        with pytest.raises(OccupiedError, match="choose another folder"):
            prepare(out, *other)
    with pytest.raises(OccupiedError, match="not empty"):
        prepare(tmp_path / "pages", parts, READER)
    (out / "batch.json").write_bytes(b"")
    with pytest.raises(BatchError, match="damaged"):
        prepare(out, parts, READER)


def test_a_worker_writes_what_the_reader_reads_and_reads_again_what_failed(tmp_path):
    from edgedigits_apps.batch.worker import Worker

    pages, out = draw(tmp_path / "pages", 6), tmp_path / "out"
    out.mkdir()
    parts = plan(str(pages), 4)
    worker = Worker(str(out), "pages", "int8.tflite")
    assert started(worker, parts) == [4, 3]
    found, reader = table(out), DigitReader()
    for path in pages.glob("0*.png"):
        page, row = reader.read(load_picture(path)), found[str(path)]
        assert (row["text"], row["rows"], row["error"]) == (page.text, page.rows, None)
        assert [(d["digit"], tuple(d["box"]), d["row"]) for d in row["digits"]] == [
            (d.digit, d.box, d.row) for d in page.digits
        ]
        assert row["confidence"] == pytest.approx(min((d.confidence for d in page.digits), default=None))
    wrong = pages / "no picture.png"
    assert "not a picture" in found[str(wrong)]["error"]

    wrong.write_bytes((pages / "000000.png").read_bytes())
    begun: list[int] = []
    assert [worker.work(part, begun.append, {}) for part in parts] == [4, 3]
    assert begun == [2]
    assert table(out) == found | {str(wrong): found[str(pages / "000000.png")] | {"source": str(wrong)}}


@pytest.mark.parametrize("form", ["bytes", "image", "paths"])
def test_pictures_out_of_parquet(tmp_path, form):
    from edgedigits_apps.batch.worker import Worker

    files = sorted(draw(tmp_path / "pages", 5).iterdir())
    contents = [file.read_bytes() for file in files]
    columns = {
        "bytes": {"path": [file.name for file in files], "bytes": contents},
        "image": {"image": [{"bytes": c, "path": f.name} for f, c in zip(files, contents, strict=True)]},
        "paths": {"source": [str(file) for file in files]},
    }[form]
    parquet.write_table(pa.table(columns), tmp_path / "pages.parquet", row_group_size=4)
    parts = plan(str(tmp_path / "*.parquet"), 100)
    assert [part.group for part in parts] == [0, 1]
    assert sum(started(Worker(str(tmp_path), "pages", "int8.tflite"), parts)) == 6
    found = {Path(source).name: row["text"] for source, row in table(tmp_path).items()}
    reader = DigitReader()
    assert found == {f.name: reader.read(load_picture(f)).text if f.name[0] == "0" else None for f in files}


SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
from edgedigits_apps.batch.plan import plan
from edgedigits_apps.batch.worker import Worker

worker, parts = Worker(sys.argv[2], "pages", "int8.tflite"), plan(sys.argv[1], 9)
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 350 * 2**20, resource.RLIM_INFINITY))
worker.work(parts[0], lambda number: None, {})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_a_picture_that_does_not_fit_into_memory_is_not_called_damaged_and_is_read_again(tmp_path):
    from edgedigits_apps.batch.worker import Worker

    pages, out = draw(tmp_path / "pages", 1), tmp_path / "out"
    out.mkdir()
    large = pages / "large.png"
    cv2.imwrite(str(large), np.full((9000, 10000), 255, np.uint8))
    subprocess.run([sys.executable, "-c", SHORT_OF_MEMORY, str(pages), str(out)], check=True)
    assert "does not fit into memory" in table(out)[str(large)]["error"]
    started(Worker(str(out), "pages", "int8.tflite"), plan(str(pages), 9))
    assert table(out)[str(large)]["error"] is None
