"""The browser-only demo: the same images as the runtime's, and the same answers, with the network cut off."""

import functools
import http.server
import json
import shutil
import subprocess
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits import DigitClassifier
from edgedigits.imaging.normalization import to_image
from edgedigits_data import load_mnist

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
DEMO = ROOT / "examples" / "browser"
PATIENCE = 180_000


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and keeps it to itself."""

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def demo():
    """The address of the demo, built as its page of instructions says."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm on this machine; apt-get install npm")
    if not (DEMO / "node_modules" / "onnxruntime-web").exists():
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=DEMO, check=True)
    subprocess.run([npm, "run", "--silent", "build"], cwd=DEMO, check=True)
    handler = functools.partial(Quiet, directory=DEMO / "site")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser, demo):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    outside = []
    page.on("request", lambda request: None if request.url.startswith((demo, "data:")) else outside.append(request.url))
    page.goto(demo)
    page.locator("main[aria-busy=false]").wait_for()
    yield page
    context.close()
    assert not outside


def pictures():
    """Drawings, photos and edge cases: dark and light ink, small, large, faint, empty."""
    digits = load_mnist("validation").images
    random = np.random.default_rng(1)
    yield from (
        cv2.resize(digit, (side, side))
        for digit, side in zip(digits[:8], [28, 40, 100, 320, 57, 9, 200, 333], strict=True)
    )
    yield 255 - cv2.resize(digits[9], (150, 120))
    yield (90 + cv2.resize(digits[10], (64, 90)) // 10 + random.integers(0, 6, (90, 64))).astype(np.uint8)
    yield np.full((50, 60), 200, np.uint8)
    dot = np.full((320, 320), 255, np.uint8)
    yield cv2.circle(dot.copy(), (200, 80), 5, 0, -1)
    yield cv2.line(dot.copy(), (30, 20), (300, 310), 0, 24, cv2.LINE_AA)


def test_the_images_are_the_runtimes(page):
    for picture in pictures():
        rgba = cv2.cvtColor(picture, cv2.COLOR_GRAY2RGBA)
        height, width = picture.shape
        ours = page.evaluate(
            """async ({ width, height, data }) => {
                const { toImage } = await import(new URL("normalize.js", document.baseURI));
                return Array.from(toImage({ width, height, data: Uint8ClampedArray.from(data) }));
            }""",
            {"width": width, "height": height, "data": rgba.ravel().tolist()},
        )
        difference = np.abs(np.array(ours) - to_image(picture).ravel().astype(int))
        # OpenCV weighs in fixed point, so a pixel may be rounded the other way.
        assert difference.max() <= 1, picture.shape


def test_names_what_is_drawn_while_the_network_is_cut_off(page, draw_with_mouse, shown_image, shoot, assert_accessible):
    page.context.set_offline(True)
    recordings = json.loads((ROOT / "tests" / "apps" / "web" / "strokes.json").read_text(encoding="utf-8"))[::2]
    classifier = DigitClassifier("edge", "int8.onnx")
    wrong = 0
    for recording in recordings:
        draw_with_mouse(page, recording["strokes"])
        page.locator("main[aria-busy=false]").wait_for()
        expected = classifier.predict(shown_image(page)[None])[0]
        shown = page.locator("main").get_attribute("data-digit")
        assert shown == ("none" if expected.digit is None else str(expected.digit))
        wrong += shown != str(recording["digit"])
        page.get_by_role("button", name="Clear").click()
    assert wrong <= 0.08 * len(recordings)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        draw_with_mouse(page, recordings[0]["strokes"])
        page.locator("main[aria-busy=false]").wait_for()
        assert_accessible(page)
        shoot(page, f"demo-phone-{theme}")
