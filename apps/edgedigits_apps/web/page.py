"""The drawing page in Gradio: three tabs, each a piece of HTML with its own script, and the programming interface."""

import html
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from edgedigits import EdgeDigitsError
from edgedigits_apps.hosts import in_url
from edgedigits_apps.web.limits import Limits
from edgedigits_apps.web.service import MAX_BYTES, TIMED_RUNS, WebService

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = "edgedigits"  # where the assets are served, below the page's own address
FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
MONO = ["ui-monospace", "Consolas", "monospace"]
MAX_BODY = MAX_BYTES * 4 // 3 + 10_000  # base64, and the question around it

Answer = dict[str, Any]


def build(service: WebService) -> gr.Blocks:
    """The page, ready to launch."""
    with gr.Blocks(title="edgedigits", analytics_enabled=False) as page:
        gr.Markdown("# edgedigits\nA small model on the computer behind this page reads digits. Nothing is kept.")
        with gr.Tab("Draw"):
            _tab("draw", {"look": service.classify}, examples=_examples())
        with gr.Tab("Photo"):
            _tab("photo", {"read": partial(service.read, annotated=True)}, max_bytes=str(MAX_BYTES))
        with gr.Tab("Compare"):
            _tab("compare", {"compare": service.compare}, runs=str(TIMED_RUNS))
        for endpoint in _endpoints(service):
            gr.api(endpoint, queue=False)  # answered at once, in a thread of its own
    return page


def launch(page: gr.Blocks, host: str, port: int | None, share: bool) -> str | None:
    """Serve the page from a thread of its own.

    Returns:
        with `share`, the public address, or None if there is none to be had.
    """
    _, _, public = page.launch(
        server_name=in_url(host, everywhere=False),
        server_port=port,
        share=share,
        prevent_thread_lock=True,
        quiet=True,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=["api"],
        theme=gr.themes.Base(font=FONT, font_mono=MONO),
        css_paths=ASSETS / "page.css",
        app_kwargs={
            "routes": [Mount(f"/{SCRIPTS}", StaticFiles(directory=ASSETS))],
            "middleware": [Middleware(Limits, max_bytes=MAX_BODY, served=None if share else host)],
        },
    )
    return str(public) if public else None


def _tab(name: str, functions: dict[str, Callable[[str], Answer]], **texts: str) -> None:
    """A tab's HTML, the module that brings it to life, and what that module may ask the server."""
    script = f"import(new URL('{SCRIPTS}/{name}.js', document.baseURI)).then((tab) => tab.mount(element, server))"
    content = (ASSETS / f"{name}.html").read_text(encoding="utf-8")
    for key, text in texts.items():
        content = content.replace(f"@{key}", text)
    gr.HTML(
        html_template=content,
        js_on_load=script,
        server_functions=[_answering(key, function) for key, function in functions.items()],
        elem_id=name,
        apply_default_css=False,
    )


def _answering(name: str, function: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """A function as the page calls it: by `name`, with a user's mistake as an answer."""

    def answer(picture: str) -> Answer:
        try:
            return function(picture)
        except EdgeDigitsError as error:
            return {"error": str(error)}

    answer.__name__ = name
    return answer


def _endpoints(service: WebService) -> list[Callable[[str], Answer]]:
    """What Gradio's client calls by name; the docstrings become the interface's description."""

    def classify(picture: str) -> Answer:
        """Name the digit on a picture of one digit: a picture file as base64, or as a data URL."""
        answer = _or_gradio_error(service.classify, picture)
        return {key: value for key, value in answer.items() if key != "image"}

    def read(picture: str) -> Answer:
        """Read the digits on a photo: a picture file as base64, or as a data URL."""
        return _or_gradio_error(service.read, picture)

    return [classify, read]


def _or_gradio_error(function: Callable[[str], Answer], picture: str) -> Answer:
    try:
        return function(picture)
    except EdgeDigitsError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _examples() -> str:
    examples = json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))
    return "".join(_example(digit, strokes) for digit, strokes in examples.items())


def _example(digit: str, strokes: list[dict[str, Any]]) -> str:
    lines = "".join(f'<polyline points="{" ".join(f"{x},{y}" for x, y in stroke["points"])}"/>' for stroke in strokes)
    data = html.escape(json.dumps(strokes, separators=(",", ":")))
    return (
        f'<button type="button" data-strokes="{data}" aria-label="Example: {digit}">'
        f'<svg viewBox="0 0 1 1" aria-hidden="true">{lines}</svg></button>'
    )
