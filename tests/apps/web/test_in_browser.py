"""The drawing page in a real browser: what a person does with it, and what they see."""

import base64
import contextlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgedigits import DigitReader, load_bundle
from edgedigits.imaging.normalization import to_image
from edgedigits.imaging.picture_files import load_picture, save_picture
from edgedigits_bench.speed.drawing_page import wait_for_page
from edgedigits_data import load_mnist

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
PATIENCE = 180_000  # milliseconds; a busy machine is slow, not wrong
SHAPES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
NONSENSE = {
    "zigzag": [{"points": [[0.05 + 0.09 * k, 0.2 if k % 2 else 0.8] for k in range(11)]}],
    "wave": [{"points": [[0.05 + 0.03 * k, 0.5 + 0.3 * np.sin(0.9 * k)] for k in range(31)]}],
    "star": [{"points": [[0.5 + 0.4 * np.sin(2.513 * k), 0.5 - 0.4 * np.cos(2.513 * k)] for k in range(6)]}],
    "line": [{"points": [[0.1, 0.5], [0.9, 0.5]]}],
    "hatching": [
        *({"points": [[0.1, y], [0.9, y]]} for y in (0.15, 0.4, 0.65, 0.9)),
        *({"points": [[x, 0.1], [x, 0.9]]} for x in (0.15, 0.4, 0.65, 0.9)),
    ],
}


def recordings():
    """Training digits as a pen would draw them, and the page's own examples, drawn by hand."""
    examples = HERE.parents[2] / "apps/edgedigits_apps/web/assets/examples.json"
    by_hand = json.loads(examples.read_text(encoding="utf-8")).items()
    return [
        *((r["digit"], r["strokes"]) for r in json.loads((HERE / "strokes.json").read_text(encoding="utf-8"))),
        *((int(digit), strokes) for digit, strokes in by_hand),
    ]


@contextlib.contextmanager
def opened(browser, site, shape="desktop", **options):
    """A page of a browser that nobody has used before; it fails the test that makes it complain."""
    complaints = []
    with contextlib.closing(browser.new_context(viewport=SHAPES[shape], **options)) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if unexpected(message) else None)
        page.on("request", lambda request: None if ours(request.url, site) else complaints.append(request.url))
        page.goto(site)
        page.locator(".ed-pad").wait_for()
        wait_for_page(page, "document.querySelector('[data-digit=empty]')")
        yield page
    assert not complaints


def unexpected(message):
    """Whether the console tells of an error; that a picture was refused is told by the page."""
    return message.type == "error" and "responded with a status of 4" not in message.text


def ours(url, site):
    return url.startswith((site, "data:", "blob:"))


@pytest.fixture
def page(browser, site):
    with opened(browser, site) as page:
        yield page


@pytest.fixture
def draw(draw_with_mouse):
    """Draws, waits until the answer is about all of it, and says that."""

    def draw(page, strokes):
        draw_with_mouse(page, strokes)
        return answer(page)

    return draw


def answer(page):
    """The answer as shown, once no question is under way: a digit, "none" or "empty"."""
    wait_for_page(page, "!document.querySelector('[aria-busy=true]')")
    return page.locator("[data-digit]").get_attribute("data-digit")


def sheet(strokes):
    """The strokes as OpenCV draws them."""
    picture = np.full((400, 400), 255, np.uint8)
    for stroke in strokes:
        points = (np.array(stroke["points"]) * 300 + 50).round().astype(np.int32)
        cv2.polylines(picture, [points], False, 0, 24, cv2.LINE_AA)
    return picture


def test_names_what_is_drawn_and_shows_what_the_model_sees(page, draw, shown_image, shoot):
    wrong, alike = [], []
    drawn = recordings()
    for digit, strokes in drawn:
        shown = draw(page, strokes)
        if shown != str(digit):
            wrong.append((digit, shown))
        alike.append(np.corrcoef(shown_image(page, "#draw").ravel(), to_image(sheet(strokes)).ravel())[0, 1])
        top = page.locator("[data-part=top] b").all_inner_texts()
        assert len(set(top)) == 3
        assert top[0] == shown or shown == "none"
        page.get_by_role("button", name="Clear").click()
    shoot(page, "empty")
    assert len(wrong) <= 0.05 * len(drawn), wrong
    assert np.mean(alike) > 0.9


