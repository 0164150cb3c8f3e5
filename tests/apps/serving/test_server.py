"""The server itself, over real sockets: deadlines, bounds, and who may ask."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edgedigits.errors import ServeError
from edgedigits_apps.serving.connections import Limits
from edgedigits_apps.serving.guard import FOREIGN, why_not
from edgedigits_apps.serving.hosts import REFUSAL
from edgedigits_apps.serving.server import Server

TIGHT = Limits(connections=8, per_address=6, head_seconds=1.0, request_seconds=2.0, stall_seconds=1.0)
PATIENCE = 30  # seconds; a busy machine is slow, not wrong


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def ignore(_: Request) -> Response:
    return PlainTextResponse("answered before the body came")


async def pour(_: Request) -> Response:
    async def water():
        while True:
            yield bytes(100_000)
            await asyncio.sleep(0)

    return StreamingResponse(water())


@contextlib.contextmanager
def serving(limits: Limits) -> Iterator[tuple[str, int]]:
    routes = [Route("/echo", echo, methods=["GET", "POST"]), Route("/ignore", ignore, methods=["POST"])]
    server = Server(Starlette(routes=[*routes, Route("/pour", pour)]), "127.0.0.1", (0,), limits)
    server.start()
    host, port = server.address.removeprefix("http://").rstrip("/").split(":")
    try:
        yield host, int(port)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def tight() -> Iterator[tuple[str, int]]:
    with serving(TIGHT) as place:
        yield place


def connect(place: tuple[str, int]) -> socket.socket:
    return socket.create_connection(place, timeout=PATIENCE)


def request(place: tuple[str, int], head: str = "GET /echo") -> bytes:
    with connect(place) as connection:
        connection.sendall(f"{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def trickles_until_dropped(connection: socket.socket, byte: bytes) -> bool:
    """Send a byte now and then; whether the server ends that before half a minute is over."""
    until = time.monotonic() + PATIENCE
    connection.settimeout(0.1)
    while time.monotonic() < until:
        try:
            connection.sendall(byte)
            while connection.recv(65536):
                pass
            return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize(
    ("sent", "byte"),
    [
        pytest.param(b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX: ", b"x", id="a head that never ends"),
        pytest.param(b"", b"G", id="a request line that never ends"),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
            b"x",
            id="a body that never ends",
        ),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n",
            id="endless chunks",
        ),
        pytest.param(
            b"POST /ignore HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n",
            b"x",
            id="a body that nobody reads",
        ),
        pytest.param(b"GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", b"G", id="a second request that never ends"),
    ],
)
def test_who_trickles_is_dropped(tight: tuple[str, int], sent: bytes, byte: bytes) -> None:
    with connect(tight) as connection:
        connection.sendall(sent)
        assert trickles_until_dropped(connection, byte)


def test_who_sends_nothing_is_dropped(tight: tuple[str, int]) -> None:
    with connect(tight) as connection:
        assert connection.recv(1) == b""


def test_who_takes_nothing_is_dropped(tight: tuple[str, int]) -> None:
    with connect(tight) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /pour HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(3 * TIGHT.stall_seconds)
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1_000_000):
                received += len(part)
                assert received < 100_000_000, "it goes on"


def test_who_takes_what_is_sent_keeps_it(tight: tuple[str, int]) -> None:
    with connect(tight) as connection:
        connection.sendall(b"GET /pour HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until = time.monotonic() + 2 * TIGHT.request_seconds
        while time.monotonic() < until:
            assert connection.recv(1_000_000)


def test_connections_that_wait_make_room_for_one_that_asks(tight: tuple[str, int]) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(5 * TIGHT.connections):
            stack.enter_context(connect(tight)).sendall(b"GET / HT")
        assert request(tight).startswith(b"HTTP/1.1 200")


def test_nobody_is_dropped_while_being_answered() -> None:
    """Where all are, the newcomer goes."""
    with serving(Limits(connections=3, per_address=3)) as place, contextlib.ExitStack() as stack:
        busy = [stack.enter_context(connect(place)) for _ in range(3)]
        for one in busy:
            one.sendall(b"GET /pour HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert one.recv(1)
        with stack.enter_context(connect(place)) as late, contextlib.suppress(ConnectionResetError):
            assert late.recv(1) == b""
        for one in busy:
            assert one.recv(100)


def test_answers_go_on_while_others_come_and_go() -> None:
    done = threading.Event()
    with serving(Limits()) as place:

        def flood() -> None:
            while not done.is_set():
                with contextlib.suppress(OSError), connect(place) as connection:
                    connection.sendall(b"x")
                    time.sleep(0.002)

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            assert [request(place)[:12] for _ in range(50)] == [b"HTTP/1.1 200"] * 50
        finally:
            done.set()
            thread.join()


def test_a_head_is_bounded(tight: tuple[str, int]) -> None:
    with connect(tight) as connection, contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000)
        assert b" 400 " in connection.recv(100)


def test_what_is_no_http_is_refused_without_a_line_in_the_log(
    tight: tuple[str, int], capfd: pytest.CaptureFixture
) -> None:
    with connect(tight) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert b" 400 " in connection.recv(100)
    assert capfd.readouterr().err == ""


def test_a_taken_port_and_a_foreign_address_are_errors(tight: tuple[str, int]) -> None:
    with pytest.raises(ServeError, match="choose another host or port"):
        Server(Starlette(), "127.0.0.1", (tight[1],), TIGHT)
    with pytest.raises(ServeError, match=r"203\.0\.113\.7: "):
        Server(Starlette(), "203.0.113.7", range(7860, 7870), TIGHT)


SAME = {"origin": "http://localhost:7860", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("POST", {}, ""),
        ("POST", SAME, ""),
        ("GET", {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, ""),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, ""),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, FOREIGN),
        ("GET", {"origin": "http://evil.example"}, FOREIGN),
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, FOREIGN),
        ("POST", {"sec-fetch-site": "same-site"}, FOREIGN),
        ("POST", {"origin": "http://evil.example"}, FOREIGN),
        ("POST", {"origin": "null"}, FOREIGN),
        ("POST", {"origin": "http://localhost:7861"}, FOREIGN),
        ("POST", {"origin": "file://localhost:7860"}, FOREIGN),
        ("POST", {"origin": "http://["}, FOREIGN),
        ("POST", {"host": "evil.example"}, REFUSAL),
        ("POST", {"host": ""}, REFUSAL),
    ],
)
def test_who_may_ask(method: str, headers: dict[str, str], reason: str) -> None:
    assert why_not(method, Headers({"host": "localhost:7860", **headers}), "127.0.0.1") == reason


def test_a_refusal_has_the_headers_too(tight: tuple[str, int]) -> None:
    with connect(tight) as connection:
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        told = b"".join(iter(lambda: connection.recv(65536), b""))
    assert told.startswith(b"HTTP/1.1 403")
    assert b"content-security-policy: default-src 'none'" in told
    assert b"x-content-type-options: nosniff" in told
