"""Serves an ASGI application on one address: in the foreground until Ctrl-C, or in a thread of its own."""

import errno
import ipaddress
import os
import socket
import threading
from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp

from edgedigits.errors import ServeError
from edgedigits_apps.serving.connections import MAX_HEAD, Limits, bounded
from edgedigits_apps.serving.guard import Guard
from edgedigits_apps.serving.hosts import in_url

KEEP_ALIVE = 5  # seconds between two requests of a connection
FAREWELL = 1  # seconds that answers under way get at the end
BACKLOG = 128


class Server:
    """A server that has its address and does not answer yet.

    Attributes:
        address: the page's, as a browser takes it.
        is_loopback: whether only this machine reaches it.
    """

    def __init__(self, app: ASGIApp, host: str, ports: Sequence[int], limits: Limits) -> None:
        """Take the address.

        Args:
            app: what answers; Guard stands in front of it.
            host: a name or address of this machine.
            ports: the first of them that is free is taken; 0 is any.
            limits: what clients may take.

        Raises:
            ServeError: if there is no such address on this machine, or all ports are taken.
        """
        self._socket = bind(host, ports)
        name, number = self._socket.getsockname()[:2]
        found = ipaddress.ip_address(str(name).partition("%")[0])
        self.is_loopback = found.is_loopback
        self.address = f"http://{in_url(host, found.is_unspecified)}:{number}/"
        config = uvicorn.Config(
            Guard(app, host),
            http=bounded(limits),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="error",  # what clients send wrongly is answered, not logged
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=FAREWELL,
            h11_max_incomplete_event_size=MAX_HEAD,
            backlog=BACKLOG,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.run, name="serve", daemon=True)

    def run(self) -> None:
        """Answer until Ctrl-C, SIGTERM or `stop`."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Answer from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait for its end."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(FAREWELL + 2)
        self._socket.close()


def bind(host: str, ports: Sequence[int]) -> socket.socket:
    """A listening socket at `host` and the first of `ports` that is free.

    Raises:
        ServeError: if there is no such address on this machine, or all ports are taken.
    """
    where = f"{host}:{ports[0]}" if len(ports) == 1 and ports[0] else host
    try:
        for port in ports:
            try:
                return _bind(host, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or port == ports[-1]:
                    raise
        raise ServeError(f"cannot serve at {where}: no port is named; name one")
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ServeError(f"cannot serve at {where}: {reason}; choose another host or port") from error


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    taken = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # a port whose last server has just ended is free
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(BACKLOG)  # of two servers that are started at once, one is told so here
    except BaseException:
        taken.close()
        raise
    return taken
