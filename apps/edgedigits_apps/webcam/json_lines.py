"""The live reader as JSON Lines on standard output."""

from typing import Any

from edgedigits.live.reader import LiveFrame
from edgedigits.live.stabilizing import Reading
from edgedigits_apps.console import emit


class JsonLines:
    """One JSON object a line, for each reading or for each frame."""

    def __init__(self, every_frame: bool) -> None:
        self._every_frame = every_frame

    def show(self, live_frame: LiveFrame) -> None:
        """Print what there is to print."""
        if self._every_frame:
            emit(as_json(Reading(live_frame.page, live_frame.frame.time, live_frame.frame.number)))
        elif live_frame.new and live_frame.reading is not None:
            emit(as_json(live_frame.reading))


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading's JSON form: `time` in seconds, `digits` as `edgedigits read --json` has them."""
    described = reading.page.to_dict()
    return {
        "time": round(reading.time, 3),
        "rows": described["rows"],
        "digits": described["digits"],
        "confidence": round(reading.confidence, 4),
        "frame": reading.frame,
    }
