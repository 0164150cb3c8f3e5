"""Which sockets the running programs listen on: none of a batch (tests/apps/batch), else 127.0.0.1 alone."""

import time

import numpy as np
import pytest
from tests.fixtures.processes import listening, wait_until

pytestmark = pytest.mark.slow


def test_the_drawing_page_listens_on_loopback_alone(start, free_port):
    pytest.importorskip("gradio", reason="needs the extra web")
    check(start("web", "--port", free_port))


def test_the_live_page_listens_on_loopback_alone(start, network_camera):
    camera = network_camera([np.full((120, 160, 3), 200, np.uint8)] * 5)
    check(start("webcam", "--serve", 0, "--source", camera.address))


def check(program):
    wait_until(lambda: listening(program.pid), program)
    time.sleep(2)  # whatever else it may open
    assert program.poll() is None
    assert set.union(*listening(program.pid).values()) == {"127.0.0.1"}
