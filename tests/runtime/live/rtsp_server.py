"""An RTSP camera on loopback: GStreamer's server, and H.264 as cameras send it. For Debian's Python, which has both.

    /usr/bin/python3 rtsp_server.py FOLDER PORT

sends the folder's pictures 000.jpg, 001.jpg, ... over and over, 30 a second, at rtsp://127.0.0.1:PORT/live. Prints a
line when it listens, and then for each picture how many went before it, and when it was sent by the monotonic clock.
A number on standard input lets that many more pictures go, from the first such line on no others.
"""

import sys
import threading
import time
from itertools import count

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

FPS = 30
PIPELINE = (
    "( multifilesrc location={folder}/%03d.jpg loop=true caps=image/jpeg,framerate={fps}/1 ! jpegdec"
    " ! identity name=paced sync=true ! videoconvert ! video/x-raw,format=I420"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=4000"
    " ! identity name=sent signal-handoffs=true ! rtph264pay name=pay0 pt=96 )"
)


in_steps, steps = threading.Event(), threading.Semaphore(0)


def take_orders() -> None:
    """Let as many pictures go as standard input says."""
    for line in sys.stdin:
        in_steps.set()
        for _ in range(int(line)):
            steps.release()


def wait_for_orders(*_: object) -> Gst.PadProbeReturn:
    """Hold a picture back until it may go."""
    if in_steps.is_set():
        steps.acquire()
    return Gst.PadProbeReturn.OK


def prepare(_: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
    """Print when each picture is sent, and let it go only when it may."""
    numbers = count()

    def note(*_: object) -> None:
        print(next(numbers), time.monotonic(), flush=True)

    media.get_element().get_by_name("sent").connect("handoff", note)
    paced = media.get_element().get_by_name("paced").get_static_pad("src")
    paced.add_probe(Gst.PadProbeType.BUFFER, wait_for_orders)


def main(folder: str, port: str) -> None:
    """Serve until it is killed."""
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE.format(folder=folder, fps=FPS))
    factory.set_shared(True)
    factory.connect("media-configure", prepare)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/live", factory)
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    threading.Thread(target=take_orders, daemon=True).start()
    print("listening", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
