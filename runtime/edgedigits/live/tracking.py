"""Which digit of this frame is which of the last one, and what all its frames together say it is.

A track is one digit on the sheet, followed by where it is and what it looks like. Its look (a small normalized patch)
tells a digit that the reader missed for a moment, whose place still looks the same, from one that has gone, and a new
sheet from the old one with other digits in the same places.
"""

from dataclasses import dataclass, field
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from edgedigits.page import Digit, Page
from edgedigits.reading.evidence import one_in_a_place

Box = NDArray[np.float32]
Look = NDArray[np.float32]

LOOK = 16  # a look's side in pixels
MARGIN = 0.15  # how much more than the box a look shows, in box sizes
# Correlation of two looks: above 0.93 between noisy frames of one digit, below 0.83 between two digits in one place
# in 99 of 100 cases (validation digits, 24 to 110 pixels high).
SAME = 0.87
REACH = 0.8  # how far a digit may move between two frames, in digit heights
STILL = 0.25  # what moves less than this, in digit heights, lies still
MEMORY = 2.0  # seconds after which a vote counts e times less
PATIENCE = 0.5  # seconds after which sightings count e times less
# A digit is shown when the reader finds it in more than this share of frames, and hidden again below the second one.
SHOW, HIDE = 0.5, 0.2
# By how many votes, and by how much of all, another digit must lead before the shown one changes.
LEAD_VOTES, LEAD_SHARE = 2.0, 0.15
CONFIRM = 0.1  # seconds that a digit must lie still, or have been seen, before it is shown


@dataclass
class Track:
    """One digit on the sheet.

    Attributes:
        number: tells it from every other track of the tracker.
        box: x, y, width, height in pixels, smoothed.
        look: what it looks like, see `look_at`.
        digit: what it is shown as; None until it is.
        votes: for each digit the sum of its probabilities, old ones faded.
        seen: the share of recent frames in which the reader found it, 0 to 1.
        sightings: in how many frames the reader found it while it lay still.
        born: time of the first sighting, seconds.
        anchor: where its centre was when it began to lie still.
        still_since: when that was.
    """

    number: int
    box: Box
    look: Look
    born: float
    anchor: NDArray[np.float32]
    still_since: float
    votes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(10))
    seen: float = 1.0
    sightings: int = 0
    digit: int | None = None
    velocity: NDArray[np.float32] = field(default_factory=lambda: np.zeros(2, np.float32))

    @property
    def center(self) -> NDArray[np.float32]:
        """The box's middle, (x, y)."""
        return np.asarray(self.box[:2] + self.box[2:] / 2, np.float32)

    @property
    def confidence(self) -> float:
        """The share of the votes that the shown digit has, 0 to 1."""
        total = float(self.votes.sum())
        return float(self.votes[self.digit]) / total if self.digit is not None and total else 0.0

    @property
    def top(self) -> list[tuple[int, float]]:
        """The likeliest digits with their share of the votes, best first; the shown one first of all."""
        shares = self.votes / max(float(self.votes.sum()), 1e-9)
        order = sorted(range(10), key=lambda d: (d != self.digit, -shares[d]))[:3]
        return [(digit, float(shares[digit])) for digit in order]


