"""`edgedigits webcam`: the live reader, in a window, as JSON Lines, or as a page in a browser."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from edgedigits_apps.console import FAILED, say, usage_error

if TYPE_CHECKING:
    from edgedigits.live.capture import Capture
    from edgedigits.live.reader import LiveFrame, LiveReader
    from edgedigits.live.stage_times import Profile
    from edgedigits_apps.webcam.window import Window

SOURCES = "Camera index, /dev path, picamera, video file, picture folder, or http/rtsp address."


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(webcam)


def webcam(
    source: Annotated[str, typer.Option(help=SOURCES)] = "0",
    headless: Annotated[bool, typer.Option(help="No window; one JSON object for each steady reading.")] = False,
    every_frame: Annotated[bool, typer.Option(help="With --headless: one JSON object for each frame.")] = False,
    serve: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="No window; a page with the live picture, for a browser.")
    ] = None,
    bundle: Annotated[str, typer.Option(help="A bundle's folder, or a shipped one's name.")] = "pages",
    artifact: Annotated[str | None, typer.Option(help="Which file of the bundle names the digits.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = 1,
    width: Annotated[int, typer.Option(min=0, help="Pixels asked of the camera.")] = 0,
    height: Annotated[int, typer.Option(min=0, help="Pixels asked of the camera.")] = 0,
    fps: Annotated[float, typer.Option(min=0, help="Frames per second of the camera, or for a folder.")] = 0,
    mirror: Annotated[bool, typer.Option(help="Swap left and right first, for a camera that mirrors.")] = False,
    roi: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Look at this part only: pixels, or parts of 1.")
    ] = None,
    realtime: Annotated[bool, typer.Option(help="Let a file or folder go by as a camera would.")] = False,
    frames: Annotated[int, typer.Option(min=0, help="Stop after this many frames; 0 goes on.")] = 0,
    profile: Annotated[bool, typer.Option(help="At the end, say where the time went.")] = False,
) -> None:
    """Read digits live, until the recording ends or you stop it."""
    if every_frame and not headless:
        raise usage_error("--every-frame is about the JSON Lines of --headless; add that")

    from edgedigits.classifier import DEFAULT_ARTIFACT
    from edgedigits.live.capture import Capture
    from edgedigits.live.frame import CaptureSettings, parse_roi
    from edgedigits.live.reader import LiveReader
    from edgedigits.live.stage_times import Profile
    from edgedigits.reading.reader import DigitReader

    settings = CaptureSettings(width, height, fps, mirror, parse_roi(roi) if roi else None)
    stages = Profile()
    reader = DigitReader(bundle, artifact=artifact or DEFAULT_ARTIFACT, threads=threads)
    troubled = False

    def trouble(line: str) -> None:
        nonlocal troubled
        troubled = True
        say(line)

    with ExitStack() as stack:
        capture = stack.enter_context(Capture(source, settings, trouble, realtime))
        stack.enter_context(_stopping(capture))
        outputs: list[Output] = []
        window = None
        if headless:
            from edgedigits_apps.webcam.json_lines import JsonLines

            outputs.append(JsonLines(every_frame))
        if serve is not None:
            from edgedigits_apps.webcam.serve import Broadcast, Server

            outputs.append(broadcast := Broadcast(capture.name))
            stack.enter_context(Server(serve, broadcast))
        if not outputs:
            from edgedigits_apps.webcam.window import Window

            outputs.append(window := stack.enter_context(Window(reader)))
        started = time.process_time()
        _run(capture, LiveReader(reader, stages), outputs, stages, frames, window)
    if profile:
        report(stages, time.process_time() - started)
    if troubled and not capture.live:  # a live source's outages are over; what a folder lacks is missing
        raise typer.Exit(FAILED)


class Output(Protocol):
    """Where readings go: a window, JSON Lines, a page."""

    def show(self, live_frame: "LiveFrame") -> None:
        """Take in a frame that has been read."""


def _run(
    capture: "Capture",
    live: "LiveReader",
    outputs: "list[Output]",
    stages: "Profile",
    frames: int,
    window: "Window | None",
) -> None:
    """Frame after frame: read it, and hand what was read to every output."""
    for frame in stages.each("capture", capture):
        if frame is not None:
            live_frame = live.update(frame)
            with stages.stage("show"):
                for output in outputs:
                    output.show(live_frame)
        if window is not None:
            with stages.stage("window") if frame is not None else nullcontext():
                window.tend(live, capture)
        if frame is not None and frames and frame.number + 1 >= frames:
            return


@contextmanager
def _stopping(capture: "Capture") -> Iterator[None]:
    """Ctrl-C and SIGTERM end the loop cleanly; a second one ends the program at once."""
    wanted = (signal.SIGINT, signal.SIGTERM)

    def stop(number: int, _: object) -> None:
        capture.stop()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def report(stages: "Profile", processor: float) -> None:
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
