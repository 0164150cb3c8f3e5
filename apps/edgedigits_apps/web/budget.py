"""What pictures may take of the memory at once, so that a server's peak does not depend on how many ask."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """An amount that is shared; whoever finds too little left waits in turn, in no thread, and may leave."""

    def __init__(self, total: int) -> None:
        self._free = self._total = total
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def hold(self, amount: int) -> AsyncIterator[None]:
        """Hold `amount`, or all there is where that is less, for as long as the `async with` statement lasts."""
        amount = min(amount, self._total)
        await self._take(amount)
        try:
            yield
        finally:
            self._give(amount)

    async def _take(self, amount: int) -> None:
        if not self._waiting and amount <= self._free:
            self._free -= amount
            return
        turn = (amount, asyncio.get_running_loop().create_future())
        self._waiting.append(turn)
        try:
            await turn[1]
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
                self._give(0)  # those behind it may be small enough
            else:  # its turn came in the same moment
                self._give(amount)
            raise

    def _give(self, amount: int) -> None:
        self._free += amount
        while self._waiting and self._waiting[0][0] <= self._free:
            taken, turn = self._waiting.popleft()
            self._free -= taken
            turn.set_result(None)


class Tally:
    """An amount that is shared without waiting: `add` is refused where it would be exceeded."""

    def __init__(self, total: int) -> None:
        self._total, self._used = total, 0

    def add(self, amount: int) -> bool:
        """Take `amount`, which is given back by `add(-amount)`; False where there is not as much."""
        if self._used + amount > self._total:
            return False
        self._used += amount
        return True
