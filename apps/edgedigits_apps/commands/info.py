"""`edgedigits info`: this device, its engines, the default bundle; what to paste into a bug report."""

import platform
from typing import Annotated, Any

import typer

from edgedigits_apps.console import emit


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(info)


def info(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show this device, its engines and the default bundle."""
    facts = collect()
    if as_json:
        emit(facts)
        return
    for name, value in facts.items():
        if value is not None:
            text = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else value
            typer.echo(f"{name + ':':<14}{text}")


def collect() -> dict[str, Any]:
    """The facts, found without loading an engine; None for what cannot be found out."""
    from edgedigits import __version__
    from edgedigits.bundle.reading import load_bundle, shipped_bundles
    from edgedigits.engines.choice import available_engines
    from edgedigits_bench.device import describe_device

    device = describe_device()
    bundles = {
        name: f"({len(bundle.artifacts)} artifacts, {bundle.path})"
        for name in shipped_bundles()
        for bundle in [load_bundle(name)]
    }
    return {
        "edgedigits": __version__,
        "commit": device["commit"],
        "python": f"{device['python']} ({platform.python_implementation()})",
        "system": f"{device['system']} {device['kernel']} {device['machine']}",
        "model": device["model"],
        "cpu": device["cpu"],
        "instructions": " ".join(device["instruction_sets"]),
        "cores": device["usable_cores"],
        "memory": f"{device['memory_mb'] / 1024:.1f} GB" if device["memory_mb"] else None,
        "packages": device["packages"],
        "engines": {name: "yes" if there else "not installed" for name, there in available_engines().items()},
        "bundles": bundles,
    }
