"""A real server in its own process, and Debian's Chromium to open it with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgedigits_bench.drawing_page import CHROMIUM, draw_stroke, served

SCREENSHOTS = Path(__file__).parents[2] / "runs" / "screenshots"
# Chromium as a guest that asks nobody anything on its own account.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a test pattern
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the network is cut off
]


@pytest.fixture(scope="session")
def browser():
    """A running Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=180_000)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of `edgedigits web` on the shipped bundle."""
    with served() as address:
        yield address


@pytest.fixture(scope="session")
def draw_with_mouse():
    """Draws strokes, whose points are shares of the pad's width and height, on a page's pad."""

    def draw(page, strokes):
        for stroke in strokes:
            draw_stroke(page, stroke)

    return draw


@pytest.fixture(scope="session")
def shown_image():
    """Tells the image that a page, or a part of it, shows as the model's input: uint8 (28, 28)."""

    def image(page, part="main"):
        pixels = page.locator(f"{part} .ed-image").evaluate(
            """canvas => Array.from(canvas.getContext("2d").getImageData(0, 0, 28, 28).data)"""
        )
        return np.array(pixels, np.uint8).reshape(28, 28, 4)[:, :, 0]

    return image


@pytest.fixture(scope="session")
def assert_accessible():
    """Fails where a page breaks a rule of WCAG that axe can check: labels, contrast, roles, order of headings."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page):
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()

    return check


@pytest.fixture(scope="session")
def shoot():
    """Takes a page's picture, for people to look at."""

    def picture(page, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return picture
