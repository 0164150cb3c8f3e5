"""Where `edgedigits webcam` shows frames and sends readings, opened as the command line asks."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edgedigits.live.regions import RegionFrames
from edgedigits_apps.console import usage_error

if TYPE_CHECKING:
    from edgedigits.reading.reader import DigitReader
    from edgedigits_apps.webcam.readings import ReadingOutput
    from edgedigits_apps.webcam.window import Window


class FrameOutput(Protocol):
    """A place that every frame goes to: a window, a page, the rules that readings must meet."""

    def show(self, frames: RegionFrames) -> None:
        """Take in a frame that has been read."""


@dataclass(frozen=True)
class MqttOptions:
    """What the command line says about a broker; `url` is None where there is none."""

    url: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    home_assistant: bool = False
    snapshot: bool = False

    def __post_init__(self) -> None:
        if self.url is None and (self.password_file or self.ca_file or self.home_assistant or self.snapshot):
            raise usage_error("--mqtt-password-file, --mqtt-ca, --home-assistant and --snapshot go with --mqtt")


def open_reading_outputs(
    stack: ExitStack, json_lines: bool, csv: Path | None, on_change: str | None
) -> "list[ReadingOutput]":
    """The places that settled readings go to; closed with the stack."""
    outputs: list[ReadingOutput] = []
    if json_lines:
        from edgedigits_apps.webcam.json_lines import JsonLines

        outputs.append(JsonLines())
    if csv is not None:
        from edgedigits_apps.webcam.csv_log import CsvLog

        outputs.append(stack.enter_context(CsvLog(csv)))
    if on_change is not None:
        from edgedigits_apps.webcam.on_change import OnChange

        outputs.append(stack.enter_context(OnChange(on_change)))
    return outputs


def open_mqtt(
    stack: ExitStack,
    options: MqttOptions,
    regions: tuple[str, ...],
    readings: "list[ReadingOutput]",
    frames: list[FrameOutput],
) -> None:
    """Add the broker, if there is one, to where readings and frames go; closed with the stack."""
    if options.url is None:
        return
    from edgedigits_apps.webcam.mqtt import Mqtt, parse_broker

    broker = parse_broker(options.url, options.password_file)
    publisher = Mqtt(broker, regions, options.ca_file, options.home_assistant, options.snapshot)
    readings.append(stack.enter_context(publisher))
    frames.append(publisher)


def open_frame_outputs(
    stack: ExitStack,
    frames: list[FrameOutput],
    source: str,
    reader: "DigitReader",
    serve: str | None,
    headless: bool,
    every_frame: bool,
) -> "Window | None":
    """Add the places where frames are seen; a window where nothing else is asked for, which is returned."""
    if every_frame:
        from edgedigits_apps.webcam.json_lines import EveryFrame

        frames.append(EveryFrame())
    if serve is not None:
        from edgedigits_apps.webcam.broadcast import Broadcast
        from edgedigits_apps.webcam.serve import LiveServer

        broadcast = Broadcast(source)
        frames.append(broadcast)
        stack.enter_context(LiveServer(serve, broadcast))
    if headless or serve is not None:
        return None
    from edgedigits_apps.webcam.window import Window

    window = stack.enter_context(Window(reader))
    frames.append(window)
    return window
