"""What is left of finished work when the power fails right after it."""

import json

import pytest
from tests.apps.batch.pages import draw

from edgedigits.bundle.writing import write_bundle
from edgedigits.files.atomic import write_whole


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_whole_file_and_a_bundle_are_on_the_disk(disk):
    place, cut = disk
    (place / "plain").write_bytes(b"written as anybody writes")
    write_whole(place / "whole", b"old")
    write_whole(place / "whole", b"new")
    write_bundle(place / "bundle", {"a.bin": b"a", "micro/model.h": b"b"}, {"name": "one"})
    before = contents(place)
    write_whole(place / "last", b"new")
    again = cut()
    assert (again / "whole").read_bytes() == (again / "last").read_bytes() == b"new"
    assert contents(again / "bundle") == {
        name.removeprefix("bundle/"): content for name, content in before.items() if name.startswith("bundle/")
    }
    plain = again / "plain"
    assert not plain.exists() or not plain.read_bytes(), "this disk writes at once, and proves nothing"


@pytest.mark.slow
def test_a_finished_batch_and_annotated_pictures_are_on_the_disk(edgedigits, disk, tmp_path):
    pytest.importorskip("pyarrow", reason="needs the extra batch")
    place, cut = disk
    pages = draw(tmp_path / "pages", 4)
    done = edgedigits("batch", pages, place / "batch", "--part", 2, "--json")
    edgedigits("read", pages, "--annotate", place / "read", "--crop-dir", place / "crops")
    before = contents(place)
    assert {"batch/batch.json", "batch/part-000002.parquet", "read/000000.jpg"} <= set(before)
    again = cut()
    assert contents(again) == before
    repeated = edgedigits("batch", pages, again / "batch", "--part", 2, "--json")
    assert json.loads(repeated.stdout) | {"out": ""} == json.loads(done.stdout) | {"out": ""}
