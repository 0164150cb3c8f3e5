"""Takes in what the drawing page's server is sent: bounded in size, in time, and in how much of it there is at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException
from starlette.requests import Request

from edgedigits_apps.web.budget import Tally

BODY_SECONDS = 25.0  # within which a body must have arrived; 20 MB need 6.4 Mbit/s
BODIES_AT_ONCE = 160_000_000  # bytes of all bodies that have arrived and not been answered


class Intake:
    """The bodies that are in memory."""

    def __init__(self) -> None:
        self._bytes = Tally(BODIES_AT_ONCE)

    @asynccontextmanager
    async def body(self, request: Request, max_bytes: int) -> AsyncIterator[bytes]:
        """A request's body, counted for as long as the `async with` statement lasts.

        Raises:
            HTTPException: 413 if it is larger than `max_bytes`, 408 if it comes too slowly, 429 if there are too many.
            ClientDisconnect: if the client leaves.
        """
        declared = request.headers.get("content-length", "0")
        if int(declared) > max_bytes:  # digits alone: the HTTP parser has seen to that
            raise _refusal(413, f"more than {max_bytes} bytes; send less")
        parts: list[bytes] = []
        held = 0
        try:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    async for part in request.stream():
                        if held + len(part) > max_bytes:
                            raise _refusal(413, f"more than {max_bytes} bytes; send less")
                        if not self._bytes.add(len(part)):
                            raise _refusal(429, "too many pictures at once; try again in a moment")
                        held += len(part)
                        parts.append(part)
            except TimeoutError as error:
                raise _refusal(408, f"the picture did not arrive within {BODY_SECONDS:.0f} seconds") from error
            yield b"".join(parts)
        finally:
            self._bytes.add(-held)


def _refusal(status: int, message: str) -> HTTPException:
    """Ends the connection as well: the rest of the body is not read."""
    return HTTPException(status, message, {"Connection": "close", **({"Retry-After": "2"} if status == 429 else {})})
