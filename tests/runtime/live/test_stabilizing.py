"""Steadiness: what the live reader makes of the frames of a still, a changed and a moving sheet."""

import itertools
from collections.abc import Iterable

import numpy as np
import pytest

from edgedigits import DigitReader
from edgedigits.live.frame import Frame
from edgedigits.live.reader import LiveFrame, LiveReader
from edgedigits.live.stabilizing import Turn
from edgedigits.live.tracking import SAME, Tracker, look_at
from edgedigits.page import Digit, Page
from edgedigits_data.synthetic.clips import noisy, sheet, shifted

FPS = 30


def watch(reader: DigitReader, images: Iterable[np.ndarray], fps: float = FPS) -> list[LiveFrame]:
    live = LiveReader(reader)
    return [live.update(Frame(image, i, i / fps, 0.0)) for i, image in enumerate(images)]


def texts(seen: Iterable[LiveFrame]) -> list[str]:
    return [shown.reading.page.text if shown.reading else "" for shown in seen]


def changes(values: list[str]) -> int:
    return sum(a != b for a, b in itertools.pairwise(values))


@pytest.mark.parametrize("seed", [3, 4])
def test_a_still_sheet_gives_one_reading_whatever_the_noise(reader: DigitReader, seed: int) -> None:
    image = sheet(["4096", "173"], seed, height=32)
    frames = [noisy(image, i, sigma=22) for i in range(45)]
    seen = watch(reader, frames)
    assert changes([shown.page.text for shown in seen[FPS // 2 :]]) <= 1
    assert changes(texts(seen[FPS // 2 :])) <= 1
    assert seen[-1].reading is not None
    assert len(seen[-1].page.digits) >= 5


@pytest.mark.parametrize("fps", [30, 10])
def test_a_new_sheet_is_reported_within_300_milliseconds(reader: DigitReader, fps: int) -> None:
    """Other digits in the very places where the old ones were."""
    old, new = sheet(["38164"], 1), sheet(["59027"], 2)
    expected = reader.read(new).text
    assert expected != reader.read(old).text
    seen = watch(reader, [noisy(old if i < fps else new, i) for i in range(2 * fps)], fps)
    reported = [shown for shown in seen[fps:] if shown.new]
    assert [shown.reading.page.text for shown in reported if shown.reading] == [expected]
    assert reported[0].frame.time <= 1 + 0.3
    assert changes(texts(seen[fps:])) == 1


@pytest.mark.parametrize("speed", [2.0, 9.0, 35.0])
def test_a_moving_sheet_gives_its_own_reading_or_none(reader: DigitReader, speed: float) -> None:
    image = sheet(["30714"], 1)
    away = [(0.0, 0.0)] * 12
    for i in range(24):  # to and fro, smeared as a shutter of a sixtieth of a second would
        x, y = away[-1]
        way = speed if (i // 6) % 2 == 0 else -speed
        away.append((x + way, y + 0.3 * way))
    frames = []
    for i, (x, y) in enumerate(away):
        smear = 0 if i < 12 else int(speed / 2)
        frames.append(noisy(shifted(image, x, y, smear), i))
    seen = watch(reader, frames)
    assert set(texts(seen[10:])) <= {reader.read(image).text, ""}


@pytest.mark.parametrize("quarters", [1, 2])
def test_a_sheet_held_sideways_is_read_as_a_photo_of_it_is(reader: DigitReader, quarters: int) -> None:
    image = np.ascontiguousarray(np.rot90(sheet(["30714", "25864"], 1), quarters))
    expected = reader.read(image)
    assert expected.turn == 90 * quarters
    reading = watch(reader, [noisy(image, i) for i in range(20)])[-1].reading
    assert reading is not None
    assert (reading.page.turn, reading.page.rows) == (expected.turn, expected.rows)


def test_one_frame_does_not_turn_the_sheet() -> None:
    digit = Digit(3, 0.9, (10, 10, 20, 30), 0, [(3, 0.9)])

    def frame(turn: int, found: bool = True) -> Page:
        return Page([digit] if found else [], (640, 480), turn)

    turn = Turn()
    assert turn.update(frame(0, found=False), 0.0) == 0
    said = [turn.update(frame(90 if i % 4 else 0, found=i % 5 > 0), i / FPS) for i in range(1, 2 * FPS)]
    assert set(said[FPS // 2 :]) == {90}
    # Turned for good, that is believed within a second.
    assert [turn.update(frame(270), 2 + i / FPS) for i in range(FPS)][-1] == 270


def test_a_sheet_that_is_taken_away_leaves_no_reading(reader: DigitReader) -> None:
    image = sheet(["30714"], 1)
    empty = sheet([], 1)
    said = texts(watch(reader, [noisy(image if i < 15 else empty, i) for i in range(30)]))
    assert said[14] == reader.read(image).text
    assert said[-1] == ""


def test_a_look_does_not_depend_on_light_and_tells_digits_apart() -> None:
    def look(row: str, seed: int, gain: float = 1.0, offset: float = 0.0) -> np.ndarray:
        grey = np.clip(sheet([row], seed)[..., 0] * gain + offset, 0, 255).astype(np.uint8)
        return look_at(grey, np.array([292, 212, 56, 56], np.float32))

    assert float((look("3", 1) * look("3", 1, 0.5, 40)).sum()) > 0.99
    assert float((look("3", 1) * look("7", 1)).sum()) < SAME


def test_a_clock_that_is_set_does_not_stop_the_reading(reader: DigitReader) -> None:
    """A Raspberry Pi has no clock of its own: it jumps when the time server answers."""
    image = sheet(["30714"], 1)
    live = LiveReader(reader)
    seen = []
    for i in range(16):
        seen.append(live.update(Frame(noisy(image, i), i, i / FPS + (1e9 if i < 4 else 3e6), 0.0)))
    assert seen[-1].reading is not None
    assert seen[-1].reading.time < 4e6


def page_with(found: bool, digit: int = 3) -> Page:
    one = Digit(digit, 0.9, (300, 215, 40, 50), 0, [(digit, 0.9), (8, 0.1)])
    return Page([one] if found else [], (640, 480))


def test_a_digit_that_the_reader_misses_now_and_then_stays() -> None:
    grey = sheet(["3"], 1)[..., 0].copy()
    tracker = Tracker()
    for i in range(30):
        tracker.update(page_with(found=i % 3 != 2), grey, i / FPS)
    assert [track.digit for track in tracker.shown] == [3]
    for i in range(30, 90):  # found never again, though its place looks the same
        tracker.update(page_with(found=False), grey, i / FPS)
    assert not tracker.tracks


def test_ink_that_is_read_twice_is_shown_once() -> None:
    grey = sheet(["3"], 1)[..., 0].copy()
    tracker = Tracker()
    part = Digit(6, 0.8, (305, 225, 30, 38), 0, [(6, 0.8)])
    beside = Digit(1, 0.8, (335, 215, 20, 50), 0, [(1, 0.8)])
    for i in range(12):
        page = Page([*page_with(found=True).digits, *([part] if i % 3 else []), beside], (640, 480))
        tracker.update(page, grey, i / FPS)
    assert sorted(track.digit or 0 for track in tracker.shown) == [1, 3]


def test_a_digit_that_is_doubtful_does_not_flicker() -> None:
    grey = sheet(["3"], 1)[..., 0].copy()
    tracker = Tracker()
    shown = []
    for i in range(60):
        tracker.update(page_with(found=True, digit=3 if i % 2 else 5), grey, i / FPS)
        shown += [track.digit for track in tracker.shown]
    assert len(set(shown)) == 1


def test_memory_does_not_grow() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 255, (480, 640), np.uint8)
    for i in range(300):
        boxes = rng.integers(0, 400, (8, 2))
        digits = [Digit(1, 0.9, (int(x), int(y), 30, 40), 0, [(1, 0.9)]) for x, y in boxes]
        tracker.update(Page(digits, (640, 480)), rng.integers(0, 255, (480, 640), np.uint8) if i % 2 else grey, i / FPS)
        assert len(tracker.tracks) < 40
