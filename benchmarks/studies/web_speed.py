"""How fast is the drawing page? Real server, real Chromium, real strokes: python benchmarks/studies/web_speed.py

One person draws the recorded strokes of the tests, and the browser itself measures from the pen's lifting to the answer
on the page; then ten people ask over HTTP at once, each a new question as soon as the last is answered. Needs
the extras `web` and `dev` and a Chromium.
"""

import argparse
import json
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edgedigits_bench.speed.drawing_page import CHROMIUM, draw_stroke, served, wait_for_page
from edgedigits_data import load_mnist

STROKES = Path(__file__).parents[2] / "tests" / "apps" / "web" / "strokes.json"
PEOPLE, QUESTIONS = 10, 30
# Notes when a pen was lifted, and when no question is open any more: then the answer is about the whole drawing.
WATCH = """() => {
    const tab = document.querySelector("#draw [aria-busy]") ?? document.querySelector("[aria-busy]");
    window.lifted = 0;
    window.waits = [];
    document.querySelector(".ed-pad").addEventListener("pointerup", (event) => (window.lifted = event.timeStamp), true);
    new MutationObserver(() => {
        if (tab.getAttribute("aria-busy") === "false" && window.lifted) {
            requestAnimationFrame(() => {
                if (window.lifted) window.waits.push(performance.now() - window.lifted);
                window.lifted = 0;
            });
        }
    }).observe(tab, { attributes: true, attributeFilter: ["aria-busy"] });
}"""


def one_person(address: str, drawings: Sequence[Any]) -> list[float]:
    """From lifting the pen to the answer on the page, milliseconds, for each stroke."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.locator("[data-digit=empty]").wait_for()
        page.evaluate(WATCH)
        strokes = 0
        for drawing in drawings:
            for stroke in drawing["strokes"]:
                draw_stroke(page, stroke)
                strokes += 1
                wait_for_page(page, "count => window.waits.length >= count", strokes)
            page.get_by_role("button", name="Clear").click()
            wait_for_page(page, "!document.querySelector('[aria-busy=true]')")
        waits: list[float] = page.evaluate("window.waits")
        browser.close()
    return waits


def many_people(address: str) -> list[float]:
    """How long each of ten people waits for each answer, milliseconds."""
    images = load_mnist("validation").images[:PEOPLE]

    def ask(image: Any) -> list[float]:
        body = cv2.imencode(".png", cv2.resize(255 - image, (320, 320)))[1].tobytes()
        waits = []
        for _ in range(QUESTIONS):
            request = urllib.request.Request(f"{address}api/classify", body)  # noqa: S310 - our own server
            start = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                assert "top" in json.load(answer)
            waits.append((time.perf_counter() - start) * 1000)
        return waits

    with ThreadPoolExecutor(PEOPLE) as people:
        return [wait for waits in people.map(ask, images) for wait in waits]


def summary(waits: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and the longest, milliseconds."""
    p50, p95 = np.percentile(waits, [50, 95])
    return {"count": len(waits), "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "max_ms": round(max(waits), 1)}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=int, default=40)
    wanted = parser.parse_args()
    drawings = json.loads(STROKES.read_text(encoding="utf-8"))[: wanted.drawings]
    with served() as address:
        found = {"stroke_to_answer": summary(one_person(address, drawings))}
        many_people(address)  # the first threads are started
        print(json.dumps({**found, "ten_people": summary(many_people(address))}))


if __name__ == "__main__":
    main()
