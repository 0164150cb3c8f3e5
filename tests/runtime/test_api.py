"""The short way: `edgedigits.read` and `edgedigits.watch` on real files and a real recording."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

import edgedigits
from edgedigits_data.synthetic.clips import noisy, sheet, write_clip

ROWS = ["30714"]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    cv2.imwrite(str(path), sheet(ROWS, 1))
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    image = sheet(ROWS, 1)
    write_clip(path, [noisy(image, i) for i in range(30)], 30)
    return path


def test_a_path_its_name_its_bytes_and_its_pixels_are_read_alike(photo: Path) -> None:
    pages = [
        edgedigits.read(source) for source in (photo, str(photo), photo.read_bytes(), edgedigits.load_picture(photo))
    ]
    assert pages[0].rows == ROWS
    assert all(page == pages[0] for page in pages)
    assert [page.source for page in pages] == [str(photo), str(photo), None, None]


def test_what_was_read_keeps_its_picture_and_the_time_it_took(photo: Path, tmp_path: Path) -> None:
    page = edgedigits.read(photo)
    assert page.milliseconds is not None
    assert page.milliseconds > 0
    page.save(tmp_path / "out.jpg")
    assert edgedigits.load_picture(tmp_path / "out.jpg").shape == edgedigits.load_picture(photo).shape


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.jpg", r"missing\.jpg cannot be read: No such file"),
        (b"no picture", "is not a picture"),
        (17, "a int is no picture; give a path"),
        (np.zeros((5, 5), np.float32), "uint8"),
    ],
)
def test_what_cannot_be_read_raises_one_line_with_the_remedy(source: object, message: str) -> None:
    with pytest.raises(edgedigits.PictureError, match=message) as raised:
        edgedigits.read(source)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


def test_watching_gives_frames_with_what_has_settled(clip: Path) -> None:
    frames = list(edgedigits.watch(clip))
    assert len(frames) == 30
    [settled] = [frame for frame in frames if frame.new]
    assert settled.settled is not None
    assert settled.settled.rows == ROWS
    assert frames[0].settled is None
    assert frames[-1].page.rows == ROWS
    assert frames[-1].time > frames[0].time
    assert frames[0].image.ndim == 3


def test_a_loop_that_is_left_lets_go_of_the_camera(clip: Path) -> None:
    before = threading.active_count()
    for _ in edgedigits.watch(clip, realtime=True):
        break
    assert threading.active_count() == before


def test_a_with_block_ends_the_iteration(clip: Path) -> None:
    with edgedigits.watch(clip, realtime=True) as frames:
        next(frames)
    assert list(frames) == []


def test_a_source_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(edgedigits.SourceError, match=r"none\.mp4"):
        edgedigits.watch(tmp_path / "none.mp4")
