"""When what the tracks say has settled into a reading."""

import math
from dataclasses import dataclass

import numpy as np

from edgedigits.live.tracking import Track, Tracker
from edgedigits.page import Box, Digit, Page
from edgedigits.reading.reading_order import reading_order
from edgedigits.reading.turn import turned

SETTLE = 0.12  # seconds that the same digits must be shown, all of them lying still, to be a reading
TURN_MEMORY = 0.5  # seconds after which a frame's word on how the sheet is turned counts e times less
REARRANGE = 0.5  # seconds after which the same digits in other rows are believed
GONE = 0.25  # seconds without any digit after which there is no reading any more


@dataclass(frozen=True)
class Reading:
    """What a sheet says, agreed on by many frames.

    Attributes:
        page: its digits; a confidence is the digit's share of all frames' votes.
        time: when it had settled, seconds, as in Frame.
        frame: the number of the frame with which it had settled.
    """

    page: Page
    time: float
    frame: int

    @property
    def confidence(self) -> float:
        """That of the least certain digit: a reading is wrong when one of its digits is."""
        return min((digit.confidence for digit in self.page.digits), default=0.0)


class Turn:
    """How the sheet is turned, held steady: what most of the last frames say, as one frame may well be wrong."""

    def __init__(self) -> None:
        self._votes: dict[int, float] = {}
        self._time = 0.0

    def update(self, page: Page, time: float) -> int:
        """Degrees, as in Page.turn, from what a frame says and what those before it did."""
        faded = math.exp((self._time - time) / TURN_MEMORY)
        self._time = time
        self._votes = {turn: votes * faded for turn, votes in self._votes.items()}
        if page.digits:
            self._votes[page.turn] = self._votes.get(page.turn, 0.0) + 1
        return max(self._votes, key=lambda turn: self._votes[turn], default=0)


class Rows:
    """Which digits stand in one row, held steady: another arrangement of the same digits counts once it has lasted."""

    def __init__(self) -> None:
        self._rows: list[list[int]] = []
        self._other: list[list[int]] = []
        self._since = 0.0

    def update(self, tracks: list[Track], turn: int, time: float) -> list[list[Track]]:
        """The tracks, at least all that were there before and still are, row by row in reading order.

        Args:
            tracks: those that are shown.
            turn: how the sheet is turned, as in Page.
            time: the tracker's, seconds.
        """
        boxes = np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
        found = [[tracks[i].number for i in row] for row in reading_order(turned(boxes, turn))]
        by_number = {track.number: track for track in tracks}
        known = [left for row in self._rows if (left := [number for number in row if number in by_number])]
        if found != self._other:
            self._other, self._since = found, time
        if sum(map(len, known)) < len(tracks) or time - self._since > REARRANGE:
            known = found
        self._rows = known
        return [[by_number[number] for number in row] for row in known]


def steady_page(rows: list[list[Track]], size: tuple[int, int], turn: int) -> Page:
    """What the tracks show as a page; `size` is the frame's (width, height), `turn` how the sheet is turned."""
    digits = []
    for number, row in enumerate(rows):
        for track in row:
            x, y, width, height = (round(float(v)) for v in track.box)
            assert track.digit is not None, "only tracks that are shown have a place on a page"
            digits.append(Digit(track.digit, track.confidence, Box(x, y, width, height), number, track.top))
    return Page(digits, size, turn)


class Settling:
    """Turns pages that still change from frame to frame into readings."""

    def __init__(self) -> None:
        self._text: str | None = None
        self._since = 0.0
        self.reading: Reading | None = None

    def update(self, candidate: Reading, tracker: Tracker, now: float) -> bool:
        """Take in what a frame shows; whether that has settled into a new reading, which `reading` then holds.

        Args:
            candidate: the frame's steady page.
            tracker: whose digits these are.
            now: the tracker's time, seconds.
        """
        text = candidate.page.text
        if text != self._text:
            self._text, self._since = text, now
        lasted = now - self._since
        if tracker.undecided(now):
            return False
        if not text:
            self.reading = self.reading if lasted < GONE else None
            return False
        settled = self.reading.page.text if self.reading else ""
        if text == settled or min(lasted, tracker.still_for(now)) < SETTLE:
            return False
        self.reading = candidate
        return True
