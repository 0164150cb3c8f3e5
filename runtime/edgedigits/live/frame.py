"""A frame, and what to ask of the source it comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgedigits.errors import SourceError, UsageError

Picture = NDArray[np.uint8]
Region = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        image: uint8 BGR (height, width, 3).
        number: how many frames the source had given before this one, the skipped ones included.
        time: seconds; since 1970 where the source is live, since its beginning where it is a recording.
        captured: `time.monotonic()` when it was taken from the source.
    """

    image: Picture
    number: int
    time: float
    captured: float


@dataclass(frozen=True)
class CaptureSettings:
    """What to ask of a source.

    Attributes:
        width: pixels; 0 is the camera's own choice. Recordings and streams are what they are.
        height: likewise.
        fps: frames per second: what a camera is asked for, and how fast a folder goes by; 0 is the source's own.
        mirror: swap left and right before anything is read, for a camera that shows things as a mirror does.
        roi: (x, y, width, height) of the part to look at: in pixels, or, where none is above 1, as parts of the frame.
    """

    width: int = 0
    height: int = 0
    fps: float = 0.0
    mirror: bool = False
    roi: Region | None = None

    def __post_init__(self) -> None:
        if min(self.width, self.height, self.fps) < 0:
            raise UsageError("width, height and frame rate cannot be negative; leave them out for the camera's own")
        if self.roi is not None and not (min(self.roi) >= 0 and min(self.roi[2:]) > 0 and np.isfinite(self.roi).all()):
            raise UsageError(f"region {self.roi} is empty or begins outside the frame; give x,y,width,height")


def parse_roi(text: str) -> Region:
    """A region from "x,y,width,height", in pixels or as parts of the frame.

    Raises:
        UsageError: if the text is something else.
    """
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"region {text!r} is not x,y,width,height, as in 80,60,480,360 or 0.25,0,0.5,1") from error
    return x, y, width, height


def region_in_pixels(region: Region, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A region in whole pixels, at least one wide and high; `size` is the frame's (width, height)."""
    scale = (*size, *size) if max(region) <= 1 else (1, 1, 1, 1)
    x, y, width, height = (round(part * whole) for part, whole in zip(region, scale, strict=True))
    return x, y, max(width, 1), max(height, 1)


def prepare(image: NDArray[Any], roi: Region | None, mirror: bool) -> Picture:
    """Apply mirror and region to a frame as it came; the part of a region outside the frame is left out.

    Raises:
        SourceError: if the region lies outside the frame.
    """
    picture = np.asarray(image, np.uint8)
    if mirror:
        picture = picture[:, ::-1]
    if roi is not None:
        height, width = picture.shape[:2]
        x, y, w, h = region_in_pixels(roi, (width, height))
        picture = picture[y : y + h, x : x + w]
        if not picture.size:
            raise SourceError(f"region {roi} lies outside the frame of {width}x{height} pixels; name one inside")
    return np.ascontiguousarray(picture)
