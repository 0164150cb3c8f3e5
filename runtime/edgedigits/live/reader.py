"""The live reader: frames in, steady readings out."""

from dataclasses import dataclass

from edgedigits.imaging.normalization import to_grey
from edgedigits.live.change import Change
from edgedigits.live.frame import Frame, Picture
from edgedigits.live.stabilizing import Reading, Rows, Settling, Turn, steady_page
from edgedigits.live.stage_times import StageTimes
from edgedigits.live.tracking import Tracker
from edgedigits.page import Page
from edgedigits.reading.reader import DigitReader

READ_AGAIN = 0.2  # seconds after which a frame is read though nothing has changed
LONGEST_GAP = 1.0  # seconds between two frames; more is as much, as everything has been forgotten by then


@dataclass(frozen=True)
class LiveFrame:
    """A frame, and what was read up to it.

    Attributes:
        frame: the frame.
        page: the digits that are certain by now, where they are on this frame.
        reading: the last reading that has settled; None where no sheet has been held still yet, or it has gone.
        new: whether this frame settled it.
    """

    frame: Frame
    page: Page
    reading: Reading | None
    new: bool

    @property
    def image(self) -> Picture:
        """The frame's picture, uint8 BGR (height, width, 3)."""
        return self.frame.image

    @property
    def time(self) -> float:
        """Seconds; since 1970 where the source is live, since its beginning where it is a recording."""
        return self.frame.time

    @property
    def settled(self) -> Page | None:
        """The last page that has settled; None where no sheet has been held still yet, or it has gone."""
        return self.reading.page if self.reading is not None else None


class LiveReader:
    """Reads frame after frame, and remembers: votes over frames, so that a reading does not flicker.

    Once a reading has settled, or the sheet is empty, and as long as nothing on the frame changes, only one frame in a
    fifth of a second is read.
    """

    def __init__(self, reader: DigitReader | None = None, profile: StageTimes | None = None) -> None:
        """Start with an empty memory.

        Args:
            reader: what reads a single frame; may be replaced at any time by setting the attribute.
            profile: where to note how long the stages take.
        """
        self.reader = reader if reader is not None else DigitReader()
        self._profile = profile if profile is not None else StageTimes()
        self._tracker = Tracker()
        self._rows = Rows()
        self._turn = Turn()
        self._change = Change()
        self._page = Page([], (0, 0))
        self._read_at = -READ_AGAIN
        self._clock = 0.0
        self._before: float | None = None
        self._settling = Settling()

    def update(self, frame: Frame) -> LiveFrame:
        """Read a frame.

        Args:
            frame: the next one.

        Raises:
            PictureError: if its image is no picture.
        """
        now = self._tick(frame.time)
        with self._profile.stage("look"):
            grey = to_grey(frame.image)
            known = self._settled and now - self._read_at < READ_AGAIN and not self._change.seen(grey)
        if known:
            return LiveFrame(frame, self._page, self._settling.reading, False)
        with self._profile.stage("read"):
            page = self.reader.read(grey)
        with self._profile.stage("track"):
            self._change.keep(grey)
            self._read_at = now
            self._tracker.update(page, grey, now)
            turn = self._turn.update(page, now)
            self._page = steady_page(self._rows.update(self._tracker.shown, turn, now), page.size, turn)
            new = self._settling.update(Reading(self._page, frame.time, frame.number), self._tracker, now)
        return LiveFrame(frame, self._page, self._settling.reading, new)

    @property
    def _settled(self) -> bool:
        """Whether there is nothing left to find out about what lies there."""
        reading = self._settling.reading
        return not self._tracker.unsure and self._page.text == (reading.page.text if reading else "")

    def _tick(self, time: float) -> float:
        """A clock that never runs back: a device's own is set once it finds a time server, by hours or years."""
        passed = time - self._before if self._before is not None else 0.0
        self._before = time
        self._clock += min(max(passed, 0.0), LONGEST_GAP)
        return self._clock
