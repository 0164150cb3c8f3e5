"""Who may ask: requests for another host, or sent by another site's page, are refused before anything looks at them."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgedigits_apps.serving.hosts import REFUSAL, is_ours

FOREIGN = "another site's page may not ask this"
READING = ("GET", "HEAD")
# Browsers hold our pages to this: everything from here, nothing inline, no frames, no forms.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """ASGI middleware in front of everything that is served.

    `served` is the name or address that the page is served under.
    """

    def __init__(self, app: ASGIApp, served: str) -> None:
        self._app, self._served = app, served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with 403."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = why_not(scope["method"], Headers(scope=scope), self._served)
        app = JSONResponse({"error": refusal}, 403) if refusal else self._app
        await app(scope, receive, guarded)


def why_not(method: str, headers: Headers, served: str) -> str:
    """Why a request is refused; empty where it is not.

    Programs send neither Origin nor Sec-Fetch-Site. Browsers send both with whatever a page may change something by,
    and the second with everything: from another site they may only follow a link to here.
    """
    if not is_ours(headers.get("host", ""), served):
        return REFUSAL
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if origin is not None and not _same(origin, headers["host"]):
        return FOREIGN
    followed = method in READING and headers.get("sec-fetch-mode") == "navigate"
    return "" if site in ("same-origin", "none") or followed else FOREIGN


def _same(origin: str, host: str) -> bool:
    """Whether an Origin header names the host that the request was sent to."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
