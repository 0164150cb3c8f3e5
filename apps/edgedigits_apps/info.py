"""`edgedigits info`: this device, its engines, the default bundle; what to paste into a bug report."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Annotated, Any

import typer

from edgedigits_apps.console import emit

PACKAGES = ("numpy", "opencv-python", "opencv-python-headless", "ai-edge-litert", "onnxruntime", "tensorflow", "gradio")


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
        text = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else value
        typer.echo(f"{name + ':':<14}{text}")


def collect() -> dict[str, Any]:
    """The facts, found without loading an engine."""
    from edgedigits import __version__
    from edgedigits.bundle import load_bundle, shipped_bundles
    from edgedigits.engine_choice import available_engines

    bundles = {
        name: f"({len(bundle.artifacts)} artifacts, {bundle.path})"
        for name in shipped_bundles()
        for bundle in [load_bundle(name)]
    }
    return {
        "edgedigits": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": _memory(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "engines": {name: "yes" if there else "not installed" for name, there in available_engines().items()},
        "bundles": bundles,
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _field(file: str, names: tuple[str, ...]) -> str | None:
    try:
        lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    values = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    stripped = {key.strip(): value.strip() for key, value in values.items()}
    return next((stripped[name] for name in names if name in stripped), None)


def _processor() -> str:
    return _field("/proc/cpuinfo", ("model name", "Model", "Hardware")) or platform.processor() or "unknown"


def _memory() -> str:
    total = _field("/proc/meminfo", ("MemTotal",))
    return f"{int(total.split()[0]) / 1024**2:.1f} GB" if total else "unknown"
