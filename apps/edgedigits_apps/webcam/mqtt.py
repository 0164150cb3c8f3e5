"""Readings to an MQTT broker: retained, with availability, a last will, and Home Assistant's discovery."""

import json
import os
import re
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import cv2

from edgedigits.errors import missing_extra
from edgedigits.live.regions import RegionFrames
from edgedigits_apps.console import say, usage_error
from edgedigits_apps.webcam.readings import AcceptedReading

PASSWORD = "EDGEDIGITS_MQTT_PASSWORD"  # noqa: S105 (the name of an environment variable)
PORTS = {"mqtt": 1883, "mqtts": 8883}
SNAPSHOT_SECONDS = 10.0  # between two pictures while nothing settles
CLOSING_SECONDS = 3.0  # for the last message on the way out


@dataclass(frozen=True)
class Broker:
    """Where to publish, from an address as in mqtts://user@host:8883/topic; prints itself without the password.

    Attributes:
        host: its name or address.
        port: 1883, or 8883 with TLS, unless the address names another.
        tls: whether the connection is encrypted and the broker's certificate checked.
        topic: where readings go; what belongs to it lies below.
        user: may be empty.
        password: from the environment or a file.
    """

    host: str
    port: int
    tls: bool
    topic: str
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"mqtt{'s' * self.tls}://{self.host}:{self.port}/{self.topic}"


def parse_broker(address: str, password_file: Path | None) -> Broker:
    """A broker from its address; the password comes from a file or the environment.

    Raises:
        Exit: if the address is no such thing, holds a password, or the file cannot be read.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise usage_error("--mqtt is not mqtt://[USER@]HOST[:PORT]/TOPIC") from None
    topic = unquote(parts.path.strip("/"))
    if parts.scheme not in PORTS or not parts.hostname or not topic:
        raise usage_error("--mqtt is not mqtt://[USER@]HOST[:PORT]/TOPIC (mqtts:// with TLS)")
    if parts.password is not None:
        where = f"put the password into the environment as {PASSWORD}, or into a file: --mqtt-password-file"
        raise usage_error(f"everybody on this machine can read a command line; {where}")
    if re.search(r"[+#\x00-\x1f]", topic) or topic.startswith("$"):
        raise usage_error("a topic to publish to has no +, # or control characters, and does not begin with $")
    password = os.environ.get(PASSWORD, "")
    if password_file is not None:
        try:
            password = password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise usage_error(f"--mqtt-password-file {password_file} cannot be read: {reason}") from error
    tls = parts.scheme == "mqtts"
    return Broker(parts.hostname, port or PORTS[parts.scheme], tls, topic, unquote(parts.username or ""), password)


class Mqtt:
    """Publishes readings; use it in a `with` statement. A broker that is away is waited for, and nothing else waits."""

    def __init__(
        self,
        broker: Broker,
        regions: tuple[str, ...],
        ca_file: Path | None = None,
        home_assistant: bool = False,
        snapshots: bool = False,
    ) -> None:
        """Prepare the connection; it is made in a thread of its own.

        Args:
            broker: where to publish.
            regions: the regions' names; ("",) where the whole frame is read.
            ca_file: certificates that the broker's is checked against; by default the system's.
            home_assistant: whether to announce the sensors to Home Assistant.
            snapshots: whether to publish the annotated picture, too.

        Raises:
            Exit: if paho-mqtt is not installed, or the certificates cannot be read.
        """
        try:
            from paho.mqtt import client as paho
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise usage_error(missing_extra("--mqtt", "paho")) from error
        self._broker, self._regions, self._snapshots = broker, regions, snapshots
        self._retained: dict[str, bytes] = {}
        self._pictured = -SNAPSHOT_SECONDS
        self._away = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="")
        if broker.user or broker.password:
            self._client.username_pw_set(broker.user, broker.password or None)
        if broker.tls:
            try:
                self._client.tls_set_context(ssl.create_default_context(cafile=ca_file))
            except OSError as error:
                raise usage_error(f"--mqtt-ca {ca_file} cannot be read: {error.strerror or error}") from error
        self._client.will_set(self._topic("availability"), "offline", qos=1, retain=True)
        self._client.reconnect_delay_set(min_delay=1, max_delay=60)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._lost
        self._client.on_disconnect = self._lost
        if home_assistant:
            self._retained |= discovery(broker.topic, regions, snapshots)

    def __enter__(self) -> "Mqtt":
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._client.is_connected():
            self._client.publish(self._topic("availability"), "offline", qos=1, retain=True).wait_for_publish(
                CLOSING_SECONDS
            )
        self._client.disconnect()
        self._client.loop_stop()

    def take(self, accepted: AcceptedReading) -> None:
        """Publish a reading, retained."""
        message = {**accepted.form, "value": accepted.value, "when": accepted.when.isoformat(timespec="milliseconds")}
        self._publish(self._topic(accepted.region), json.dumps(message).encode())
        self._pictured = -SNAPSHOT_SECONDS  # a new reading is worth a new picture

    def show(self, frames: RegionFrames) -> None:
        """Publish the annotated picture, where that is wanted and it is time."""
        now = time.monotonic()
        if not self._snapshots or now - self._pictured < SNAPSHOT_SECONDS:
            return
        self._pictured = now
        picture = frames.whole.page.annotate(frames.whole.image)
        self._publish(self._topic("snapshot"), cv2.imencode(".jpg", picture)[1].tobytes())

    def _topic(self, below: str) -> str:
        return f"{self._broker.topic}/{below}" if below else self._broker.topic

    def _publish(self, topic: str, message: bytes) -> None:
        self._retained[topic] = message
        if self._client.is_connected():
            self._client.publish(topic, message, qos=1, retain=True)

    def _connected(self, client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        """The broker answered; it may have forgotten everything, so all that is retained is sent again."""
        if reason.is_failure:
            say(f"{self._broker} refused the connection: {reason}")
            return
        say(f"{self._broker} connected" if not self._away else f"{self._broker} is back")
        self._away = False
        client.publish(self._topic("availability"), "online", qos=1, retain=True)
        for topic, message in list(self._retained.items()):
            client.publish(topic, message, qos=1, retain=True)

    def _lost(self, *_: Any) -> None:
        if not self._away:
            say(f"{self._broker} does not answer; trying again")
        self._away = True


def discovery(topic: str, regions: tuple[str, ...], snapshots: bool) -> dict[str, bytes]:
    """Home Assistant's discovery messages by topic: a sensor for each region, and a camera for the picture."""
    device_id = "edgedigits_" + re.sub(r"[^A-Za-z0-9_-]", "_", topic)
    device = {"identifiers": [device_id], "name": f"edgedigits {topic}", "manufacturer": "edgedigits"}
    common = {"availability_topic": f"{topic}/availability", "device": device}
    messages = {}
    for region in regions:
        place = f"{topic}/{region}" if region else topic
        unique = f"{device_id}_{region or 'reading'}"
        messages[f"homeassistant/sensor/{unique}/config"] = {
            "name": region or "reading",
            "unique_id": unique,
            "state_topic": place,
            "value_template": "{{ value_json.value }}",
            "json_attributes_topic": place,
            "icon": "mdi:counter",
            **common,
        }
    if snapshots:
        unique = f"{device_id}_snapshot"
        picture = {"name": "snapshot", "unique_id": unique, "topic": f"{topic}/snapshot", **common}
        messages[f"homeassistant/camera/{unique}/config"] = picture
    return {topic: json.dumps(message).encode() for topic, message in messages.items()}
