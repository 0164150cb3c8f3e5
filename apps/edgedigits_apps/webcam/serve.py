"""The live reader as a page for a browser: the annotated picture as MJPEG, and the latest reading.

Meant for a device in another room, so it is careful: it binds to loopback unless told otherwise, refuses requests that
were sent for another host (DNS rebinding) or by another site's page, and bounds connections, watchers and time.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from edgedigits.errors import UsageError
from edgedigits_apps.console import say
from edgedigits_apps.serving.connections import Limits
from edgedigits_apps.serving.files import file_routes
from edgedigits_apps.serving.server import Server
from edgedigits_apps.webcam.broadcast import Broadcast

ASSETS = Path(__file__).parent / "assets"
LIMITS = Limits(connections=64, per_address=32)
MAX_WATCHERS = 12
BOUNDARY = "frame"


class LiveServer:
    """Serves a broadcast from a thread of its own; use it in a `with` statement."""

    def __init__(self, where: str, broadcast: Broadcast) -> None:
        """Begin to serve.

        Args:
            where: "PORT" or "HOST:PORT"; loopback where no host is named, a free port for 0.
            broadcast: what to serve.

        Raises:
            UsageError: if that is no such place.
            ServeError: if there is no such address on this machine, or the port is taken.
        """
        host, port = parse_place(where)
        self._broadcast = broadcast
        self._server = Server(application(broadcast), host, (port,), LIMITS)
        self._server.start()
        say(f"live at {self._server.address}")
        if not self._server.is_loopback:
            say("this is not loopback: whoever reaches this machine over the network can watch, without a password")

    def __enter__(self) -> "LiveServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._broadcast.end()
        self._server.stop()


def parse_place(text: str) -> tuple[str, int]:
    """Host and port of "PORT", "HOST:PORT" or "[IPV6]:PORT".

    Raises:
        UsageError: if the text is something else.
    """
    match = re.fullmatch(r"(?:(\[[0-9a-fA-F:.]+\]|[\w.-]+):)?(\d{1,5})", text)
    if not match or int(match[2]) > 65535:
        raise UsageError(f"{text!r} is not [HOST:]PORT; use one such as 8000 or 0.0.0.0:8000")
    return (match[1] or "127.0.0.1").strip("[]"), int(match[2])


def application(broadcast: Broadcast) -> Starlette:
    """Everything that is served: the page's files, the reading and the picture."""

    async def reading(_: Request) -> Response:
        return JSONResponse(broadcast.status())

    async def stream(_: Request) -> Response:
        if broadcast.watchers >= MAX_WATCHERS:
            raise HTTPException(503, f"{MAX_WATCHERS} watch already", {"Retry-After": "10", "Connection": "close"})
        return StreamingResponse(_parts(broadcast), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}")

    routes = [Route("/reading.json", reading), Route("/stream.mjpg", stream)]
    app = Starlette(routes=[*file_routes(ASSETS, "live.html"), *routes])
    app.router.redirect_slashes = False
    return app


async def _parts(broadcast: Broadcast) -> AsyncIterator[bytes]:
    """Every picture that the client has time for, as a part of a multipart response."""
    async for jpeg in broadcast.pictures():
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        yield head.encode() + jpeg + b"\r\n"
