"""Batches: every picture once, whatever stops the work and wherever it goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits import DigitReader
from edgedigits.errors import BatchError
from edgedigits.imaging.picture_files import load_picture
from edgedigits_apps.batch.plan import plan, prepare
from edgedigits_data import load_mnist

parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow")
READER = {"artifact": "int8.tflite", "artifact_sha256": "0"}


def draw(folder: Path, count: int, digits: int = 2) -> Path:
    """Small pages with a few digits each, and one file that is none."""
    folder.mkdir()
    random, images = np.random.default_rng(0), load_mnist("test").images
    for i in range(count):
        page = np.full((60, 20 + 40 * digits), 245, np.uint8)
        for x in range(16, 40 * digits, 40):
            page[16:44, x : x + 28] -= (images[random.integers(len(images))] * 0.9).astype(np.uint8)
        cv2.imwrite(str(folder / f"{i:06}.png"), page)
    (folder / "no picture.png").write_bytes(b"nonsense")
    return folder


def table(out: Path) -> dict[str, dict]:
    """All rows by their source; no source may occur twice."""
    rows = [row for part in sorted(out.glob("part-*.parquet")) for row in parquet.read_table(part).to_pylist()]
    found = {row["source"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def test_parts_hold_every_picture_once_and_always_the_same(tmp_path):
    pages = draw(tmp_path / "pages", 10)
    parts = plan(str(pages), 4)
    assert [len(part.sources) for part in parts] == [4, 4, 3]
    assert sorted(source for part in parts for source in part.sources) == sorted(str(p) for p in pages.iterdir())
    assert plan(str(pages / "*.png"), 4) == parts
    assert [part.sources for part in plan(str(pages / "000003.png"), 4)] == [[str(pages / "000003.png")]]


def test_what_is_done_is_left_out_and_other_results_are_not_mixed_in(tmp_path):
    parts = plan(str(draw(tmp_path / "pages", 10)), 4)
    out = tmp_path / "out"
    assert prepare(out, parts, READER) == parts
    (out / parts[1].name).write_bytes(b"done")
    (out / f".partial.4711.{parts[2].name}").write_bytes(b"half done")
    assert prepare(out, parts, READER) == [parts[0], parts[2]]
    assert not list(out.glob(".part*"))
    for other in [(parts[:2], READER), (parts, READER | {"artifact_sha256": "1"})]:
        with pytest.raises(BatchError, match="choose another folder"):
            prepare(out, *other)
    with pytest.raises(BatchError, match="not empty"):
        prepare(tmp_path / "pages", parts, READER)
    (out / "batch.json").write_text("{")
    with pytest.raises(BatchError, match="cannot be used"):
        prepare(out, parts, READER)


def test_a_worker_writes_what_the_reader_reads(tmp_path):
    from edgedigits_apps.batch.worker import Worker

    pages, out = draw(tmp_path / "pages", 6), tmp_path / "out"
    parts = plan(str(pages), 4)
    prepare(out, parts, READER)
    worker = Worker(str(out), "pages", "int8.tflite")
    assert [worker.work(part) for part in [*parts, *parts]] == [4, 3, 4, 3]
    found, reader = table(out), DigitReader()
    for path in pages.glob("0*.png"):
        page, row = reader.read(load_picture(path)), found[str(path)]
        assert (row["text"], row["rows"], row["error"]) == (page.text, page.rows, None)
        assert [(d["digit"], tuple(d["box"]), d["row"]) for d in row["digits"]] == [
            (d.digit, d.box, d.row) for d in page.digits
        ]
        assert row["confidence"] == pytest.approx(min((d.confidence for d in page.digits), default=None))
    assert "not a picture" in found[str(pages / "no picture.png")]["error"]


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
    worker = Worker(str(tmp_path), "pages", "int8.tflite")
    assert sum(worker.work(part) for part in parts) == 6
    found = {Path(source).name: row["text"] for source, row in table(tmp_path).items()}
    reader = DigitReader()
    assert found == {f.name: reader.read(load_picture(f)).text if f.name[0] == "0" else None for f in files}


def test_a_picture_that_ends_workers_becomes_a_row_with_an_error(tmp_path, monkeypatch):
    from edgedigits_apps.batch import worker

    pages, out = draw(tmp_path / "pages", 5), tmp_path / "out"
    parts = plan(str(pages), 10)
    prepare(out, parts, READER)
    deadly = str(pages / "000002.png")

    def load(source):
        if source == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return load_picture(source)

    monkeypatch.setattr(worker, "load_picture", load)
    hand = worker.Worker(str(out), "pages", "int8.tflite")
    statuses = []
    for _ in range(3):
        child = os.fork()
        if not child:
            hand.work(parts[0])
            os._exit(0)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    assert statuses == [-signal.SIGKILL, -signal.SIGKILL, 0]
    found = table(out)
    assert len(found) == 6
    assert "ended the process" in found[deadly]["error"]
    assert sum(row["error"] is None for row in found.values()) == 4
    assert not list(out.glob(".part*"))


def processes(word: str) -> list[int]:
    """Ids of the processes whose command line holds a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_twice_when_workers_and_the_program_are_killed(tmp_path):
    pytest.importorskip("ray", reason="needs the extra batch")
    count = int(os.environ.get("EDGEDIGITS_BATCH_PAGES", "1200"))
    pages, out = draw(tmp_path / "pages", count, digits=1), tmp_path / "out"
    options = ["--workers", "2", "--part", str(max(20, count // 40)), "--json"]
    command = [sys.executable, "-m", "edgedigits_apps", "batch", str(pages), str(out), *options]

    def start_and_wait(parts: int) -> subprocess.Popen:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while len(list(out.glob("part-*"))) < parts and program.poll() is None:
            time.sleep(0.05)
        assert program.poll() is None, program.communicate()
        return program

    program = start_and_wait(3)
    program.kill()
    program.communicate()
    program = start_and_wait(12)
    workers = [worker for worker in processes("ray::MapWorker") if is_of(worker, program.pid)]
    assert workers
    os.kill(workers[0], signal.SIGKILL)
    printed, complaints = program.communicate(timeout=3000)
    assert program.returncode == 1, complaints  # one file is no picture
    assert json.loads(printed) == {"out": str(out), "pictures": count + 1, "errors": 1}
    assert set(table(out)) == {str(path) for path in pages.iterdir()}
    assert not list(out.glob(".part*"))


def is_of(process: int, ancestor: int) -> bool:
    """Whether a process comes from another one."""
    while process > 1:
        if process == ancestor:
            return True
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return False