def test_nothing_drawn_and_nonsense_are_no_digits(page, draw, shown_image, shoot):
    words = page.locator("[data-part=words]")
    assert "Nothing drawn" in words.inner_text()
    refused = []
    for name, strokes in NONSENSE.items():
        if draw(page, strokes) == "none":
            assert words.inner_text().startswith("Not a digit")
            refused.append(name)
        shoot(page, f"nonsense-{name}")
        page.get_by_role("button", name="Clear").click()
        assert answer(page) == "empty"
    assert len(refused) >= len(NONSENSE) - 1, refused
    assert "Nothing drawn" in words.inner_text()
    assert not shown_image(page, "#draw").any()


def test_undo_takes_back_one_stroke_and_clear_all(page, draw, shown_image):
    undo, clear = (page.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    assert undo.is_disabled()
    assert clear.is_disabled()
    first, second = [{"points": [[0.5, 0.2], [0.5, 0.8]]}], [{"points": [[0.2, 0.5], [0.8, 0.5]]}]
    draw(page, first)
    before = shown_image(page, "#draw")
    draw(page, second)
    assert (shown_image(page, "#draw") != before).any()
    undo.click()
    answer(page)
    assert (shown_image(page, "#draw") == before).all()
    draw(page, second)
    clear.click()
    assert answer(page) == "empty"
    assert undo.is_disabled()


def test_a_broader_brush_gives_more_ink(page, draw, shown_image):
    def ink(width):
        page.get_by_role("slider", name="Brush").fill(str(width))
        draw(page, [{"points": [[0.3, 0.2], [0.7, 0.8]]}, {"points": [[0.7, 0.2], [0.3, 0.8]]}])
        total = int(shown_image(page, "#draw").sum())
        page.get_by_role("button", name="Clear").click()
        return total

    assert ink(4) < ink(8) < ink(14)


def test_the_keyboard_alone_draws(page, shoot):
    page.locator(".ed-pad").focus()
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16 + ["Space"]:
        page.keyboard.press(key)
    assert answer(page) == "1"
    shoot(page, "keyboard")
    page.keyboard.press("Control+z")
    assert answer(page) == "empty"
    # All else can be reached with Tab, and no button takes the focus away with it.
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    for expected in ("Undo", "Clear"):
        page.keyboard.press("Tab")
        assert focused(page) == expected
    page.keyboard.press("Enter")
    assert answer(page) == "empty"
    assert focused(page) == "Drawing surface"
    for expected in ("brush", "Example: 0"):
        page.keyboard.press("Tab")
        assert focused(page) == expected
    page.keyboard.press("Enter")
    assert answer(page) == "0"


def focused(page):
    return page.evaluate(
        "(({ ariaLabel, innerText, dataset }) => ariaLabel || innerText || dataset.part)(document.activeElement)"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_finger_draws_on_a_phone(browser, site, theme, shoot, assert_accessible):
    digit, strokes = recordings()[-8]  # a two, drawn by hand
    with opened(browser, site, "phone", color_scheme=theme, has_touch=True, is_mobile=True) as page:
        pad = page.locator(".ed-pad")
        box = pad.bounding_box()
        assert box["width"] > 300
        touch = page.context.new_cdp_session(page)
        at = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in strokes[0]["points"]]
        scrolled = page.evaluate("scrollY")
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at[:1]})
        for point in at[1:]:
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert answer(page) == str(digit)
        assert page.evaluate("scrollY") == scrolled
        assert page.evaluate("document.documentElement.scrollWidth") <= SHAPES["phone"]["width"]
        ink, paper = (pad.evaluate(f"pad => getComputedStyle(pad).{name}") for name in ("color", "backgroundColor"))
        assert (brightness(ink) > brightness(paper)) == (theme == "dark")
        top = page.locator("[data-part=words]").bounding_box()
        assert top["y"] + top["height"] <= SHAPES["phone"]["height"]  # the whole answer is seen while one draws
        assert_accessible(page)
        shoot(page, f"phone-{theme}")
        for tab, there in (("Photo", ".ed-sheet"), ("Compare", "tbody tr >> nth=5")):
            page.get_by_role("tab", name=tab).click()
            page.locator(f"#{tab.lower()} {there}").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= SHAPES["phone"]["width"]
            assert_accessible(page)
            shoot(page, f"phone-{theme}-{tab.lower()}")
        sideways = page.locator("#compare .ed-scroll").evaluate("table => table.scrollWidth - table.clientWidth")
        assert sideways == 0
        assert len(page.locator("#compare tbody th").all_inner_texts()) == len(load_bundle("edge").artifacts)


def brightness(color):
    return sum(float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3])


