"""What a user can decide about how pages are read."""

from dataclasses import dataclass

from edgedigits.errors import UsageError


@dataclass(frozen=True)
class ReaderOptions:
    """How a page is read; the defaults are those that generated validation pages are read best with.

    Attributes:
        least_confidence: a digit with less is not reported. Higher: fewer false digits, more missing ones.
        same_iou: two detections whose boxes have at least this intersection over union are one digit.
        same_coverage: so are two of which one covers at least this share of the smaller one.
        base_pixels: the picture is first read at the largest scale, in octaves, at which it has at most so many pixels.
        small_confidence: where the network sees digits too small to read with at least this confidence, the picture is
            read again at twice the scale.
        largest_scale: no part of a picture is enlarged further than this.
        most_pixels: how many pixels of enlarged parts are read at most; it bounds the time that a picture takes.
    """

    least_confidence: float = 0.5
    same_iou: float = 0.4
    same_coverage: float = 0.65
    base_pixels: int = 330_000
    small_confidence: float = 0.4
    largest_scale: float = 2.0
    most_pixels: int = 4_000_000

    def __post_init__(self) -> None:
        """Raises UsageError for a value that cannot work."""
        for name in ("least_confidence", "same_iou", "same_coverage", "small_confidence"):
            if not 0 < getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}; choose more than 0 and at most 1")
        for name, least in (("base_pixels", 4096), ("largest_scale", 0.01), ("most_pixels", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; choose {least} or more")
