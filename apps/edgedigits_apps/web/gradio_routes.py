"""The routes by which Gradio's clients call: `classify` and `read`, for programs that were written for a Gradio page.

Three ways, as Gradio documents them: one request (`/gradio_api/run/NAME`), a request and an event stream
(`/gradio_api/call/NAME`, then `.../EVENT`), and `gradio_client`'s queue (`/gradio_api/queue/join` and `data`).
Gradio itself is not used: its server keeps uploads on disk and has dozens of other routes.
"""

import asyncio
import base64
import binascii
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from edgedigits import EdgeDigitsError, PictureError
from edgedigits_apps.web.requests import Intake
from edgedigits_apps.web.service import MAX_BYTES
from edgedigits_apps.web.work import unless_gone

PREFIX = "/gradio_api"
MAX_BODY = MAX_BYTES * 4 // 3 + 10_000  # base64, and the question around it
MAX_COMMAS = 100  # of a question's JSON; a body of nothing but brackets would take 100 times its size as objects
TICK, LINGER = 0.02, 1.0  # seconds between two looks for new answers, and until a stream without any ends
RESULTS = 64  # answers that wait to be fetched; the oldest is forgotten first
PICTURE = {
    "label": "picture",
    "parameter_name": "picture",
    "parameter_has_default": False,
    "parameter_default": None,
    "type": {"type": "string"},
    "python_type": {"type": "str", "description": "a picture file as base64, or as a data URL"},
    "component": "Api",
}
ANSWER = {"label": "answer", "type": {"type": "object"}, "python_type": {"type": "dict"}, "component": "Api"}

Answer = dict[str, Any]
Ask = Callable[[str, bytes], Awaitable[Answer]]


def gradio_routes(names: list[str], intake: Intake, ask: Ask) -> list[Route]:
    """The routes for the questions `names`, which `ask` answers from a picture file's bytes."""
    handlers = _Handlers(names, intake, ask)
    return [
        Route("/config", handlers.config),
        Route(f"{PREFIX}/info", handlers.info),
        Route(f"{PREFIX}/run/{{name}}", handlers.run, methods=["POST"]),
        Route(f"{PREFIX}/call/{{name}}", handlers.call, methods=["POST"]),
        Route(f"{PREFIX}/call/{{name}}/{{event}}", handlers.fetch),
        Route(f"{PREFIX}/queue/join", handlers.join, methods=["POST"]),
        Route(f"{PREFIX}/queue/data", handlers.stream),
    ]


class _Handlers:
    """What answers each route."""

    def __init__(self, names: list[str], intake: Intake, ask: Ask) -> None:
        self._names, self._intake, self._ask = names, intake, ask
        self._results = _Results()

    async def config(self, _: Request) -> Response:
        return JSONResponse(_config(self._names))

    async def info(self, _: Request) -> Response:
        return JSONResponse(_info(self._names))

    async def run(self, request: Request) -> Response:
        """Answer at once."""
        answer = await self._answer_named(request)
        return JSONResponse(answer, 400 if "error" in answer else 200)

    async def call(self, request: Request) -> Response:
        """Answer with an event, by which the real answer is fetched."""
        answer = await self._answer_named(request)
        event = secrets.token_hex(16)
        self._results.keep(event, json.dumps(answer.get("data") or answer))
        return JSONResponse({"event_id": event})

    async def fetch(self, request: Request) -> Response:
        """An event's answer, once."""
        found = self._results.take(request.path_params["event"])
        if not found:
            raise HTTPException(404, "there is no such event, or it has been fetched")
        kind = "error" if found[0].startswith("{") else "complete"
        return Response(f"event: {kind}\ndata: {found[0]}\n\n", media_type="text/event-stream")

    async def join(self, request: Request) -> Response:
        """Answer with an event, and on the session's stream with the real answer."""
        async with self._intake.body(request, MAX_BODY) as body:
            question = _question(body)
            index, session = question.get("fn_index"), question.get("session_hash")
            if not isinstance(index, int) or index not in range(len(self._names)) or not isinstance(session, str):
                raise HTTPException(400, "fn_index or session_hash is missing, or of nothing that is here")
            with self._results.under_way(session):
                answer = await self._answer(request, self._names[index], question["data"][0])
                event = secrets.token_hex(16)
                output = {**answer, "title": "edgedigits", "visible": True} if "error" in answer else answer
                message = {"msg": "process_completed", "event_id": event, "success": "data" in answer, "output": output}
                self._results.keep(session, json.dumps(message))
        return JSONResponse({"event_id": event})

    async def stream(self, request: Request) -> Response:
        """A session's answers as they come."""
        messages = self._results.messages(request.query_params.get("session_hash", ""))
        return StreamingResponse(messages, media_type="text/event-stream")

    async def _answer_named(self, request: Request) -> Answer:
        name = request.path_params["name"]
        async with self._intake.body(request, MAX_BODY) as body:
            if name not in self._names:
                raise HTTPException(404, f"there is {' and '.join(self._names)}")
            return await self._answer(request, name, _question(body)["data"][0])

    async def _answer(self, request: Request, name: str, picture: object) -> Answer:
        """Gradio's form of an answer, or of a mistake."""
        try:
            answer = await unless_gone(request, self._ask(name, from_base64(picture)))
        except EdgeDigitsError as error:
            return {"error": str(error)}
        return {"data": [{key: value for key, value in answer.items() if key != "image"}]}


