"""Generated views: the same each time, boxes where the ink is, splits that share nothing. Needs nothing fetched."""

import subprocess
import sys
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest

from edgedigits_data.errors import DataError
from edgedigits_data.synthetic.views import CLASSES, KINDS, load_sources, make_page, make_view
from edgedigits_data.synthetic.views.camera import centred, pose
from edgedigits_data.synthetic.views.canvas import Canvas
from edgedigits_data.synthetic.views.chance import generator
from edgedigits_data.synthetic.views.make import _extents
from edgedigits_data.synthetic.views.names import SIGNS, name_of
from edgedigits_data.synthetic.views.sources import own_sources
from edgedigits_data.synthetic.views.typefaces import Face
from edgedigits_data.synthetic.views.writing import Scene, any_writer, write

TYPEFACES = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@pytest.fixture(scope="module")
def sources():
    sans = dict.fromkeys(("latin", "greek", "cyrillic"), TYPEFACES / "DejaVuSans.ttf")
    serif = {"latin": TYPEFACES / "DejaVuSerif.ttf"}
    oblique = {"latin": TYPEFACES / "DejaVuSans-Oblique.ttf"}
    faces = {
        "print": [Face("sans", "print", sans), Face("serif", "print", serif)],
        "hand": [Face("oblique", "hand", oblique)],
    }
    return own_sources("train", faces)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_views_and_pages_that_hold_what_they_say(sources, kind):
    drawn = 0
    for index in range(6):
        view = make_view(sources, 3, index, kind=kind)
        assert view.image.shape == (192, 192)
        assert view.image.dtype == np.uint8
        assert view.boxes.shape == (len(view.names), 4)
        assert view.boxes.dtype == np.float32
        assert view.names.dtype == np.int16
        assert view.ignored.dtype == bool
        assert (view.boxes[:, 2:] > 0).all()
        drawn += len(view.names)
        read = (view.names < 10) & ~view.ignored
        inside = (view.boxes[:, 0] > -0.2 * view.boxes[:, 2]) & (view.boxes[:, :2].sum(axis=1) < 400)
        assert inside[read].all()
    assert drawn or kind == "empty"
    page = make_page(sources, 3, 0, kind, (320, 240))
    assert page.image.shape == (240, 320)
    assert len("".join(page.rows)) == (page.row_of >= 0).sum()
    for row, text in enumerate(page.rows):
        members = np.flatnonzero(page.row_of == row)
        assert text == "".join(CLASSES[page.names[k]] for k in members[np.argsort(page.boxes[members, 0])])


def test_kinds_without_digits_have_none_to_read(sources):
    for kind in ("words", "empty", "clock", "numerals"):
        for index in range(10):
            view = make_view(sources, 4, index, kind=kind)
            assert not ((view.names < 10) & ~view.ignored).any(), kind
        assert make_page(sources, 4, 0, kind, (320, 240)).rows == ()


def test_a_view_depends_on_its_seed_and_index_alone(sources):
    first = [make_view(sources, 5, index) for index in range(12)]
    again = [make_view(sources, 5, index) for index in reversed(range(12))][::-1]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.boxes, other.boxes)
        assert np.array_equal(one.names, other.names)
        assert np.array_equal(one.ignored, other.ignored)
    assert not np.array_equal(first[0].image, make_view(sources, 6, 0).image)


def test_boxes_are_the_ink_that_was_drawn(sources):
    """Each character alone on a clean canvas: its box is the ink's bounding rectangle, to a pixel and a half."""
    for index in range(60):
        random = generator(7, index)
        canvas = Canvas(np.zeros((160, 160), np.uint8))
        scene = Scene(random, sources, canvas, 60.0, False, 0.0)
        character = "0123456789aBg%/("[index % 16]
        write(scene, any_writer(scene), character, (50, 110), 50)
        (mark,) = canvas.marks
        assert CLASSES[mark.name] == character.lower()
        x, y, width, height = cv2.boundingRect((canvas.ink > 80).astype(np.uint8))
        left, top, wide, tall = mark.box()
        assert abs(left - x) <= 1.8, character
        assert abs(top - y) <= 1.8, character
        assert abs(left + wide - x - width) <= 1.8, character
        assert abs(top + tall - y - height) <= 1.8, character


def test_boxes_follow_the_ink_through_the_camera(sources):
    """The same after a turn, a shear and a tilt: within two and a half pixels."""
    for index in range(60):
        random = generator(8, index)
        canvas = Canvas(np.zeros((300, 300), np.uint8))
        scene = Scene(random, sources, canvas, 60.0, False, 0.0)
        write(scene, any_writer(scene), "0123456789"[index % 10], (130, 170), 50)
        matrix = centred(pose(random), (300, 300), (192, 192))
        ink = cv2.warpPerspective(canvas.ink, matrix, (192, 192))
        ((left, top, right, bottom),) = _extents(canvas.marks, matrix)
        x, y, width, height = cv2.boundingRect((ink > 80).astype(np.uint8))
        assert np.abs(np.subtract((left, top, right, bottom), (x, y, x + width, y + height))).max() <= 2.5


def test_all_names_come_up(sources):
    seen = set()
    for index in range(400):
        seen |= set(make_view(sources, 9, index).names.tolist())
    missing = {CLASSES[name] for name in range(len(CLASSES))} - {CLASSES[name] for name in seen}
    assert not missing - {"@", "|", "€", "tick", "arrow", "[", "]"}
    assert len(CLASSES) == 36 + len(SIGNS)


def test_characters_are_called_as_they_look():
    assert [CLASSES[name_of(c)] for c in "7Äжаß–×"] == ["7", "a", "other", "a", "b", "-", "×"]


def test_splits_share_no_writer_and_no_image(sources):
    validation = own_sources("validation", {})
    train = {
        stroke.tobytes() for writer in sources.writers for digit in writer for sample in digit for stroke in sample
    }
    held = {
        stroke.tobytes() for writer in validation.writers for digit in writer for sample in digit for stroke in sample
    }
    assert len(sources.writers) + len(validation.writers) == 30
    assert held
    assert not train & held
    assert len(sources.images.images) == 55_000
    assert len(validation.images.images) == 5_000


def test_missing_sources_are_told_with_the_command_that_fetches_them(tmp_path):
    with pytest.raises(DataError, match="fetch_sources"):
        load_sources(tmp_path, "train")
    command = [sys.executable, "-m", "edgedigits_data.synthetic.views", "--sources", str(tmp_path), "--measure"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
