"""The page's server as programs see it: Gradio's client, plain HTTP, and those who send too much."""

import base64
import contextlib
import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
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
