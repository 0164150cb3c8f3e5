"""What any stranger can do to an HTTP server: many connections, slow ones, ones that send or take nothing."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

Place = tuple[str, int]
PATIENCE = 60  # seconds; longer than every deadline of the servers


def peak_megabytes(process: int) -> float:
    """The most memory that a process has had."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def answer(place: Place, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, float]:
    """Status and seconds of one request on a connection of its own."""
    start = time.monotonic()
    with contextlib.closing(http.client.HTTPConnection(*place, timeout=PATIENCE)) as connection:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, names)
        found = connection.getresponse()
        found.read()
        return found.status, time.monotonic() - start


@contextlib.contextmanager
def open_connections(place: Place, count: int, first: bytes) -> Iterator[list[socket.socket]]:
    """Connections that have each sent `first`; those that the server refuses are among them."""
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(place, timeout=PATIENCE))
            with contextlib.suppress(OSError):
                connection.sendall(first)
            connections.append(connection)
        yield connections


def seconds_until_dropped(connection: socket.socket, byte: bytes) -> float:
    """How long a connection lasts that sends a byte now and then and takes what it gets."""
    start = time.monotonic()
    connection.settimeout(0.2)
    while time.monotonic() < start + PATIENCE:
        try:
            connection.sendall(byte)
            while connection.recv(65536):
                pass
            break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - start