def test_compares_the_artifacts_on_the_same_drawing(page, draw, shown_image, shoot):
    digit, strokes = recordings()[-7]
    draw(page, strokes)
    seen = shown_image(page, "#draw")
    page.get_by_role("tab", name="Compare").click()
    panel = page.locator("#compare")
    artifacts = load_bundle("edge").artifacts
    panel.locator("tbody tr").nth(len(artifacts) - 1).wait_for()
    assert panel.locator("tbody th").all_inner_texts() == artifacts
    assert panel.locator("tbody td:nth-child(2)").all_inner_texts() == [str(digit)] * len(artifacts)
    assert all(" µs" in time for time in panel.locator("tbody td:nth-child(4)").all_inner_texts())
    assert (shown_image(page, "#compare") == seen).all()
    shoot(page, "compare")


def photo_of_digits(path):
    """Nine validation digits on paper, as a camera might see them; gives the rows that the reader reads."""
    images = load_mnist("validation").images[20:29]
    picture = np.full((900, 1200), 215, np.uint8)
    for i, image in enumerate(images):
        ink = cv2.resize(image, (140, 140), interpolation=cv2.INTER_CUBIC)
        y, x = 80 + 280 * (i // 3), 150 + 350 * (i % 3)
        picture[y : y + 140, x : x + 140] -= (ink * 0.7).astype(np.uint8)
    save_picture(path, cv2.GaussianBlur(picture, (0, 0), 1.5))
    rows = DigitReader().read(load_picture(path)).rows
    assert len(rows) == 3
    return rows


def test_reads_a_photo_into_text_and_a_table(page, tmp_path, shoot, assert_accessible):
    rows = photo_of_digits(tmp_path / "page.jpg")
    page.get_by_role("tab", name="Photo").click()
    page.get_by_label("Choose a photo").set_input_files(tmp_path / "page.jpg")
    page.locator("[data-part=result]").wait_for()
    assert page.locator("[data-part=text]").input_value().split("\n") == rows
    table = page.locator("[data-part=digits] tr")
    numbers = [str(number) for number, row in enumerate(rows, 1) for _ in row]
    assert table.locator("th").all_inner_texts() == numbers
    assert "".join(table.locator("td:nth-child(2)").all_inner_texts()) == "".join(rows)
    assert (
        page.locator("img[data-part=photo]").evaluate("photo => photo.decode().then(() => photo.naturalWidth)") == 1200
    )
    assert_accessible(page)
    shoot(page, "photo")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").split() == rows


def test_what_is_no_photo_is_refused_in_a_sentence(page, tmp_path, shoot):
    flat = np.zeros((10_000, 10_000), np.uint8)
    files = {
        "not a picture": b"a text\n" * 100,
        "larger than 20 MB": bytes(21_000_000),
        "more than 50 megapixels": cv2.imencode(".png", flat)[1].tobytes(),
        "No digits found": cv2.imencode(".png", np.full((300, 400), 230, np.uint8))[1].tobytes(),
    }
    page.get_by_role("tab", name="Photo").click()
    for i, (message, content) in enumerate(files.items()):
        (tmp_path / f"{i}.png").write_bytes(content)
        page.get_by_label("Choose a photo").set_input_files(tmp_path / f"{i}.png")
        page.locator("#photo").get_by_text(message).wait_for()
        shoot(page, f"refused-{i}")


def test_a_photo_can_be_pasted(page, tmp_path):
    rows = photo_of_digits(tmp_path / "page.png")
    page.get_by_role("tab", name="Photo").click()
    page.locator("[data-part=file]").wait_for(state="attached")
    page.evaluate(
        """async (base64) => {
            const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData }));
        }""",
        base64.b64encode((tmp_path / "page.png").read_bytes()).decode(),
    )
    page.locator("[data-part=result]").wait_for()
    assert page.locator("[data-part=text]").input_value().split("\n") == rows


def test_the_camera_takes_a_photo(page, shoot):
    page.get_by_role("tab", name="Photo").click()
    page.get_by_role("button", name="Use the camera").click()
    wait_for_page(page, "document.querySelector('[data-part=video]').videoWidth")
    shoot(page, "camera")
    page.get_by_role("button", name="Take the picture").click()
    page.locator("[data-part=result]").wait_for()
    assert page.locator("[data-part=viewfinder]").is_hidden()
    assert page.locator("[data-part=video]").evaluate("video => !video.srcObject?.active")
    assert "digit" in page.locator("#photo [data-part=status]").inner_text()
