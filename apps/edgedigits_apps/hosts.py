"""Where this machine's pages are served, and which names they answer to.

A page on the internet may give its own name this machine's address (DNS rebinding) and then read, as if it were its
own, what is served here. Its name stays in the Host header, and is refused.
"""

import ipaddress
import os
import socket
from urllib.parse import urlsplit

from edgedigits.errors import ServeError

REFUSAL = "this page is not served under that name"


def check_place(host: str, port: int | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Make sure that a server can listen at `host` and `port`; any port will do for None.

    Returns:
        the address that `host` stands for.

    Raises:
        ServeError: if there is no such address on this machine, or the port is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            if os.name == "posix":  # a port whose last server has just ended is free
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
        return ipaddress.ip_address(str(address[0]).partition("%")[0])
    except (OSError, UnicodeError) as error:
        where = f"{host}:{port}" if port else host
        reason = getattr(error, "strerror", None) or error
        raise ServeError(f"cannot serve at {where}: {reason}; choose another host or port") from error


def in_url(host: str, everywhere: bool) -> str:
    """A host as it stands in a page's address: where it listens on every address, this machine's name."""
    return socket.gethostname() if everywhere else f"[{host}]" if ":" in host else host


def is_ours(host: str, served: str) -> bool:
    """Whether a request's Host header names this machine: an address, which nobody can rebind, or a name of ours.

    Args:
        host: the header.
        served: the name or address that the page was asked to be served under.
    """
    own = socket.gethostname().lower()
    try:
        name = (urlsplit(f"//{host}").hostname or "").lower()
        return name in ("localhost", own, f"{own}.local", served.lower()) or bool(ipaddress.ip_address(name))
    except ValueError:
        return False
