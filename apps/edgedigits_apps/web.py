"""`edgedigits web`: the drawing page."""

import os
from typing import Annotated

import typer

from edgedigits_apps.console import say, usage_error


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(web)


def web(
    bundle: Annotated[str, typer.Option(help="A bundle's folder, or the name of a shipped one.")] = "edge",
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets the whole network in.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; the first free one from 7860 by default.")
    ] = None,
    share: Annotated[bool, typer.Option("--share", help="Ask Gradio's servers for a public link.")] = False,
) -> None:
    """Draw a digit in the browser and see what the model sees."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before Gradio is imported
    try:
        from edgedigits_apps.web_page import build, launch
    except ImportError as error:
        raise usage_error(
            f"the drawing page needs {error.name}; install it with: pip install 'edgedigits[web]'"
        ) from error
    from edgedigits_apps.web_service import WebService

    page = build(WebService(bundle))
    say(f"drawing page: {launch(page, host, port, share)} (Ctrl-C ends it)")
    page.block_thread()
