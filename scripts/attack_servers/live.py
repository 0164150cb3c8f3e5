"""The live page's server."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from scripts.attack_servers.attack import Attack, Outcome
from scripts.attack_servers.strangers import Place, answer, open_connections, peak_megabytes, seconds_until_dropped

from edgedigits_bench.speed.network_camera import NetworkCamera
from edgedigits_data.synthetic.clips import noisy, sheet

DOOR = "webcam --serve"


@contextlib.contextmanager
def server() -> Iterator[tuple[Place, int]]:
    """Where the real program serves what a network camera shows, and its process."""
    frames = [noisy(sheet(["30714"], 1), i) for i in range(5)]
    command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--serve", "0", "--source"]
    with NetworkCamera(frames) as camera:
        program = subprocess.Popen([*command, camera.address], stderr=subprocess.PIPE, text=True)  # noqa: S603 - ours
        assert program.stderr is not None
        try:
            parts = urlsplit(program.stderr.readline().split()[-1])
            yield (str(parts.hostname), int(parts.port or 80)), program.pid
        finally:
            program.kill()
            program.communicate()


def trickle() -> Outcome:
    """A hundred connections that send a byte now and then, while somebody looks."""
    with server() as (place, process), open_connections(place, 100, b"GET /rea") as connections:
        status, seconds = answer(place, "GET", "/reading.json")
        slow = seconds_until_dropped(connections[-1], b"x")
        held = status == 200 and slow < 45
        return Outcome(
            held, f"a reading {seconds * 1000:.0f} ms, the last gone after {slow:.0f} s", peak_megabytes(process)
        )


def blind_watchers() -> Outcome:
    """Forty watchers who take nothing."""
    request = b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server() as (place, process):
        before = peak_megabytes(process)
        with open_connections(place, 40, request):
            status, seconds = answer(place, "GET", "/reading.json")
        added = peak_megabytes(process) - before
        return Outcome(status == 200 and added < 100, f"a reading {seconds * 1000:.0f} ms", before + added)


def foreign_pages() -> Outcome:
    """Another site that embeds the picture."""
    ways = [{"Sec_Fetch_Site": "cross-site"}, {"Host": "evil.example"}, {"Origin": "http://evil.example"}]
    with server() as (place, process):
        seen = {answer(place, "GET", path, **way)[0] for way in ways for path in ("/stream.mjpg", "/reading.json")}
        return Outcome(seen == {403}, f"statuses {sorted(seen)}", peak_megabytes(process))


ATTACKS = [
    Attack(DOOR, "100 connections that trickle", "readings go on, gone in 45 s", trickle),
    Attack(DOOR, "40 watchers who take nothing", "readings go on, less than 100 MB more", blind_watchers),
    Attack(DOOR, "another site's page, another host's name", "403", foreign_pages),
]
