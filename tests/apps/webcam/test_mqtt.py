"""Readings at a real broker: Debian's mosquitto, with passwords and TLS."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.processes import die_with_the_tests

from edgedigits_apps.webcam.mqtt import PASSWORD, Broker, discovery, parse_broker
from edgedigits_data.synthetic.clips import noisy, sheet

pytest.importorskip("paho.mqtt.client", reason="needs the extra mqtt")
MOSQUITTO = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)
Clip = tuple[Path, list[list[str]]]


class RunningBroker:
    """A mosquitto on a port of this machine, and what arrives at it."""

    def __init__(self, folder: Path, port: int, lines: str = "allow_anonymous true") -> None:
        self.port, self.messages, self._folder = port, [], folder
        (folder / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\n{lines}\nuser root\n")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert MOSQUITTO is not None
        command = [MOSQUITTO, "-c", str(self._folder / "mosquitto.conf")]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_the_tests
        )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        """Stop it, as an update of the broker would."""
        self._process.terminate()
        self._process.communicate()

    def retained(self, topic: str = "#", seconds: float = 30, **options: Any) -> dict[str, bytes]:
        """What a newcomer is sent: the retained messages by topic, once there are some."""
        from paho.mqtt import client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        found: dict[str, bytes] = {}

        def took(_client: Any, _data: Any, message: Any) -> None:
            if message.retain:  # else it has only just been published
                found[message.topic] = message.payload

        until = time.monotonic() + seconds
        while not found and time.monotonic() < until:
            client = paho.Client(CallbackAPIVersion.VERSION2)
            if "user" in options:
                client.username_pw_set(options["user"], options["password"])
            if "ca" in options:
                client.tls_set(str(options["ca"]))
            client.on_message = took
            client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
            client.connect("localhost", self.port)
            client.loop_start()
            time.sleep(0.5)
            client.disconnect()
            client.loop_stop()
        return found


@pytest.fixture
def broker(tmp_path: Path, free_port: int) -> Iterator[RunningBroker]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    running = RunningBroker(tmp_path, free_port)
    yield running
    running.stop()


@pytest.mark.slow
def test_readings_are_retained_and_the_end_is_told(
    webcam: Callable[..., Any], two_sheets: Clip, broker: RunningBroker
) -> None:
    address = f"mqtt://127.0.0.1:{broker.port}/home/meter"
    options = ["--decimal", 2, "--home-assistant", "--snapshot"]
    program = webcam("--source", two_sheets[0], "--realtime", "--headless", "--mqtt", address, *options)
    out, err = program.communicate(timeout=120)
    assert program.returncode == 0, err
    found = broker.retained()
    reading = json.loads(found["home/meter"])
    assert reading["rows"] == two_sheets[1][-1]
    assert reading["value"] == json.loads(out.splitlines()[-1])["value"]
    assert found["home/meter/availability"] == b"offline"
    assert found["home/meter/snapshot"].startswith(b"\xff\xd8")
    sensor = json.loads(found["homeassistant/sensor/edgedigits_home_meter_reading/config"])
    assert sensor["state_topic"] == "home/meter"
    assert sensor["availability_topic"] == "home/meter/availability"
    assert (
        json.loads(found["homeassistant/camera/edgedigits_home_meter_snapshot/config"])["topic"]
        == "home/meter/snapshot"
    )


@pytest.mark.slow
def test_a_broker_that_restarts_gets_the_last_reading_again(
    webcam: Callable[..., Any], network_camera: Callable[..., Any], broker: RunningBroker
) -> None:
    camera = network_camera([noisy(sheet(["30714"], 1), i) for i in range(5)])
    address = f"mqtt://127.0.0.1:{broker.port}/meter"
    program = webcam("--source", camera.address, "--headless", "--mqtt", address)
    assert json.loads(program.stdout.readline())["rows"] == ["30714"]
    assert json.loads(broker.retained("meter")["meter"])["rows"] == ["30714"]
    broker.stop()  # without persistence it forgets everything
    broker.start()
    assert json.loads(broker.retained("meter", 60)["meter"])["rows"] == ["30714"]
    assert broker.retained("meter/availability")["meter/availability"] == b"online"


@pytest.mark.slow
def test_the_last_will_tells_of_a_kill(
    webcam: Callable[..., Any], network_camera: Callable[..., Any], broker: RunningBroker
) -> None:
    camera = network_camera([noisy(sheet(["30714"], 1), i) for i in range(5)])
    program = webcam("--source", camera.address, "--headless", "--mqtt", f"mqtt://127.0.0.1:{broker.port}/meter")
    program.stdout.readline()
    assert broker.retained("meter/availability")["meter/availability"] == b"online"
    program.kill()
    program.communicate()
    assert broker.retained("meter/availability")["meter/availability"] == b"offline"


@pytest.mark.slow
def test_passwords_and_tls(webcam: Callable[..., Any], two_sheets: Clip, tmp_path: Path, free_port: int) -> None:
    if MOSQUITTO is None or not shutil.which("openssl"):
        pytest.skip("mosquitto or openssl is not installed")
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run(made, check=True, capture_output=True)
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(tmp_path / "users"), "me", "s3cret"], check=True, capture_output=True
    )
    tls = f"certfile {tmp_path / 'cert.pem'}\nkeyfile {tmp_path / 'key.pem'}"
    running = RunningBroker(tmp_path, free_port, f"allow_anonymous false\npassword_file {tmp_path / 'users'}\n{tls}")
    try:
        (tmp_path / "password").write_text("s3cret\n")
        address = f"mqtts://me@localhost:{free_port}/meter"
        options = ["--mqtt-password-file", tmp_path / "password", "--mqtt-ca", tmp_path / "cert.pem"]
        program = webcam("--source", two_sheets[0], "--realtime", "--headless", "--mqtt", address, *options)
        out, err = program.communicate(timeout=120)
        assert program.returncode == 0
        assert "s3cret" not in out + err
        found = running.retained("meter", user="me", password="s3cret", ca=tmp_path / "cert.pem")
        assert json.loads(found["meter"])["rows"] == two_sheets[1][-1]
        (tmp_path / "password").write_text("wrong\n")
        program = webcam("--source", two_sheets[0], "--realtime", "--headless", "--mqtt", address, *options)
        _, err = program.communicate(timeout=120)
        assert "refused the connection" in err
        assert program.returncode == 0
    finally:
        running.stop()


def test_a_broker_from_its_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(PASSWORD, "s3cret")
    assert parse_broker("mqtt://host/a/b", None) == Broker("host", 1883, False, "a/b", "", "s3cret")
    found = parse_broker("mqtts://me%40home@host:99/a", None)
    assert found == Broker("host", 99, True, "a", "me@home", "s3cret")
    assert "s3cret" not in f"{found} {found!r}"
    (tmp_path / "file").write_text("other\r\n")
    assert parse_broker("mqtt://me@host/a", tmp_path / "file").password == "other"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://host/a", "mqtt://[USER@]HOST[:PORT]/TOPIC"),
        ("mqtt://host", "mqtt://[USER@]HOST[:PORT]/TOPIC"),
        ("mqtt://host:x/a", "mqtt://[USER@]HOST[:PORT]/TOPIC"),
        ("mqtt://me:s3cret@host/a", PASSWORD),
        ("mqtt://host/a/%23", "a topic to publish to"),
        ("mqtt://host/a%0Ab", "a topic to publish to"),
        ("mqtt://host/$SYS/a", "a topic to publish to"),
    ],
)
def test_what_is_no_address_is_wrong_usage(
    edgedigits: Callable[..., Any], address: str, message: str, tmp_path: Path
) -> None:
    done = edgedigits("webcam", "--headless", "--source", tmp_path, "--mqtt", address)
    assert done.returncode == 2
    assert message in done.stderr
    assert "s3cret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_discovery_names_each_region() -> None:
    found = discovery("home/meter", ("gas", "water"), False)
    assert [json.loads(message)["state_topic"] for message in found.values()] == ["home/meter/gas", "home/meter/water"]
    assert len({json.loads(message)["unique_id"] for message in found.values()}) == 2
