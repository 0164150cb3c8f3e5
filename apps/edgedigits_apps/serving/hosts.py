"""Where this machine's pages are served, and which names they answer to.

A page on the internet may give its own name this machine's address (DNS rebinding) and then read, as if it were its
own, what is served here. Its name stays in the Host header, and is refused.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

REFUSAL = "this page is not served under that name"


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