class Tracker:
    """Follows digits over frames."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._numbers = count()
        self._time: float | None = None

    def update(self, page: Page, grey: NDArray[np.uint8], time: float) -> None:
        """Take in what was read from a frame.

        Args:
            page: what the reader found.
            grey: the frame, uint8 (height, width).
            time: when it was taken, seconds, never less than the time before.
        """
        passed = max(0.0, time - self._time) if self._time is not None else 0.0
        self._time = time
        boxes = np.array([digit.box for digit in page.digits], np.float32).reshape(-1, 4)
        looks = [look_at(grey, box) for box in boxes]
        pairs = self._pair(boxes, looks, passed)
        kept = []
        for number, track in enumerate(self.tracks):
            if (found := pairs.get(number)) is not None:
                _follow(track, page.digits[found], boxes[found], looks[found], time, passed)
                kept.append(track)
            elif _miss(track, grey, passed):
                kept.append(track)
        taken = set(pairs.values())
        fresh = [
            _begin(next(self._numbers), digit, boxes[i], looks[i], time)
            for i, digit in enumerate(page.digits)
            if i not in taken
        ]
        self.tracks = [track for track in kept + fresh if _alive(track)]
        for track in self.tracks:
            _decide(track, time)

    @property
    def shown(self) -> list[Track]:
        """The tracks that are sure enough to be shown; where two are in one place, the one with more votes."""
        sure = [track for track in self.tracks if track.digit is not None]
        boxes = np.array([track.box for track in sure], np.float32).reshape(-1, 4)
        names, votes = (np.array(values) for values in ([t.digit for t in sure], [t.votes.sum() for t in sure]))
        kept = one_in_a_place(boxes, names, votes)
        return [track for track, shown in zip(sure, kept, strict=True) if shown]

    @property
    def unsure(self) -> bool:
        """Whether any digit that was found is not shown."""
        return any(track.digit is None for track in self.tracks)

    def undecided(self, time: float) -> bool:
        """Whether a digit that is being found was found for the first time so lately that it is not shown yet."""
        return any(t.digit is None and t.seen > SHOW and time - t.born < 3 * CONFIRM for t in self.tracks)

    def still_for(self, time: float) -> float:
        """For how many seconds every digit that is shown has been lying still."""
        return time - max((track.still_since for track in self.shown), default=-np.inf)

    def _pair(self, boxes: Box, looks: list[Look], passed: float) -> dict[int, int]:
        """For each track that is on this frame, which of the boxes it is: the nearest and most alike first."""
        if not self.tracks or not len(boxes):
            return {}
        old = np.array([track.box for track in self.tracks])
        drift = np.array([track.velocity for track in self.tracks]) * passed
        size = np.minimum(old[:, None, 3], boxes[None, :, 3])
        expected = old[:, :2] + old[:, 2:] / 2 + drift
        step = (boxes[:, :2] + boxes[:, 2:] / 2)[None] - expected[:, None]
        distance = np.hypot(step[..., 0], step[..., 1]) / size
        alike = np.array([[float((a.look * b).sum()) for b in looks] for a in self.tracks])
        larger = np.maximum(old[:, None, 3], boxes[None, :, 3]) / size
        cost = distance + (1 - alike) + (larger - 1)
        cost[(distance > REACH) | (alike < SAME) | (larger > 1.6)] = np.inf
        pairs: dict[int, int] = {}
        for flat in np.argsort(cost, axis=None, kind="stable"):
            track, box = divmod(int(flat), len(boxes))
            if not np.isfinite(cost[track, box]):
                break
            if track not in pairs and box not in pairs.values():
                pairs[track] = box
        return pairs


def look_at(grey: NDArray[np.uint8], box: Box) -> Look:
    """What a place on a frame looks like: float32 (LOOK, LOOK), mean 0 and length 1, so that light does not matter."""
    x, y, width, height = (float(v) for v in box)
    side = max(width, height) * (1 + 2 * MARGIN)
    left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
    x0, y0 = max(0, int(left)), max(0, int(top))
    part = grey[y0 : max(y0, int(top + side)) + 1, x0 : max(x0, int(left + side)) + 1]
    if not part.size:
        return np.zeros((LOOK, LOOK), np.float32)
    small = cv2.resize(part, (LOOK, LOOK), interpolation=cv2.INTER_AREA).astype(np.float32)
    # A little blur: half a pixel of jitter must not make a thin stroke look like another one.
    look = cv2.GaussianBlur(small, (3, 3), 0)
    look -= look.mean()
    return np.asarray(look / max(float(np.linalg.norm(look)), 1e-6), np.float32)


def _begin(number: int, digit: Digit, box: Box, look: Look, time: float) -> Track:
    center = np.asarray(box[:2] + box[2:] / 2, np.float32)
    track = Track(number, box.copy(), look, born=time, anchor=center, still_since=time)
    _vote(track, digit)
    return track


def _follow(track: Track, digit: Digit, box: Box, look: Look, time: float, passed: float) -> None:
    """The reader found the track's digit at `box`."""
    before = track.center
    center = np.asarray(box[:2] + box[2:] / 2, np.float32)
    step = float(np.hypot(*(center - before))) / float(box[3])
    # What lies still is smoothed, what moves is followed at once.
    weight = 0.3 if step < STILL / 2 else 1.0
    track.box = track.box + weight * (box - track.box)
    track.velocity = 0.5 * track.velocity + 0.5 * (center - before) / passed if passed else track.velocity
    track.look = look
    if float(np.hypot(*(center - track.anchor))) > STILL * float(box[3]):
        track.anchor, track.still_since = center, time
    track.seen += (1 - track.seen) * (1 - np.exp(-passed / PATIENCE))
    track.votes *= np.exp(-passed / MEMORY)
    if track.still_since < time:  # a moving digit is a blurred one; what it looks like then is no evidence
        _vote(track, digit)


def _miss(track: Track, grey: NDArray[np.uint8], passed: float) -> bool:
    """The reader did not find the track's digit; whether its place still looks the same."""
    track.seen *= np.exp(-passed / PATIENCE)
    track.velocity *= 0.0
    return float((track.look * look_at(grey, track.box)).sum()) >= SAME


def _vote(track: Track, digit: Digit) -> None:
    for candidate, probability in digit.top:
        track.votes[candidate] += probability
    track.sightings += 1


def _alive(track: Track) -> bool:
    return track.seen > (HIDE if track.digit is not None else HIDE / 2)


def _decide(track: Track, time: float) -> None:
    """Show the track's digit once it is sure, and another one only when that leads clearly."""
    best = int(track.votes.argmax())
    if track.digit is None:
        seen_enough = track.sightings >= 2 and time - track.born >= CONFIRM and track.seen > SHOW
        if seen_enough and time - track.still_since >= CONFIRM:
            track.digit = best
    elif track.votes[best] - track.votes[track.digit] > max(LEAD_VOTES, LEAD_SHARE * track.votes.sum()):
        track.digit = best
