"""The live reader as JSON Lines on standard output."""

from edgedigits.live.regions import RegionFrames
from edgedigits.live.stabilizing import Reading
from edgedigits_apps.console import emit
from edgedigits_apps.webcam.readings import AcceptedReading, as_json


class JsonLines:
    """One JSON object a line for each accepted reading."""

    def take(self, accepted: AcceptedReading) -> None:
        """Print a reading."""
        emit(accepted.form)


class EveryFrame:
    """One JSON object a line for each frame, and each region of it."""

    def show(self, frames: RegionFrames) -> None:
        """Print what a frame shows."""
        for region, part in frames.regions.items():
            emit(as_json(Reading(part.page, part.frame.time, part.frame.number), region))
