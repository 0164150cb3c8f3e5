"""Settled readings on their way out: checked by the rules, and handed to every place that wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict

from edgedigits.live.plausibility import ReadingRules
from edgedigits.live.regions import RegionFrames
from edgedigits.live.stabilizing import Reading
from edgedigits.page import DigitForm
from edgedigits_apps.console import say


class ReadingForm(TypedDict, total=False):
    """A settled reading's JSON form; `region` and `value` are there where regions have names, or rules were set."""

    time: float
    region: str
    value: str
    rows: list[str]
    digits: list[DigitForm]
    confidence: float
    frame: int


@dataclass(frozen=True)
class AcceptedReading:
    """A reading that is passed on.

    Attributes:
        reading: what has settled.
        region: the region's name; empty where the whole frame is read.
        value: the number, as in "123.45".
        when: the time of day at which it settled.
        form: its JSON form.
    """

    reading: Reading
    region: str
    value: str
    when: datetime
    form: ReadingForm


class ReadingOutput(Protocol):
    """A place that readings go to: standard output, a file, a broker, a command."""

    def take(self, accepted: AcceptedReading) -> None:
        """Pass a reading on."""


class Readings:
    """Passes on what has settled and meets the rules; says what was refused, and why."""

    def __init__(self, rules: ReadingRules, outputs: Sequence[ReadingOutput], live: bool) -> None:
        """Start without a last reading.

        Args:
            rules: what a reading must be.
            outputs: where accepted readings go.
            live: whether frames carry the time of day; else a reading's time of day is the clock's.
        """
        self._rules, self._outputs, self._live = rules, outputs, live
        self._last: dict[str, str] = {}

    def show(self, frames: RegionFrames) -> None:
        """Take in a frame that has been read."""
        for region, part in frames.regions.items():
            if part.new and part.reading is not None:
                self._settled(region, part.reading)

    def _settled(self, region: str, reading: Reading) -> None:
        refusal = self._rules.refusal(reading.page, self._last.get(region))
        if refusal is not None:
            say(f"refused {region + ' ' if region else ''}{' '.join(reading.page.rows)}: {refusal}")
            return
        self._last[region] = value = self._rules.value(reading.page)
        when = datetime.fromtimestamp(reading.time).astimezone() if self._live else datetime.now().astimezone()
        form = as_json(reading, region, value if self._rules.any else None)
        for output in self._outputs:
            output.take(AcceptedReading(reading, region, value, when, form))


def as_json(reading: Reading, region: str = "", value: str | None = None) -> ReadingForm:
    """A reading's JSON form: `time` in seconds, `digits` as `edgedigits read --json` has them."""
    page = reading.page.to_dict()
    form: ReadingForm = {"time": round(reading.time, 3)}
    if region:
        form["region"] = region
    if value is not None:
        form["value"] = value
    form |= {
        "rows": page["rows"],
        "digits": page["digits"],
        "confidence": round(reading.confidence, 4),
        "frame": reading.frame,
    }
    return form
