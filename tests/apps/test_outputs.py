"""What a command did not write itself is never overwritten, and what it writes is whole when it stops."""

import signal

import cv2
import numpy as np
import pytest
from tests.apps.batch.pages import draw

from edgedigits.errors import OccupiedError
from edgedigits_apps.outputs import JUNIT_MARK, REPORT_MARK, FreeNames, check_file, folders


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_originals_in_the_folder_of_the_results_stay(edgedigits, tmp_path):
    photos = draw(tmp_path / "photos", 2)
    cv2.imwrite(str(photos / "a.jpg"), cv2.imread(str(photos / "000000.png")))
    before = contents(photos)
    for _ in range(2):
        edgedigits("read", photos, "--annotate", photos, "--crop-dir", photos)
    after = contents(photos)
    assert {name: after[name] for name in before} == before
    assert {"a-2.jpg", "000000.jpg"} <= set(after)


def test_a_watched_folder_cannot_take_its_own_results(edgedigits, tmp_path):
    photos = draw(tmp_path / "photos", 1)
    for option in ("--annotate", "--crop-dir"):
        done = edgedigits("read", photos, "--watch", option, photos / "." / "", timeout=60)
        assert done.returncode == 2
        assert "would read its own results" in done.stderr
    assert len(list(photos.iterdir())) == 2


def test_free_names_are_given_out_once_and_links_are_not_followed(tmp_path):
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a-3.jpg").symlink_to(tmp_path / "nowhere")
    free = FreeNames()
    assert [free(tmp_path, "a", ".jpg").name for _ in range(3)] == ["a-2.jpg", "a-4.jpg", "a-5.jpg"]
    assert free(tmp_path, "a", ".png").name == "a.png"


def test_a_folder_has_one_writer_and_is_rid_of_what_a_killed_one_left(start, edgedigits, fault, tmp_path):
    pages, out = draw(tmp_path / "pages", 2), tmp_path / "out"
    out.mkdir()
    (out / ".partial.1.half.jpg").write_bytes(b"half")
    program = start("read", pages, "--annotate", out, env=fault("hold open 000001.png 1"))
    assert program.stdout.readline()
    done = edgedigits("read", pages, "--crop-dir", out)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"error: {out} is being written by another process; wait for its end, or choose another folder"
    ]
    assert [path.name for path in out.iterdir()] == ["000000.jpg"]


@pytest.mark.parametrize(
    "command",
    [
        ("bench", "edge", "--quick", "--html"),
        ("bench", "report", "result.json", "--html"),
        ("verify", "edge", "--junit"),
    ],
)
def test_a_file_that_is_somebody_elses_is_refused_before_the_work(edgedigits, tmp_path, command):
    path = tmp_path / "thesis.html"
    path.write_text("<!doctype html><title>My thesis</title>")
    done = edgedigits(*command, path, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"error: {path} exists, and edgedigits has not written it; choose another name with {command[-1]}"
    ]
    assert "My thesis" in path.read_text()


def test_a_file_of_ours_is_replaced(tmp_path):
    for name, mark in (("report.html", REPORT_MARK), ("junit.xml", JUNIT_MARK)):
        check_file(tmp_path / name, "--out", mark)
        (tmp_path / name).write_bytes(b"<" + mark + b" edge>")
        check_file(tmp_path / name, "--out", mark)
        (tmp_path / name).write_bytes(b"<something else>")
        with pytest.raises(OccupiedError):
            check_file(tmp_path / name, "--out", mark)
    with pytest.raises(OccupiedError):
        check_file(tmp_path, "--out", REPORT_MARK)


def test_a_folder_that_is_a_file_is_wrong_usage(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OccupiedError, match="is a file; name a folder with --crop-dir"),
        folders(annotate=None, crop_dir=tmp_path / "file"),
    ):
        pass


@pytest.mark.slow
def test_a_stop_at_any_moment_leaves_whole_pictures(start, tmp_path):
    pages, random = draw(tmp_path / "pages", 30), np.random.default_rng(0)
    for i in range(8):
        out = tmp_path / f"out-{i}"
        program = start("read", pages, "--annotate", out, "--crop-dir", out)
        for _ in range(int(random.integers(1, 30))):
            program.stdout.readline()
        program.send_signal(signal.SIGTERM)
        _, complaints = program.communicate(timeout=60)
        assert program.returncode in (143, 1), complaints  # 1: it had just read the last one, which is no picture
        pictures = [path for path in out.iterdir() if not path.name.startswith(".partial.")]
        assert pictures
        assert all(cv2.imread(str(path)) is not None for path in pictures)
        assert len(list(out.iterdir())) == len(pictures)  # SIGTERM lets it tidy up


def test_an_empty_host_is_wrong_usage_and_does_not_measure_here(edgedigits):
    done = edgedigits("bench", "edge", "--quick", "--remote", "", timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: '' is no host; give HOST or USER@HOST"]
