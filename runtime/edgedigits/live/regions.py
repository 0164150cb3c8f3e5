"""Several named regions of one camera, each read by itself."""

import re
from dataclasses import dataclass, replace

from edgedigits.errors import UsageError
from edgedigits.live.frame import Frame, Region, parse_roi, prepare, region_in_pixels
from edgedigits.live.reader import LiveFrame, LiveReader
from edgedigits.live.stabilizing import Reading
from edgedigits.live.stage_times import StageTimes
from edgedigits.page import Box, Digit, Page
from edgedigits.reading.reader import DigitReader

WHOLE: Region = (0.0, 0.0, 1.0, 1.0)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # safe in a topic, a file's name and an environment variable


def parse_region(text: str) -> tuple[str, Region]:
    """A region from "x,y,width,height" or "name=x,y,width,height"; its name is empty where none is given.

    Raises:
        UsageError: if the text is something else.
    """
    name, equals, place = text.rpartition("=")
    if equals and not NAME.fullmatch(name):
        raise UsageError(f"region name {name!r} has other characters than letters, digits, _ and -; rename it")
    return name, parse_roi(place)


def parse_regions(texts: list[str]) -> tuple[Region | None, dict[str, Region]]:
    """The part of the frame that is looked at at all, and the regions in it, by name.

    One region without a name is the part; several need names. Without any the whole frame is one region, named "".

    Raises:
        UsageError: if a text is no region, or a name is missing or used twice.
    """
    found = [parse_region(text) for text in texts]
    if len(found) < 2 and not any(name for name, _ in found):
        return (found[0][1] if found else None), {"": WHOLE}
    names = [name for name, _ in found]
    if "" in names or len(set(names)) < len(names):
        raise UsageError("each of several regions needs a name of its own, as in --region meter=80,60,480,120")
    return None, dict(found)


@dataclass(frozen=True)
class RegionFrames:
    """A frame as each region shows it, and as a whole.

    Attributes:
        whole: the frame with the digits of all regions where they are on it.
        regions: each region's part of the frame, by its name.
    """

    whole: LiveFrame
    regions: dict[str, LiveFrame]


class RegionReader:
    """Reads one or several regions of each frame; every region settles by itself."""

    def __init__(self, reader: DigitReader, regions: dict[str, Region], profile: StageTimes | None = None) -> None:
        """Start with an empty memory.

        Args:
            reader: what reads a single region of a frame.
            regions: by name; {"": (0, 0, 1, 1)} is the whole frame.
            profile: where to note how long the stages take.
        """
        self._regions = regions
        self._readers = {name: LiveReader(reader, profile) for name in regions}

    @property
    def reader(self) -> DigitReader:
        """What reads a single region; may be replaced at any time."""
        return next(iter(self._readers.values())).reader

    @reader.setter
    def reader(self, reader: DigitReader) -> None:
        for live in self._readers.values():
            live.reader = reader

    def update(self, frame: Frame) -> RegionFrames:
        """Read a frame.

        Raises:
            PictureError: if its image is no picture.
            UsageError: if a region lies outside the frame.
        """
        parts = {}
        for name, region in self._regions.items():
            image = prepare(frame.image, region, mirror=False)
            parts[name] = self._readers[name].update(replace(frame, image=image))
        return RegionFrames(self._whole(frame, parts), parts)

    def _whole(self, frame: Frame, parts: dict[str, LiveFrame]) -> LiveFrame:
        height, width = frame.image.shape[:2]
        origins = [region_in_pixels(region, (width, height))[:2] for region in self._regions.values()]
        page = _joined([part.page for part in parts.values()], origins, (width, height))
        readings = [part.reading for part in parts.values()]
        reading = None
        if any(readings):
            pages = [found.page if found else Page([], (0, 0)) for found in readings]
            newest = max((found for found in readings if found), key=lambda found: found.frame)
            reading = Reading(_joined(pages, origins, (width, height)), newest.time, newest.frame)
        return LiveFrame(frame, page, reading, any(part.new for part in parts.values()))


def _joined(pages: list[Page], origins: list[tuple[int, int]], size: tuple[int, int]) -> Page:
    """The digits of several regions on one page, region by region."""
    digits: list[Digit] = []
    for page, (left, top) in zip(pages, origins, strict=True):
        before = digits[-1].row + 1 if digits else 0
        for digit in page.digits:
            x, y, width, height = digit.box
            digits.append(replace(digit, box=Box(x + left, y + top, width, height), row=before + digit.row))
    return Page(digits, size, pages[0].turn if len(pages) == 1 else 0)