def from_base64(picture: object) -> bytes:
    """A picture file that comes as base64 or as a data URL.

    Raises:
        PictureError: if it is neither, or too large.
    """
    if not isinstance(picture, str):
        raise PictureError("the picture is not text; send a picture file's bytes as base64")
    text = picture.partition(",")[2] if picture.startswith("data:") else picture
    if len(text) > MAX_BYTES * 4 // 3 + 4:
        raise PictureError(f"the picture is larger than {MAX_BYTES // 1_000_000} MB; shrink it first")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError("the picture is not base64; send a picture file's bytes as base64") from error


class _Results:
    """Answers that wait to be fetched, by event or session."""

    def __init__(self) -> None:
        self._kept: dict[str, list[str]] = {}
        self._under_way: Counter[str] = Counter()

    def keep(self, key: str, text: str) -> None:
        self._kept.setdefault(key, []).append(text)
        while sum(map(len, self._kept.values())) > RESULTS:
            self._kept.pop(next(iter(self._kept)))

    def take(self, key: str) -> list[str]:
        return self._kept.pop(key, [])

    @contextmanager
    def under_way(self, session: str) -> Iterator[None]:
        """Count a session's question as long as the `with` statement lasts."""
        self._under_way[session] += 1
        try:
            yield
        finally:
            self._under_way[session] -= 1
            self._under_way = +self._under_way  # without what has come to 0

    async def messages(self, session: str) -> AsyncIterator[str]:
        """A session's answers as server-sent events, until it has asked nothing for a second."""
        quiet = 0.0
        while quiet < LINGER:
            for message in self.take(session):
                yield f"data: {message}\n\n"
                quiet = 0.0
            quiet = 0.0 if session in self._under_way else quiet + TICK
            await asyncio.sleep(TICK)
        yield 'data: {"msg": "close_stream"}\n\n'


def _question(body: bytes) -> dict[str, Any]:
    """A body's JSON object, whose `data` is a list that is not empty."""
    try:
        if body.count(b",") > MAX_COMMAS or body.count(b"[") > MAX_COMMAS:
            raise ValueError
        question = json.loads(body)
        if not isinstance(question, dict) or not isinstance(question.get("data"), list) or not question["data"]:
            raise ValueError
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, 'the body is not {"data": ["a picture file as base64"]}') from error
    return question


def _config(names: list[str]) -> Answer:
    """What gradio_client wants to know first."""
    return {
        "version": "6.0.0",
        "protocol": "sse_v3",
        "api_prefix": PREFIX,
        "connect_heartbeat": False,
        "components": [{"id": 0, "type": "api"}],
        "dependencies": [
            {"id": index, "api_name": name, "inputs": [0], "outputs": [0], "api_visibility": "public"}
            for index, name in enumerate(names)
        ],
    }


def _info(names: list[str]) -> Answer:
    named = {f"/{name}": {"parameters": [PICTURE], "returns": [ANSWER], "api_visibility": "public"} for name in names}
    return {"named_endpoints": named, "unnamed_endpoints": {}}
