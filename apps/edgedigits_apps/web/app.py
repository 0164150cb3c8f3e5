"""The drawing page's server: its files, its questions, and nothing else.

Every route stands in `application`; whatever is not among them is 404. Files are read into memory at the start, so no
request names a path on the disk, and nothing that is sent is written to one.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgedigits import EdgeDigitsError
from edgedigits_apps.web.gradio_routes import gradio_routes
from edgedigits_apps.web.requests import Intake
from edgedigits_apps.web.service import MAX_BYTES, TIMED_RUNS, WebService, pixels_of
from edgedigits_apps.web.work import Workers, unless_gone

ASSETS = Path(__file__).parent / "assets"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json"}

Answer = dict[str, Any]
Question = Callable[[bytes], Answer]
# Awaited by Starlette itself; what is not a coroutine it would run in threads of its own, and wait there.
Handler = Callable[[Request], Awaitable[Response]]


def application(service: WebService) -> Starlette:
    """Everything that is served: the page, its files, its questions, and Gradio's form of two of them."""
    workers, intake = Workers(), Intake()
    # What is asked about a single digit is answered beside the photos where the picture is small.
    single: dict[str, Question] = {"classify": service.classify, "compare": service.compare}
    pages: dict[str, Question] = {"read": service.read, "annotate": partial(service.read, annotated=True)}
    questions = {**single, **pages}

    async def ask(name: str, content: bytes) -> Answer:
        return await workers.run(partial(questions[name], content), pixels_of(content), name in single)

    async def answer(request: Request) -> Response:
        async with intake.body(request, MAX_BYTES) as content:
            return JSONResponse(await unless_gone(request, ask(request.scope["path"].rpartition("/")[2], content)))

    app = Starlette(
        routes=[
            *(Route(path, file) for path, file in _files()),
            *(Route(f"/api/{name}", answer, methods=["POST"]) for name in questions),
            *gradio_routes(["classify", "read"], intake, ask),
        ],
        exception_handlers={HTTPException: _refused, EdgeDigitsError: _mistaken, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False
    return app


def _files() -> Iterator[tuple[str, Handler]]:
    """Each of the page's files: its path, and what answers with it."""
    limits = json.dumps({"max_bytes": MAX_BYTES, "timed_runs": TIMED_RUNS})
    yield "/limits.json", _constant(limits.encode(), "application/json")
    for file in sorted(ASSETS.iterdir()):
        if file.suffix in KINDS:
            path = "/" if file.name == "index.html" else f"/{file.name}"
            yield path, _constant(file.read_bytes(), KINDS[file.suffix])


def _constant(content: bytes, kind: str) -> Handler:
    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind)

    return answer


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _mistaken(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody is left to take it; a stopped wait must still be answered to the server."""
    return Response(status_code=499)
