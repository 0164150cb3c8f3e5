"""A camera's network address, which prints itself without passwords, whoever prints it."""

import re
from dataclasses import dataclass, field

from edgedigits.files.names import printable

HIDDEN = "***"


@dataclass(frozen=True)
class Address:
    """An address such as rtsp://USER:PASSWORD@HOST/PATH?QUERY; what it prints is for messages, logs, JSON and pages.

    The user's name and password, the query and the fragment are left out, and what stands in the path in the form of a
    query, as some cameras want it (/user=admin&password=x). Where an "@" follows the host's end, a password may have a
    "/", "?" or "#" in it, and only the scheme is shown.
    """

    _text: str = field(repr=False)

    @property
    def scheme(self) -> str:
        """What it begins with, in small letters; empty where that is no scheme."""
        found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", self._text)
        return found[1].lower() if found else ""

    def reveal(self) -> str:
        """All of it, for what opens it; never for a message."""
        return self._text

    def __str__(self) -> str:
        """Without secrets, and on one line."""
        scheme, _, rest = self._text.partition("://")
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        behind = rest[len(authority) :]
        if not self.scheme or self.scheme != scheme.lower() or "@" in behind:
            return f"{self.scheme}://{HIDDEN}" if self.scheme else HIDDEN
        path = re.split(r"[?#]", behind, maxsplit=1)[0]
        kept = [HIDDEN if re.search(r"[=&;]", part) else part for part in path.split("/")]
        return printable(f"{scheme}://{authority.rpartition('@')[2]}{'/'.join(kept)}")

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


def looks_like_address(text: str) -> bool:
    """Whether a text that names no file is an address, perhaps one that is written wrongly (rtsp:/user:x@host)."""
    return "://" in text or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/*[^/\\]*@", text) is not None
