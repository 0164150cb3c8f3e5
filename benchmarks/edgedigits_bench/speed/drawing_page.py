"""The real drawing page for measurements and tests: its server in a process of its own, and a hand that draws on it."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from edgedigits.errors import BenchError

# Debian's Chromium, or one like it; None where there is none.
CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)


@contextmanager
def served(started: list["subprocess.Popen[str]"] | None = None, **options: Any) -> Iterator[str]:
    """The address of `edgedigits web` on the shipped bundle, as long as the `with` statement lasts.

    Args:
        started: takes the server's process.
        options: for subprocess.Popen.

    Raises:
        BenchError: if the server ends at once.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "edgedigits_apps", "web", "--port", str(port)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, **options) as server:  # noqa: S603 - our own command
        if started is not None:
            started.append(server)
        assert server.stdout is not None
        assert server.stderr is not None
        try:
            lines = iter(server.stderr.readline, "")
            line = next((line for line in lines if line.startswith("drawing page: ")), "")
            if not line:
                raise BenchError(f"the drawing page's server ended with {server.wait()}")
            yield line.split()[2]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def draw_stroke(page: Any, stroke: Mapping[str, Any]) -> None:
    """Draw with the mouse on the pad of Playwright's `page`.

    Args:
        page: where the drawing page, or the browser-only one, is open.
        stroke: its "points" are (x, y), shares of the pad's width and height.
    """
    box = page.locator(".ed-pad").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke["points"]]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def wait_for_page(page: Any, expression: str, argument: object = None, seconds: float = 180) -> None:
    """Wait until a JavaScript expression is true on Playwright's `page`.

    Its own `wait_for_function` has the page evaluate a string, which the drawing page's policy forbids.

    Raises:
        BenchError: if that takes longer than `seconds`.
    """
    until = time.monotonic() + seconds
    while not page.evaluate(expression, argument):
        if time.monotonic() > until:
            raise BenchError(f"the page has not come to this: {expression}")
        page.wait_for_timeout(5)
