"""Does requests' work in threads. Pictures wait for one outside of them, and drawings never behind photos."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from edgedigits_apps.web.budget import Budget

Result = TypeVar("Result")

# A drawing has 0.1 megapixels. Whatever has no more than this many, and asks about a single digit, is as quick.
QUICK_PIXELS = 1_000_000
QUICK_AT_ONCE = 2
# Decoded at once in the whole server; the largest picture that is taken has as many.
PIXELS_AT_ONCE = 50_000_000
PHOTOS_AT_ONCE = 2


class Workers:
    """Two lanes: for what is quick, and for all else, which shares one budget of pixels."""

    def __init__(self) -> None:
        self._quick, self._quick_threads = Budget(QUICK_AT_ONCE), ThreadPoolExecutor(QUICK_AT_ONCE, "quick")
        self._large, self._large_threads = Budget(PIXELS_AT_ONCE), ThreadPoolExecutor(PHOTOS_AT_ONCE, "large")

    async def run(self, work: Callable[[], Result], pixels: int, quick: bool) -> Result:
        """Run `work`, which decodes `pixels`, in a thread once there is room for it.

        A caller that is cancelled while it waits leaves the queue; one that is cancelled later still holds its place
        until the thread is done, because the memory is taken until then.
        """
        if quick and pixels <= QUICK_PIXELS:
            async with self._quick.hold(1):
                return await _in_thread(self._quick_threads, work)
        async with self._large.hold(max(pixels, PIXELS_AT_ONCE // PHOTOS_AT_ONCE)):
            return await _in_thread(self._large_threads, work)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    running = asyncio.get_running_loop().run_in_executor(threads, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        running.exception()  # nobody is left to hear of it
        raise


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """Await `work` on behalf of a request whose body has been received; cancel it when the client leaves.

    Raises:
        ClientDisconnect: if it has left.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientDisconnect
    finally:
        gone.cancel()
        task.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
