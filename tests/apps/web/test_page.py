"""The page's server as programs see it: plain HTTP, Gradio's client, and those who would do harm."""

import ast
import base64
import contextlib
import http.client
import json
import os
import re
import resource
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from tests.fixtures.processes import listening

from edgedigits_apps.serving.guard import FOREIGN
from edgedigits_apps.web.app import application
from edgedigits_apps.web.service import WebService
from edgedigits_bench.speed.drawing_page import served
from edgedigits_data import load_mnist

pytestmark = pytest.mark.slow
QUESTIONS = ["annotate", "classify", "compare", "read"]


def picture_file(image):
    return cv2.imencode(".png", cv2.resize(image, (112, 112)))[1].tobytes()


def encoded(image):
    return base64.b64encode(picture_file(image)).decode()


def post(url, body, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"Content-Type": "application/octet-stream", **names})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_the_questions(site):
    picture = picture_file(load_mnist("validation").images[0])
    answers = {name: json.loads(post(f"{site}api/{name}", picture)[1]) for name in QUESTIONS}
    assert set(answers["classify"]) == {"digit", "confidence", "top", "image", "milliseconds"}
    assert set(answers["compare"]) == {"image", "artifacts"}
    assert set(answers["read"]) == {"size", "rows", "text", "digits", "milliseconds"}
    assert set(answers["annotate"]) == set(answers["read"]) | {"annotated"}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("body", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff" + bytes(100)])
def test_what_is_no_picture_is_a_sentence(site, name, body):
    status, answer = post(f"{site}api/{name}", body)
    assert status == 400
    assert "this file" in json.loads(answer)["error"]


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
    jobs = [client.submit(picture, api_name="/classify") for _ in range(20)]
    assert {job.result()["digit"] for job in jobs} == {answer["digit"]}


def test_gradios_two_other_ways(site):
    question = json.dumps({"data": [encoded(load_mnist("validation").images[0])]}).encode()
    at_once = json.loads(post(f"{site}gradio_api/run/classify", question)[1])["data"][0]
    event = json.loads(post(f"{site}gradio_api/call/classify", question)[1])["event_id"]
    with urllib.request.urlopen(f"{site}gradio_api/call/classify/{event}", timeout=60) as answer:
        kind, data = answer.read().decode().strip().split("\n")
    assert kind == "event: complete"
    assert json.loads(data.removeprefix("data: "))[0]["top"] == at_once["top"]
    with pytest.raises(urllib.error.HTTPError, match="404"):  # fetched once
        urllib.request.urlopen(f"{site}gradio_api/call/classify/{event}", timeout=60)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1]",
        b"{}",
        b'{"data": []}',
        b'{"data": 5}',
        b'{"data":' + b"[" * 100_000,
        b"[" + b"{}," * 1_000_000,
        b"\xff",
    ],
    ids=repr,
)
@pytest.mark.parametrize("way", ["run/read", "call/read", "queue/join"])
def test_what_is_no_question_is_a_sentence(site, way, body):
    status, answer = post(f"{site}gradio_api/{way}", body)
    assert status == 400
    assert "data" in json.loads(answer)["error"]


@pytest.mark.parametrize("picture", [5, None, ["a"], {"path": "/etc/passwd"}, "/etc/passwd", "%", "data:,", ""])
def test_what_is_no_base64_is_a_sentence(site, picture):
    status, answer = post(f"{site}gradio_api/run/read", json.dumps({"data": [picture]}).encode())
    assert status == 400
    assert json.loads(answer)["error"]


def test_ten_people_at_once_each_get_their_own_answer(site):
    digits = load_mnist("validation")
    bodies = [picture_file(image) for image in digits.images[:60]]
    with ThreadPoolExecutor(10) as people:
        answers = list(people.map(lambda body: post(f"{site}api/classify", body), bodies))
    assert {status for status, _ in answers} == {200}
    top = [json.loads(body)["top"][0][0] for _, body in answers]
    assert sum(a == b for a, b in zip(top, digits.labels[:60], strict=True)) >= 55


@pytest.mark.parametrize("path", ["/api/read", "/gradio_api/run/classify"])
def test_what_is_too_large_is_refused_before_a_byte_of_it_is_sent(site, path):
    with contextlib.closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=120)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", "30000000")
        connection.endheaders()
        assert connection.getresponse().status == 413


