"""The page's server as programs see it: Gradio's client, plain HTTP, and those who send too much."""

import ast
import base64
import contextlib
import http.client
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import pytest

from edgedigits_data import load_mnist

pytestmark = pytest.mark.slow


def encoded(image):
    return base64.b64encode(cv2.imencode(".png", cv2.resize(image, (112, 112)))[1].tobytes()).decode()


def post(url, body, content_type="application/json"):
    request = urllib.request.Request(url, body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_gradios_client_calls_by_name(site):
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(site, verbose=False)
    picture = encoded(load_mnist("validation").images[0])
    answer = client.predict(picture, api_name="/classify")
    assert set(answer) == {"digit", "confidence", "top", "milliseconds"}
    page = client.predict(picture, api_name="/read")
    assert set(page) >= {"size", "rows", "text", "digits", "milliseconds"}
    with pytest.raises(AppError, match="base64"):
        client.predict("%", api_name="/classify")


def test_ten_people_at_once_each_get_their_own_answer(site):
    digits = load_mnist("validation")
    bodies = [json.dumps({"data": [encoded(image)]}).encode() for image in digits.images[:60]]
    with ThreadPoolExecutor(10) as people:
        answers = list(people.map(lambda body: post(f"{site}gradio_api/run/classify", body), bodies))
    assert {status for status, _ in answers} == {200}
    top = [json.loads(body)["data"][0]["top"][0][0] for _, body in answers]
    assert sum(a == b for a, b in zip(top, digits.labels[:60], strict=True)) >= 55


def test_what_is_too_large_or_would_be_kept_is_refused(site):
    # Refused by what it declares, before a byte of it is sent.
    with contextlib.closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=120)) as connection:
        connection.putrequest("POST", "/gradio_api/run/classify")
        connection.putheader("Content-Length", "30000000")
        connection.endheaders()
        assert connection.getresponse().status == 413
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nabc\r\n--x--\r\n'
    assert post(f"{site}gradio_api/upload", form, "multipart/form-data; boundary=x")[0] == 403


@pytest.mark.parametrize(
    ("host", "status"), [("rebound.example", 403), ("", 403), ("localhost", 200), ("[::1]:7860", 200)]
)
@pytest.mark.parametrize("path", ["/", "/gradio_api/info"])
def test_only_requests_for_this_machines_own_name_are_answered(site, path, host, status):
    with contextlib.closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=120)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        assert connection.getresponse().status == status


def test_the_page_names_no_other_host_to_load_from(site):
    with urllib.request.urlopen(site, timeout=60) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = answer.read().decode()
    assert policy.startswith("default-src 'self';")
    assert "fonts.googleapis" not in text
    assert '<script src="http' not in text


def test_the_documentations_examples_run_as_they_are_written(site, tmp_path):
    digits = load_mnist("validation")
    cv2.imwrite(str(tmp_path / "digit.png"), cv2.resize(digits.images[0], (112, 112)))
    cv2.imwrite(str(tmp_path / "page.jpg"), 255 - cv2.resize(digits.images[1], (112, 112)))
    text = (Path(__file__).parents[3] / "docs" / "guide" / "web.md").read_text(encoding="utf-8")
    python, shell = (
        re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)[-1].replace("http://127.0.0.1:7860", site.rstrip("/"))
        for language in ("python", "sh")
    )

    def said(*command):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
        return run.stdout

    answer = ast.literal_eval(said(sys.executable, "-c", python).splitlines()[-1])
    assert answer["top"][0][0] == digits.labels[0]
    page = json.loads(said("bash", "-c", shell))["data"][0]
    assert page["size"] == [112, 112]
    assert set(page) >= {"rows", "text", "digits", "milliseconds"}


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--host", "203.0.113.7"], 1, "error: cannot serve at 203.0.113.7: .*; choose another host or port\n"),
        (["--bundle", "nowhere"], 2, "error: nowhere is not a bundle.*\n"),
        (["--port", "70000"], 2, "(?s).*65535.*"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(options, status, message):
    told = command("web", *options)
    assert told.returncode == status
    assert re.fullmatch(message, told.stderr)


def test_a_taken_port_is_said_in_a_line(site):
    told = command("web", "--port", str(urlsplit(site).port))
    assert told.returncode == 1
    assert re.fullmatch(r"error: cannot serve at 127.0.0.1:\d+: .*; choose another host or port\n", told.stderr)


def command(*words):
    words = [sys.executable, "-m", "edgedigits_apps", *words]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
