"""The drawing page's server: its files, its questions, and nothing else.

Every route stands in `application`; whatever is not among them is 404. Files are read into memory at the start, so no
request names a path on the disk, and nothing that is sent is written to one.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgedigits import EdgeDigitsError
from edgedigits_apps.serving.files import constant, file_routes
from edgedigits_apps.web.gradio_routes import gradio_routes
from edgedigits_apps.web.requests import Intake
from edgedigits_apps.web.service import MAX_BYTES, TIMED_RUNS, WebService, pixels_of
from edgedigits_apps.web.work import Workers, unless_gone

ASSETS = Path(__file__).parent / "assets"
LIMITS = {"max_bytes": MAX_BYTES, "timed_runs": TIMED_RUNS}  # what the page says about itself

Answer = dict[str, Any]
Question = Callable[[bytes], Answer]


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
            *file_routes(ASSETS, "index.html"),
            Route("/limits.json", constant(json.dumps(LIMITS).encode(), "application/json")),
            *(Route(f"/api/{name}", answer, methods=["POST"]) for name in questions),
            *gradio_routes(["classify", "read"], intake, ask),
        ],
        exception_handlers={HTTPException: _refused, EdgeDigitsError: _mistaken, ClientDisconnect: _gone},
    )
    app.router.redirect_slashes = False
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _mistaken(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody is left to take it; a stopped wait must still be answered to the server."""
    return Response(status_code=499)