def test_what_declares_no_size_is_refused_once_it_is_too_large(site):
    def parts():
        for _ in range(400):
            yield bytes(100_000)

    with contextlib.closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=120)) as connection:
        try:
            connection.request("POST", "/api/read", parts(), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has been told while it was still sending
        else:
            raise AssertionError("it took 40 MB")


def test_there_is_nothing_else(tiny_bundle):
    """Whoever adds a route adds it here, and thinks of who may reach it."""
    routes = {(route.path, *sorted(route.methods - {"HEAD"})) for route in application(WebService(tiny_bundle)).routes}
    files = {"main", "server", "draw", "photo", "compare", "pad", "answer", "ask"}
    assert routes == {
        *((f"/api/{name}", "POST") for name in QUESTIONS),
        *((f"/{name}.js", "GET") for name in files),
        *((path, "GET") for path in ("/", "/page.css", "/examples.json", "/limits.json")),
        *((f"/gradio_api/{path}", "POST") for path in ("run/{name}", "call/{name}", "queue/join")),
        *((f"/gradio_api/{path}", "GET") for path in ("call/{name}/{event}", "queue/data", "info")),
        ("/config", "GET"),
    }


@pytest.mark.parametrize(
    "path",
    [
        *(
            "gradio_api/upload",
            "gradio_api/process_recording",
            "gradio_api/file=/etc/passwd",
            "gradio_api/component_server",
        ),
        *("gradio_api/proxy=http://127.0.0.1/", "gradio_api/reset", "gradio_api/stream/x", "gradio_api/run/look"),
        *("monitoring", "docs", "openapi.json", "theme.css", "login", "assets/", "static/..%2f..%2fapp.py", "api"),
        *("..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/app.py", "page.css/", "api/read/", "index.html", "limits.json%00"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_every_other_route_is_none(site, path, method):
    with contextlib.closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=120)) as connection:
        connection.request(method, f"/{path}", b"{}" if method != "GET" else None)
        assert connection.getresponse().status in (404, 405)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example", "Content_Type": "multipart/form-data; boundary=x"},
        {"Origin": "http://evil.example", "Content_Type": "text/plain"},
    ],
)
@pytest.mark.parametrize(
    "path", ["api/classify", "api/read", "gradio_api/run/read", "gradio_api/queue/join", "nothing"]
)
def test_another_sites_page_may_not_ask(site, path, headers):
    status, answer = post(f"{site}{path}", picture_file(load_mnist("validation").images[0]), **headers)
    assert status == 403
    assert json.loads(answer)["error"] == FOREIGN


def test_it_works_where_not_a_byte_can_be_written_to_a_file(tmp_path):
    """No file may grow while it serves; and home, temporary and current folder stay empty before, during and after."""
    pictures = [picture_file(image) for image in load_mnist("validation").images[:4]]
    large = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (1500, 1500), np.uint8))[1].tobytes()
    folders = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "GRADIO_TEMP_DIR")}
    environment = {**os.environ, **folders, "PYTHONDONTWRITEBYTECODE": "1"}
    with served(cwd=tmp_path, env=environment, preexec_fn=write_nothing) as site:
        for picture in (*pictures, large, b"no picture", b"GIF89a"):
            for name in QUESTIONS:
                assert post(f"{site}api/{name}", picture)[0] in (200, 400)
            question = json.dumps({"data": [base64.b64encode(picture).decode()]}).encode()
            assert post(f"{site}gradio_api/run/read", question)[0] in (200, 400)
            form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nabc\r\n--x--\r\n'
            assert post(f"{site}gradio_api/upload", form, Content_Type="multipart/form-data; boundary=x")[0] == 404
            assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def write_nothing():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_it_listens_on_loopback_alone():
    started = []
    with served(started=started):
        assert listening(started[0].pid) == {started[0].pid: {"127.0.0.1"}}


@pytest.mark.parametrize(
    ("host", "status"), [("rebound.example", 403), ("", 403), ("localhost", 200), ("[::1]:7860", 200)]
)
@pytest.mark.parametrize("path", ["/", "/gradio_api/info", "/nothing"])
def test_only_requests_for_this_machines_own_name_are_answered(site, path, host, status):
    with contextlib.closing(http.client.HTTPConnection(urlsplit(site).netloc, timeout=120)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        assert connection.getresponse().status == (404 if status == 200 and path == "/nothing" else status)


def test_the_page_names_no_other_host_to_load_from(site):
    with urllib.request.urlopen(site, timeout=60) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = answer.read().decode()
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in text


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
