"""The page for a device in another room, over real sockets."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.fixtures.processes import listening

from edgedigits import DigitReader
from edgedigits.errors import UsageError
from edgedigits_apps.webcam.serve import LIMITS, MAX_WATCHERS, parse_place
from edgedigits_bench.speed.network_camera import NetworkCamera
from edgedigits_data.synthetic.clips import noisy, sheet

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the real program serves what a network camera shows; it must end cleanly in the end."""
    frames = [noisy(sheet(["30714"], 1), i) for i in range(5)]
    command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--serve", "0", "--source"]
    with NetworkCamera(frames) as camera:
        program = subprocess.Popen([*command, camera.address], stderr=subprocess.PIPE, text=True)
        try:
            assert program.stderr is not None
            line = program.stderr.readline()
            match = re.fullmatch(r"live at http://127\.0\.0\.1:(\d+)/\n", line)
            assert match, line
            yield int(match[1])
            program.send_signal(signal.SIGTERM)
            assert program.wait(30) == 0
            assert program.stderr.read() == ""
        finally:
            program.kill()
            program.communicate()


def get(port: int, path: str, host: str | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": host} if host else {})
    return connection.getresponse()


def wait_for_reading(port: int) -> dict[str, Any]:
    for _ in range(600):
        with get(port, "/reading.json") as answer:
            status = json.loads(answer.read())
        if status["reading"]:
            return status
        time.sleep(0.1)
    raise AssertionError("no reading came")


def test_it_listens_on_loopback_alone(webcam: Any, two_sheets: tuple[Path, list[list[str]]]) -> None:
    program = webcam("--serve", "0", "--source", two_sheets[0], "--realtime")
    assert "live at http://127.0.0.1:" in program.stderr.readline()
    assert listening(program.pid) == {program.pid: {"127.0.0.1"}}


def test_the_reading(port: int) -> None:
    status = wait_for_reading(port)
    assert status["reading"]["rows"] == DigitReader().read(sheet(["30714"], 1)).rows
    assert status["fps"] > 0


def test_the_page(port: int) -> None:
    with get(port, "/") as answer:
        page = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200
    assert "unsafe" not in policy
    assert not re.search(r"<script>|<style| style=| on\w+=", page), "the policy lets nothing inline run"
    for path in re.findall(r'(?:src|href)="(?!data:)/?([^"]+)"', page):
        with get(port, f"/{path}") as answer:
            assert answer.status == 200
            answer.close()


def test_the_stream(port: int) -> None:
    with get(port, "/stream.mjpg") as answer:
        assert answer.headers["Content-Type"].startswith("multipart/x-mixed-replace; boundary=")
        for _ in range(3):
            assert answer.readline() == b"--frame\r\n"
            assert answer.readline() == b"Content-Type: image/jpeg\r\n"
            length = int(answer.readline().split()[1])
            answer.readline()
            picture = cv2.imdecode(np.frombuffer(answer.read(length), np.uint8), cv2.IMREAD_COLOR)
            assert picture.shape == (480, 640, 3)
            answer.readline()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "a b"])
def test_requests_for_another_host_are_refused(port: int, host: str) -> None:
    """A page elsewhere whose name was pointed at this machine must not see the picture."""
    for path in ("/", "/reading.json", "/stream.mjpg"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert re.match(rb"HTTP/1.1 40[03]", connection.recv(100))


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "127.0.0.1", "[::1]:8000", "192.168.1.7:8000"])
def test_requests_for_this_host_are_answered(port: int, host: str) -> None:
    with get(port, "/reading.json", host) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/live.html", "/serve.py", "/assets/live.js", "/reading.json/"])
def test_there_is_nothing_else(port: int, path: str) -> None:
    with get(port, path) as answer:
        assert answer.status == 404
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 405 " in connection.recv(100)


@pytest.mark.parametrize("path", ["/reading.json", "/stream.mjpg"])
def test_another_sites_page_may_not_look(port: int, path: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as answer:
        assert answer.status == 403


def test_connections_that_never_ask_do_not_keep_it_from_answering(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(2 * LIMITS.connections):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            connection.sendall(b"GET /rea")
        assert wait_for_reading(port)


def test_too_many_watchers_are_told(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(MAX_WATCHERS):
            watcher = stack.enter_context(get(port, "/stream.mjpg"))
            assert watcher.status == 200
            assert watcher.readline()
        with get(port, "/stream.mjpg") as answer:
            assert answer.status == 503
        assert wait_for_reading(port), "the reading is still there for them"
    with get(port, "/stream.mjpg") as answer:
        assert answer.status in (200, 503)


def test_a_port_that_is_taken(port: int, two_sheets: tuple[Path, list[list[str]]]) -> None:
    command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--source", str(two_sheets[0]), "--serve", str(port)]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 1
    assert re.fullmatch(
        r"error: cannot serve at 127\.0\.0\.1:\d+: Address already in use; choose another host or port\n", told.stderr
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8000", ("127.0.0.1", 8000)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:8000", ("::1", 8000)),
        ("pi.local:1", ("pi.local", 1)),
    ],
)
def test_places(text: str, place: tuple[str, int]) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize("text", ["", "host", ":80", "1:2:3", "99999", "::1:80", "80/x"])
def test_places_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"HOST:\]PORT"):
        parse_place(text)
