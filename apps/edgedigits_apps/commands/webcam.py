"""`edgedigits webcam`: the live reader, in a window, as JSON Lines, as a page, and to wherever readings go."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgedigits_apps.console import FAILED, say, usage_error
from edgedigits_apps.signals import stopped_by_signals

if TYPE_CHECKING:
    from edgedigits.live.capture import Capture
    from edgedigits.live.regions import RegionReader
    from edgedigits.live.stage_times import StageTimes
    from edgedigits_apps.webcam.outputs import FrameOutput
    from edgedigits_apps.webcam.window import Window

SOURCES = "Camera index, /dev path, picamera, video file, picture folder, or http/rtsp address."
REGIONS = "Read this part only: pixels, or parts of 1; several with names, as in meter=80,60,480,120."


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(webcam)


def webcam(
    source: Annotated[str, typer.Option(help=SOURCES)] = "0",
    headless: Annotated[bool, typer.Option(help="No window; one JSON object for each settled reading.")] = False,
    every_frame: Annotated[bool, typer.Option(help="With --headless: one JSON object for each frame.")] = False,
    serve: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="No window; a page with the live picture, for a browser.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Append each reading to this file.")] = None,
    on_change: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Run this for each new value, without a shell.")
    ] = None,
    mqtt: Annotated[
        str | None, typer.Option(metavar="URL", help="Publish readings: mqtt://[USER@]HOST[:PORT]/TOPIC, or mqtts://.")
    ] = None,
    mqtt_password_file: Annotated[
        Path | None, typer.Option(help="The broker's password; or set EDGEDIGITS_MQTT_PASSWORD.")
    ] = None,
    mqtt_ca: Annotated[Path | None, typer.Option(help="Certificates to check the broker's against.")] = None,
    home_assistant: Annotated[bool, typer.Option(help="Announce the readings to Home Assistant.")] = False,
    snapshot: Annotated[bool, typer.Option(help="Publish the annotated picture, too.")] = False,
    region: Annotated[list[str] | None, typer.Option(metavar="[NAME=]X,Y,W,H", help=REGIONS)] = None,
    expect: Annotated[int, typer.Option(min=0, help="Refuse readings with another number of digits.")] = 0,
    pattern: Annotated[str, typer.Option(help="Refuse readings that do not match this regular expression.")] = "",
    monotonic: Annotated[bool, typer.Option(help="Refuse readings below the last one, as a meter never has.")] = False,
    decimal: Annotated[int, typer.Option(min=0, help="How many digits stand behind the decimal point.")] = 0,
    bundle: Annotated[str, typer.Option(help="A bundle's folder, or a shipped one's name.")] = "pages",
    artifact: Annotated[str | None, typer.Option(help="Which file of the bundle names the digits.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    width: Annotated[int, typer.Option(min=0, help="Pixels asked of the camera.")] = 0,
    height: Annotated[int, typer.Option(min=0, help="Pixels asked of the camera.")] = 0,
    fps: Annotated[float, typer.Option(min=0, help="Frames per second of the camera, or for a folder.")] = 0,
    mirror: Annotated[bool, typer.Option(help="Swap left and right first, for a camera that mirrors.")] = False,
    roi: Annotated[str | None, typer.Option(metavar="X,Y,W,H", help="The same as one --region without a name.")] = None,
    realtime: Annotated[bool, typer.Option(help="Let a file or folder go by as a camera would.")] = False,
    frames: Annotated[int, typer.Option(min=0, help="Stop after this many frames; 0 goes on.")] = 0,
    profile: Annotated[bool, typer.Option(help="At the end, say where the time went.")] = False,
) -> None:
    """Read digits live, until the recording ends or you stop it."""
    if every_frame and not headless:
        raise usage_error("--every-frame is about the JSON Lines of --headless; add that")

    from edgedigits.live.capture import Capture
    from edgedigits.live.frame import CaptureSettings
    from edgedigits.live.plausibility import ReadingRules
    from edgedigits.live.regions import RegionReader, parse_regions
    from edgedigits.live.stage_times import StageTimes
    from edgedigits.reading.reader import DigitReader
    from edgedigits_apps.webcam import outputs
    from edgedigits_apps.webcam.readings import Readings

    broker = outputs.MqttOptions(mqtt, mqtt_password_file, mqtt_ca, home_assistant, snapshot)
    whole, regions = parse_regions([*(region or []), *([roi] if roi else [])])
    settings = CaptureSettings(width, height, fps, mirror, whole)
    rules, stages, trouble = ReadingRules(expect, pattern, monotonic, decimal), StageTimes(), _Trouble()
    reader = DigitReader(bundle, artifact=artifact, threads=threads)
    with ExitStack() as stack:
        shown: list[outputs.FrameOutput] = []
        readings = outputs.open_reading_outputs(stack, headless and not every_frame, csv, on_change)
        outputs.open_mqtt(stack, broker, tuple(regions), readings, shown)
        capture = stack.enter_context(Capture(source, settings, trouble, realtime))
        stack.enter_context(stopped_by_signals(capture.stop))
        window = outputs.open_frame_outputs(stack, shown, capture.name, reader, serve, headless, every_frame)
        shown.append(Readings(rules, readings, capture.live))
        started = time.process_time()
        _run(capture, RegionReader(reader, regions, stages), shown, stages, frames, window)
    if profile:
        report(stages, time.process_time() - started)
    if trouble.met and not capture.live:  # a live source's outages are over; what a folder lacks is missing
        raise typer.Exit(FAILED)


class _Trouble:
    """Reports lines about the source, and remembers that there were some."""

    def __init__(self) -> None:
        self.met = False

    def __call__(self, line: str) -> None:
        self.met = True
        say(line)


def _run(
    capture: "Capture",
    live: "RegionReader",
    shown: "Sequence[FrameOutput]",
    stages: "StageTimes",
    frames: int,
    window: "Window | None",
) -> None:
    """Frame after frame: read it, and show it to every output."""
    for frame in stages.each("capture", capture):
        if frame is not None:
            read = live.update(frame)
            with stages.stage("show"):
                for output in shown:
                    output.show(read)
        if window is not None:
            with stages.stage("window") if frame is not None else nullcontext():
                window.tend(live, capture)
        if frame is not None and frames and frame.number + 1 >= frames:
            return


def report(stages: "StageTimes", processor: float) -> None:
    """Print where the time went, on standard error; `processor` is the seconds of all threads on all cores."""
    found = stages.stages()
    most = max((stage.count for stage in found), default=0)
    say(f"{'stage':<10}{'frames':>8}{'mean ms':>10}{'p50 ms':>10}{'p99 ms':>10}{'cpu ms':>10}")
    for stage in found:
        times = f"{stage.mean:>10.2f}{stage.median:>10.2f}{stage.high:>10.2f}{stage.processor:>10.2f}"
        say(f"{stage.name:<10}{stage.count:>8}{times}")
    if found:
        total = sum(stage.count * stage.mean for stage in found) / most
        say(f"{'all':<10}{most:>8}{total:>10.2f}   {1000 / total:.1f} frames a second")
        say(f"{'processor':<10}{most:>8}{1000 * processor / most:>10.2f}   {most / processor:.1f} a second of one core")
