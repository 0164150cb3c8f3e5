"""Pictures from addresses, standard input, files and folders."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from edgedigits.errors import PictureError
from edgedigits_apps.photos.sources import expand, load, public_name
from edgedigits_data.synthetic.clips import sheet

PICTURE = sheet(["30714"], 1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A web server with a picture, a page, and an address that leads to a file."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "file:///etc/hostname")
                self.end_headers()
                return
            self.send_response(200 if path in ("/a.png", "/page") else 404)
            self.end_headers()
            self.wfile.write(cv2.imencode(".png", PICTURE)[1].tobytes() if path == "/a.png" else b"<html>")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Pages) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()


def test_an_address_is_fetched_and_read(server: str, edgedigits: Callable[..., Any]) -> None:
    np.testing.assert_array_equal(load(f"{server}/a.png"), PICTURE)
    done = edgedigits("read", f"{server}/a.png?token=s3cret", "--json")
    assert done.returncode == 0
    assert '"rows": ["30714"]' in done.stdout
    assert f'"source": "{server}/a.png"' in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/none.png", "the server answers 404"),
        ("/page", "is not a picture|is no picture|not read"),
        ("/elsewhere", "cannot be fetched"),
    ],
)
def test_an_address_without_a_picture_is_named(server: str, path: str, message: str) -> None:
    with pytest.raises(PictureError, match=message) as raised:
        load(server + path)
    assert "\n" not in str(raised.value)


def test_nobody_there_is_one_line(edgedigits: Callable[..., Any]) -> None:
    done = edgedigits("read", "http://me:s3cret@127.0.0.1:9/a.png")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "http://127.0.0.1:9/a.png cannot be fetched" in done.stderr
    assert "s3cret" not in done.stderr


def test_names_hold_no_secrets() -> None:
    assert public_name("https://u:p@a@host:8/x/y.jpg?token=1#f") == "https://host:8/x/y.jpg"
    assert public_name("a?b#c.jpg") == "a?b#c.jpg"


def test_sources_are_expanded_in_the_order_given(tmp_path: Any) -> None:
    for name in ("b.jpg", "a.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "none").mkdir()
    found = expand(["-", str(tmp_path), "http://host/c.jpg", str(tmp_path / "none")])
    assert [name for name, _ in found] == [
        *("-", str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg"), "http://host/c.jpg", str(tmp_path / "none"))
    ]
    assert [error is None for _, error in found] == [True] * 4 + [False]
