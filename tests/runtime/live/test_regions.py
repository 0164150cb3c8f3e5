"""Several regions of one frame, each read by itself."""

import numpy as np
import pytest

from edgedigits import DigitReader, EdgeDigitsError
from edgedigits.live.frame import Frame
from edgedigits.live.regions import RegionReader, parse_region, parse_regions
from edgedigits_data.synthetic.clips import noisy, sheet

LEFT, RIGHT = sheet(["30714"], 1), sheet(["2568", "91"], 2)
WIDTH, HEIGHT = LEFT.shape[1], LEFT.shape[0]
BOTH = np.hstack([LEFT, RIGHT])


def watch(reader: DigitReader, regions: dict[str, tuple[float, float, float, float]], image: np.ndarray) -> list:
    live = RegionReader(reader, regions)
    return [live.update(Frame(noisy(image, i), i, i / 30, 0.0)) for i in range(20)]


def test_each_region_settles_by_itself_and_the_whole_shows_all_where_they_are(reader: DigitReader) -> None:
    regions = {"one": (0.0, 0.0, 0.5, 1.0), "two": (float(WIDTH), 0.0, float(WIDTH), float(HEIGHT))}
    last = watch(reader, regions, BOTH)[-1]
    assert {name: part.settled.rows for name, part in last.regions.items()} == {"one": ["30714"], "two": ["2568", "91"]}
    assert last.whole.page.rows == ["30714", "2568", "91"]
    assert last.whole.settled.rows == ["30714", "2568", "91"]
    assert last.whole.page.size == (2 * WIDTH, HEIGHT)
    for digit in last.whole.page.digits:
        assert (digit.box.x >= WIDTH) == (digit.row > 0)


def test_the_whole_frame_is_one_region_without_a_name(reader: DigitReader) -> None:
    _, regions = parse_regions([])
    last = watch(reader, regions, LEFT)[-1]
    assert list(last.regions) == [""]
    assert last.regions[""].page == last.whole.page
    assert last.whole.settled.rows == ["30714"]


def test_a_new_reading_of_any_region_is_new(reader: DigitReader) -> None:
    frames = watch(reader, {"one": (0.0, 0.0, 0.5, 1.0), "two": (0.5, 0.0, 0.5, 1.0)}, BOTH)
    assert sum(part.new for frame in frames for part in frame.regions.values()) == 2
    assert all(frame.whole.new == any(part.new for part in frame.regions.values()) for frame in frames)


def test_regions_from_the_command_line() -> None:
    assert parse_region("80,60,480,120") == ("", (80, 60, 480, 120))
    assert parse_region("gas-1=0,0,.5,1") == ("gas-1", (0, 0, 0.5, 1))
    assert parse_regions(["80,60,480,120"]) == ((80, 60, 480, 120), {"": (0, 0, 1, 1)})
    assert parse_regions(["a=0,0,9,9", "b=9,0,9,9"]) == (None, {"a": (0, 0, 9, 9), "b": (9, 0, 9, 9)})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a b=0,0,9,9"], "rename it"),
        (["a/b=0,0,9,9"], "rename it"),
        (["=0,0,9,9"], "rename it"),
        (["a=0,0,9"], "x,y,width,height"),
        (["a=0,0,9,9", "0,0,9,9"], "a name of its own"),
        (["a=0,0,9,9", "a=0,0,9,9"], "a name of its own"),
    ],
)
def test_what_is_no_region_is_named(texts: list[str], message: str) -> None:
    with pytest.raises(EdgeDigitsError, match=message):
        parse_regions(texts)
