"""`edgedigits web`: the drawing page."""

import os
from typing import Annotated

import typer

from edgedigits_apps.console import say


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(web)


def web(
    bundle: Annotated[
        str | None,
        typer.Option(help="A bundle's folder, or a shipped one's name; by default edge, and pages for photos."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets the whole network in.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port to listen on; the first free one from 7860 by default."),
    ] = None,
    share: Annotated[bool, typer.Option("--share", help="Ask Gradio's servers for a public link.")] = False,
) -> None:
    """Draw a digit in the browser and see what the model sees."""
    from edgedigits_apps.hosts import check_place, in_url

    address = check_place(host, port)  # Gradio would try again without end
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before Gradio is imported
    from edgedigits_apps.web.page import build, launch
    from edgedigits_apps.web.service import WebService

    page = build(WebService(bundle or "edge", bundle or "pages"))
    public = launch(page, host, port, share)
    local = f"http://{in_url(host, address.is_unspecified)}:{page.server_port}/"
    say(f"drawing page: {public or local} (Ctrl-C ends it)")
    if share or not address.is_loopback:
        say("this is not loopback: whoever reaches this address can ask the model, without a password")
    page.block_thread()
