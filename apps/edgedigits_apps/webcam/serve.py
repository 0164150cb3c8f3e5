"""The live reader as a page for a browser: the annotated picture as MJPEG, and the latest reading.

Meant for a device in another room, so it is careful: it binds to loopback unless told otherwise, refuses requests that
were sent for another host (DNS rebinding), lets no other site embed the picture, and takes few connections.
"""

import html
import ipaddress
import json
import re
import secrets
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2

from edgedigits.errors import ServeError, UsageError
from edgedigits.live.reader import LiveFrame
from edgedigits.live.regions import RegionFrames
from edgedigits_apps.console import say
from edgedigits_apps.serving.hosts import REFUSAL, in_url, is_ours
from edgedigits_apps.webcam.readings import as_json
from edgedigits_apps.webcam.status import Speed

PAGE = Path(__file__).with_name("webcam.html")
MAX_CONNECTIONS = 12
TIMEOUT = 10.0  # seconds after which a connection that does not move is dropped
QUALITY = 80
BOUNDARY = "frame"


class Broadcast:
    """The latest picture and reading, handed from the reading loop to every connection."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._speed = Speed()
        self._shown: LiveFrame | None = None
        self._jpeg = b""
        self._number = 0
        self._watchers = 0
        self._changed = threading.Condition()

    def show(self, frames: RegionFrames) -> None:
        """Take in a frame; it is drawn and compressed only while somebody watches."""
        live_frame = frames.whole
        self._speed.tick(live_frame)
        jpeg = b""
        if self._watchers:
            picture = live_frame.page.annotate(live_frame.image)
            jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
        with self._changed:
            self._shown, self._jpeg, self._number = live_frame, jpeg, self._number + 1
            self._changed.notify_all()

    def watch(self, change: int) -> None:
        """One more watcher (1), or one fewer (-1)."""
        with self._changed:
            self._watchers += change

    def picture_after(self, number: int, patience: float) -> tuple[int, bytes]:
        """The next picture after `number` as JPEG, and its number; empty where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > number and self._jpeg, patience)
            return self._number, self._jpeg if self._number > number else b""

    def status(self) -> dict[str, Any]:
        """What the page shows beside the picture."""
        live_frame = self._shown
        reading = live_frame.reading if live_frame is not None else None
        return {
            "source": self.source,
            "frame": live_frame.frame.number if live_frame is not None else None,
            "fps": round(self._speed.fps, 1),
            "latency_ms": round(1000 * self._speed.latency),
            "reading": as_json(reading) if reading is not None else None,
        }


class Server:
    """Serves a broadcast; use it in a `with` statement."""

    def __init__(self, where: str, broadcast: Broadcast) -> None:
        """Begin to serve, in threads of its own.

        Args:
            where: "PORT" or "HOST:PORT"; loopback where no host is named, a free port for 0.
            broadcast: what to serve.

        Raises:
            ServeError: if that is no such place, or it is taken.
        """
        host, port = parse_place(where)
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            kind = type("_Http", (_Http,), {"address_family": family})
            self._http: _Http = kind((host, port), broadcast, host)
        except (OSError, OverflowError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ServeError(f"cannot serve at {where}: {reason}; choose another host or port") from error
        everywhere = ipaddress.ip_address(_address(self._http)).is_unspecified
        self.address = f"http://{in_url(host, everywhere)}:{self._http.server_address[1]}/"
        threading.Thread(target=self._http.serve_forever, args=(0.1,), name="serve", daemon=True).start()
        say(f"live at {self.address}")
        if not ipaddress.ip_address(_address(self._http)).is_loopback:
            say("this is not loopback: whoever reaches this machine over the network can watch, without a password")

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def parse_place(text: str) -> tuple[str, int]:
    """Host and port of "PORT", "HOST:PORT" or "[IPV6]:PORT".

    Raises:
        UsageError: if the text is something else.
    """
    match = re.fullmatch(r"(?:(\[[0-9a-fA-F:.]+\]|[\w.-]+):)?(\d{1,5})", text)
    if not match or int(match[2]) > 65535:
        raise UsageError(f"{text!r} is not [HOST:]PORT; use one such as 8000 or 0.0.0.0:8000")
    return (match[1] or "127.0.0.1").strip("[]"), int(match[2])


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, address: tuple[str, int], broadcast: Broadcast, served: str) -> None:
        self.broadcast, self.served = broadcast, served
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # http.server looks up the machine's full name here, which takes seconds where there is no name server.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(TIMEOUT)
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of a picture is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    server_version = "edgedigits"
    sys_version = ""

    def do_GET(self) -> None:
        if not is_ours(self.headers.get("Host", ""), self.server.served):
            self._send(HTTPStatus.FORBIDDEN, "text/plain", f"{REFUSAL}\n".encode())
        elif (path := urlsplit(self.path).path) == "/":
            self._send_page()
        elif path == "/reading.json":
            status = json.dumps(self.server.broadcast.status()).encode()
            self._send(HTTPStatus.OK, "application/json", status)
        elif path == "/stream.mjpg":
            self._send_stream()
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"there is /, /reading.json and /stream.mjpg\n")

    def _send_page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        source = html.escape(self.server.broadcast.source)
        page = PAGE.read_text(encoding="utf-8").replace("@nonce@", nonce).replace("@source@", source)
        policy = (
            f"default-src 'none'; img-src 'self' data:; connect-src 'self'; script-src 'nonce-{nonce}'; "
            f"style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", page.encode(), {"Content-Security-Policy": policy})

    def _send_stream(self) -> None:
        self._head(HTTPStatus.OK, f"multipart/x-mixed-replace; boundary={BOUNDARY}", {})
        broadcast, number = self.server.broadcast, 0
        broadcast.watch(1)
        try:
            while True:
                number, jpeg = broadcast.picture_after(number, TIMEOUT)
                if not jpeg:  # paused or without a camera: find out whether anybody is still there
                    self.wfile.write(b"\r\n")
                    continue
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
        except OSError:
            self.close_connection = True
        finally:
            broadcast.watch(-1)

    def _send(self, status: HTTPStatus, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, kind, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str, headers: dict[str, str]) -> None:
        safe = {
            "Content-Type": kind,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        self.send_response(status)
        for name, value in {**safe, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Standard error is for what went wrong, not for who looked."""


def _address(server: ThreadingHTTPServer) -> str:
    """The address a server is bound to, without an IPv6 zone."""
    return str(server.server_address[0]).split("%")[0]
