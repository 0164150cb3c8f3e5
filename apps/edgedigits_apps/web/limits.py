"""What stands between the network and Gradio: bodies are bounded, nothing is stored, no page asks another host,
and no other host's page asks ours.
"""

from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgedigits_apps.hosts import REFUSAL, is_ours

# Browsers hold the page to this: scripts, fonts and data from here only. Gradio compiles templates and styles inline.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
    ]
)
# Gradio's own way in for files, which keeps them; pictures come with the question instead and stay in memory.
UPLOADS = "/gradio_api/upload"


class Limits:
    """ASGI middleware that refuses bodies of more than `max_bytes`, every file upload, and names that are not ours.

    `served` is the name that the page is served under; None lets every name through, as a public share link needs.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, served: str | None) -> None:
        self.app, self.max_bytes, self.served = app, max_bytes, served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if self.served is not None and not is_ours(request.headers.get("host", ""), self.served):
            await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
            return
        if scope["method"] == "POST" and request.url.path.rstrip("/").endswith(UPLOADS):
            refusal = PlainTextResponse("files are not kept here; send the picture as base64", 403)
            await refusal(scope, receive, send)
            return
        declared = request.headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > self.max_bytes:
            refusal = PlainTextResponse(_too_large(self.max_bytes), 413)
            await refusal(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        await self.app(scope, _bounded(receive, self.max_bytes), guarded)


def _bounded(receive: Receive, max_bytes: int) -> Receive:
    """Hand on what is received, until a body that declared no length, or a false one, grows too long."""
    seen = 0

    async def bounded() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > max_bytes:
            raise HTTPException(413, _too_large(max_bytes))  # raised inside the application, which answers with it
        return message

    return bounded


def _too_large(max_bytes: int) -> str:
    return f"more than {max_bytes} bytes; send less"
