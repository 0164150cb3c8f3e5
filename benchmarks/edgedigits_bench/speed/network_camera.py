"""A network camera on this machine: JPEG frames over HTTP, to test and to soak the live reader with."""

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


class NetworkCamera:
    """Sends frames, over and over, to whoever connects; close it, or use it in a `with` statement.

    Attributes:
        address: where it is.
        sent: for each frame's index when it was last sent, as `time.monotonic()`.
        stalled: while it is set, connections stay open and nothing is sent,
        steps: but for one frame for each time that this is released.
    """

    def __init__(self, frames: Sequence[NDArray[np.uint8]], port: int = 0, fps: float = 30.0, drop: int = 0) -> None:
        """Begin to serve on loopback, in threads of its own.

        Args:
            frames: uint8 BGR.
            port: 0 takes a free one.
            fps: frames per second.
            drop: break each connection off after this many frames; 0 never does.
        """
        self._jpegs = [cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames]
        self.fps, self.drop = fps, drop
        self.sent: dict[int, float] = {}
        self.stalled = threading.Event()
        self.steps = threading.Semaphore(0)
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.camera = self
        self.port = int(self._server.server_address[1])
        self.address = f"http://127.0.0.1:{self.port}/live"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> "NetworkCamera":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Break off every connection, and take no more."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def frame(self, number: int) -> bytes:
        """The JPEG that is sent as a connection's frame `number`; notes that it is."""
        index = number % len(self._jpegs)
        self.sent[index] = time.monotonic()
        return self._jpegs[index]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    camera: NetworkCamera


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=f")
        self.end_headers()
        camera, number, due = self.server.camera, 0, time.monotonic()
        try:
            while not camera.closing.wait(max(0.0, due - time.monotonic())):
                if camera.stalled.is_set() and not camera.steps.acquire(timeout=0.05):
                    continue
                jpeg = camera.frame(number)
                head = f"--f\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                number, due = number + 1, max(due + 1 / camera.fps, time.monotonic() - 1)
                if number == camera.drop:
                    return
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody needs to know who looked."""
