"""The drawing page's server."""

import base64
import contextlib
import json
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import cv2
import numpy as np
from scripts.attack_servers.attack import Attack, Outcome
from scripts.attack_servers.strangers import Place, answer, open_connections, peak_megabytes, seconds_until_dropped

from edgedigits_bench.speed.drawing_page import served

DOOR = "web"
GRADIO = ["upload", "process_recording", "file=/etc/passwd", "component_server", "proxy=http://127.0.0.1/", "reset"]
HEAD = b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@contextlib.contextmanager
def server() -> Iterator[tuple[Place, int]]:
    """Where the real program serves, and its process."""
    started: list[subprocess.Popen[str]] = []
    with served(started) as address:
        parts = urlsplit(address)
        yield (str(parts.hostname), int(parts.port or 80)), started[0].pid


def png(side: int) -> bytes:
    """A flat PNG, small as a file whatever its size."""
    return cv2.imencode(".png", np.full((side, side), 200, np.uint8))[1].tobytes()


def other_routes() -> Outcome:
    """Gradio's routes, and paths that lead out of the folder."""
    paths = [f"/gradio_api/{name}" for name in GRADIO] + [
        "/..%2f..%2fetc/passwd",
        "/../app.py",
        "/docs",
        "/openapi.json",
    ]
    with server() as (place, process):
        seen = {answer(place, method, path, b"{}")[0] for path in paths for method in ("GET", "POST", "PUT", "DELETE")}
        return Outcome(seen <= {404, 405}, f"statuses {sorted(seen)}", peak_megabytes(process))


def foreign_pages() -> Outcome:
    """A form or script of another site."""
    ways = [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
    ]
    with server() as (place, process):
        seen = {answer(place, "POST", "/api/read", png(20), **headers)[0] for headers in ways}
        return Outcome(seen == {403}, f"statuses {sorted(seen)}", peak_megabytes(process))


def bombs() -> Outcome:
    """Six pictures of 49 megapixels at once, each a few kilobytes."""
    with server() as (place, process):
        before = peak_megabytes(process)
        body = png(7000)
        with open_connections(place, 6, HEAD % len(body) + body) as connections:
            for connection in connections:
                connection.recv(100)
        added = peak_megabytes(process) - before
        return Outcome(added < 1000, f"{added:.0f} MB more", before + added)


def endless_bodies() -> Outcome:
    """Forty bodies of 19 MB that stop before their end."""
    with server() as (place, process):
        before = peak_megabytes(process)
        with open_connections(place, 40, HEAD % 20_000_000 + bytes(19_000_000)) as connections:
            slow = max(seconds_until_dropped(connection, b"x") for connection in connections)
        added = peak_megabytes(process) - before
        return Outcome(
            added < 400 and slow < 45, f"{added:.0f} MB more, the last gone after {slow:.0f} s", before + added
        )


def json_bombs() -> Outcome:
    """Bodies of nothing but brackets, which would unfold to a hundred times their size."""
    bodies = [b'{"data":' + b"[" * 5_000_000, b"[" + b"{}," * 5_000_000, b'{"data":[' + b"1," * 5_000_000]
    with server() as (place, process):
        before = peak_megabytes(process)
        seen = {answer(place, "POST", "/gradio_api/run/read", body)[0] for body in bodies}
        added = peak_megabytes(process) - before
        return Outcome(seen == {400} and added < 150, f"statuses {sorted(seen)}, {added:.0f} MB more", before + added)


def trickle() -> Outcome:
    """Three hundred connections that send a byte now and then, while somebody draws."""
    with server() as (place, process), open_connections(place, 300, b"POST /api/cl") as connections:
        status, seconds = answer(place, "POST", "/api/classify", png(100))
        slow = seconds_until_dropped(connections[-1], b"x")
        held = status == 200 and slow < 45
        return Outcome(
            held, f"a drawing {seconds * 1000:.0f} ms, the last gone after {slow:.0f} s", peak_megabytes(process)
        )


def no_pictures() -> Outcome:
    """What is no picture, by every way in."""
    with server() as (place, process):
        seen = set()
        for content in (b"", b"GIF89a", png(20)[:40], bytes(1000), b"\xff" * 1000):
            seen |= {
                answer(place, "POST", f"/api/{name}", content)[0]
                for name in ("classify", "compare", "read", "annotate")
            }
            question = json.dumps({"data": [base64.b64encode(content).decode()]}).encode()
            seen.add(answer(place, "POST", "/gradio_api/run/read", question)[0])
        return Outcome(seen == {400}, f"statuses {sorted(seen)}", peak_megabytes(process))


ATTACKS = [
    Attack(DOOR, "routes of Gradio, paths out of the folder", "404 or 405", other_routes),
    Attack(DOOR, "another site's page, another host's name", "403", foreign_pages),
    Attack(DOOR, "six pictures of 49 megapixels at once", "less than 1,000 MB more", bombs),
    Attack(DOOR, "forty bodies of 19 MB that never end", "less than 400 MB more, gone in 45 s", endless_bodies),
    Attack(DOOR, "bodies of nothing but brackets", "400, less than 150 MB more", json_bombs),
    Attack(DOOR, "300 connections that trickle", "drawings go on, gone in 45 s", trickle),
    Attack(DOOR, "what is no picture", "400", no_pictures),
]
