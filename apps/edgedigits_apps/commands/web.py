"""`edgedigits web`: the drawing page."""

from typing import Annotated

import typer

from edgedigits_apps.console import say

PORTS = range(7860, 7960)


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
) -> None:
    """Draw a digit in the browser and see what the model sees."""
    from edgedigits_apps.serving.connections import Limits
    from edgedigits_apps.serving.server import Server
    from edgedigits_apps.web.app import application
    from edgedigits_apps.web.service import WebService

    app = application(WebService(bundle or "edge", bundle or "pages"))
    limits = Limits(connections=256, per_address=160)
    server = Server(app, host, (port,) if port else PORTS, limits)
    say(f"drawing page: {server.address} (Ctrl-C ends it)")
    if not server.is_loopback:
        say("this is not loopback: whoever reaches this address can ask the model, without a password")
    server.run()
