"""No password of a camera is shown, wherever it stands in its address."""

import pickle
import subprocess
import sys

import pytest

from edgedigits import SourceError
from edgedigits.live.addresses import Address
from edgedigits.live.frame import CaptureSettings
from edgedigits.live.sources import open_source

SECRET = "S3CR"
# As users write them, and what is left of them.
ADDRESSES = {
    "rtsp://cam.example/live": "rtsp://cam.example/live",
    "rtsp://u:S3CRET@cam.example:554/live": "rtsp://cam.example:554/live",
    "rtsp://S3CRET@cam.example": "rtsp://cam.example",
    "rtsp://u:S3CR@ET@cam.example/live": "rtsp://cam.example/live",
    "rtsp://u:S3CR/ET@cam.example/live": "rtsp://***",
    "rtsp://u:12/S3CR@cam.example/live": "rtsp://***",
    "rtsp://u:S3CR?ET@cam.example/live": "rtsp://***",
    "rtsp://u:S3CR#ET@cam.example/live": "rtsp://***",
    "http://cam.example/live?user=u&password=S3CRET": "http://cam.example/live",
    "http://cam.example?password=S3CRET": "http://cam.example",
    "http://cam.example/live?password=S3CR@ET": "http://***",
    "http://cam.example/live#S3CRET": "http://cam.example/live",
    "rtsp://cam.example/user=admin&password=S3CRET&stream=0.sdp": "rtsp://cam.example/***",
    "rtsp://cam.example/a;S3CRET/b": "rtsp://cam.example/***/b",
    "HTTP://u:S3CRET@[::1]:80/": "HTTP://[::1]:80/",
    "http://u:S3CRET@cam.example/\x1b[31m": r"http://cam.example/\x1b[31m",
    "rtsp:/u:S3CRET@cam.example/live": "rtsp://***",
    "rtsp:u:S3CRET@cam.example": "rtsp://***",
    "://u:S3CRET@cam.example": "***",
    "not a scheme://u:S3CRET@cam.example": "***",
}


@pytest.mark.parametrize(("text", "shown"), ADDRESSES.items())
def test_what_is_shown(text: str, shown: str) -> None:
    address = Address(text)
    assert str(address) == f"{address}" == shown
    assert address.reveal() == text
    for told in (str(address), repr(address), repr([address]), f"{address!r:>100}"):
        assert SECRET not in told
    assert pickle.loads(pickle.dumps(address)) == address


@pytest.mark.parametrize("text", [text for text in ADDRESSES if not text.startswith("http://cam.example/live#")])
def test_no_error_shows_a_password(text: str) -> None:
    """With a scheme that nothing opens, so that no name server is asked."""
    unknown = text.replace("rtsp", "gopher").replace("http", "gopher").replace("HTTP", "gopher")
    with pytest.raises(SourceError) as caught:
        open_source(unknown, CaptureSettings(), lambda _: None)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["rtsp://u:S3CR@ET@127.0.0.1:9/a", "rtsp://u:S3CR/ET@127.0.0.1:9/a", "http://127.0.0.1:9/?password=S3CRET"]
)
def test_the_program_shows_no_password(text: str) -> None:
    """Whatever ffmpeg and OpenCV have to say about a camera that does not answer."""
    command = [sys.executable, "-m", "edgedigits_apps", "webcam", "--headless", "--source", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "://" in done.stderr
    assert SECRET not in done.stderr + done.stdout
