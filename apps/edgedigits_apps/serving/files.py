"""Serves a folder's files from memory: no request names a path on the disk."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

# mimetypes asks the system's tables, which differ.
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}

# Awaited by Starlette itself; what is not a coroutine it would run in threads of its own, and wait there.
Handler = Callable[[Request], Awaitable[Response]]


def file_routes(folder: Path, index: str) -> list[Route]:
    """A route for each file of a kind in `KINDS` that lies in `folder` now; `index` is "/"."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix in KINDS]
    return [
        Route("/" if file.name == index else f"/{file.name}", constant(file.read_bytes(), KINDS[file.suffix]))
        for file in files
    ]


def constant(content: bytes, kind: str) -> Handler:
    """What answers every request with the same."""

    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind)

    return answer
