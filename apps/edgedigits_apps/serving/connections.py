"""Connections that are bounded in number and in time, whatever the other end does or leaves undone.

uvicorn parses HTTP and has a time-out between requests, but none within one: a client that sends a byte now and then
stays for ever. Here a request's head and the whole request have a deadline each, so has a response that is not taken,
and where there are too many connections, the one that has kept us waiting longest goes.
"""

import asyncio
import ipaddress
from collections import Counter
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_HEAD = 16_384  # bytes of a request's head
BURST = 128  # connections that may be too many, for
GRACE = 0.1  # seconds until connections that are too many are dropped


@dataclass(frozen=True)
class Limits:
    """What a server lets its clients take.

    Attributes:
        connections: how many there may be.
        per_address: how many of them one address may have; an IPv6 network (/64) counts as one address.
        head_seconds: within which a request's head must have arrived.
        request_seconds: within which the whole request must have arrived, its body included.
        stall_seconds: after which a client that takes nothing of a response is dropped.
    """

    connections: int = 64
    per_address: int = 32
    head_seconds: float = 10.0
    request_seconds: float = 30.0
    stall_seconds: float = 10.0


class Connections:
    """The open connections of a server, oldest first.

    There may be too many for a moment: a burst is taken in before any of it is read, and who asks at once is not
    among those that have to go. More than `BURST` too many are never there.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._open: dict[BoundedProtocol, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def admit(self, newcomer: "BoundedProtocol", address: str) -> None:
        """Take a connection in."""
        self._open[newcomer] = address
        if len(self._open) > self.limits.connections + BURST:
            newcomer.drop()
        elif self._timer is None and self._greediest() is not None:
            self._timer = newcomer.loop.call_later(GRACE, self._trim)

    def forget(self, one: "BoundedProtocol") -> None:
        """A connection has ended."""
        self._open.pop(one, None)

    def _trim(self) -> None:
        """Drop the connections that are too many.

        First to go is what has waited longest for its own request; where all are being answered, the newest.
        """
        self._timer = None
        while (greediest := self._greediest()) is not None:
            held = [one for one, address in self._open.items() if address == greediest]
            one = next((one for one in held if not one.being_answered), held[-1])
            if one.age < GRACE:  # in a burst even this one is new
                self._timer = one.loop.call_later(GRACE, self._trim)
                return
            one.drop()
            self.forget(one)

    def _greediest(self) -> str | None:
        """An address that has too many, or where all together do, the one that has most; None where all is well."""
        address, most = max(Counter(self._open.values()).items(), key=lambda item: item[1], default=("", 0))
        too_many = most > self.limits.per_address or len(self._open) > self.limits.connections
        return address if too_many else None


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with deadlines for each request and each response.

    Attributes:
        being_answered: whether its request has arrived in full, and is not answered in full yet.
    """

    gate: Connections  # set by `bounded`

    @property
    def age(self) -> float:
        """Seconds since the client connected."""
        return self.loop.time() - self._connected

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected: it is now to send a request's head."""
        super().connection_made(transport)
        self._limits = self.gate.limits
        self._connected = self.loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.being_answered = False
        self._start("head", self._limits.head_seconds)
        self._start("request", self._limits.request_seconds)
        self.gate.admit(self, _network(self.client[0] if self.client else ""))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended, by whomever."""
        self.gate.forget(self)
        self._stop("head", "request", "stall", "end")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Part of a request has arrived."""
        if not self._timers:  # the first of the next request on this connection
            self._start("head", self._limits.head_seconds)
            self._start("request", self._limits.request_seconds)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """A request has been answered; uvicorn begins to wait for the next one."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        self._start("stall", self._limits.stall_seconds)

    def resume_writing(self) -> None:
        """The client has taken most of what it was sent."""
        super().resume_writing()
        self._stop("stall")

    def timeout_keep_alive_handler(self) -> None:
        """No further request came."""
        super().timeout_keep_alive_handler()
        self._look()

    def drop(self) -> None:
        """End the connection at once, whatever is under way."""
        self.transport.abort()

    def _look(self) -> None:
        """Stop the clocks of what has arrived."""
        theirs = self.conn.their_state
        if theirs is not h11.IDLE:
            self._stop("head")
        arrived = theirs not in (h11.IDLE, h11.SEND_BODY)
        if arrived:
            self._stop("request")
        self.being_answered = arrived and self.cycle is not None and not self.cycle.response_complete
        if self.transport.is_closing():  # what is still to be sent must be taken soon
            self._start("end", self._limits.stall_seconds)

    def _start(self, clock: str, seconds: float) -> None:
        self._stop(clock)
        self._timers[clock] = self.loop.call_later(seconds, self.drop)

    def _stop(self, *clocks: str) -> None:
        for clock in clocks:
            if timer := self._timers.pop(clock, None):
                timer.cancel()


def bounded(limits: Limits) -> type[BoundedProtocol]:
    """The protocol for a server of its own, as uvicorn's option `http` takes it."""
    members: dict[str, Any] = {"gate": Connections(limits)}
    return type("_Bounded", (BoundedProtocol,), members)


def _network(address: str) -> str:
    """What counts as one client: an IPv4 address, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address
