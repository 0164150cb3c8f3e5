"""The benchmark on another device, against a real ssh server on loopback."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.fixtures.processes import die_with_the_tests

from edgedigits import load_bundle
from edgedigits.errors import BenchError, UsageError
from edgedigits_bench.remote import Remote, bench_remotely

ROOT = Path(__file__).parents[2]
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
needs_sshd = pytest.mark.skipif(not SSHD, reason="needs OpenSSH's server; apt install openssh-server")


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """An ssh server of our own, with its own keys, that lets this user in."""
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "authorized_keys").write_text((folder / "user.pub").read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = [f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder}/host", f"PidFile {folder}/pid"]
    lines += [
        f"AuthorizedKeysFile {folder}/authorized_keys",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
    ]
    (folder / "config").write_text("\n".join(lines) + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where the server locks its unprivileged half in
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=log, preexec_fn=die_with_the_tests
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    known = ("StrictHostKeyChecking=accept-new", f"UserKnownHostsFile={folder}/known", "BatchMode=yes")
    host = f"{getpass.getuser()}@127.0.0.1"
    yield Remote(host, port=port, identity=folder / "user", options=known, python=sys.executable)
    server.terminate()
    server.wait(10)
    log.close()


@needs_sshd
def test_a_word_arrives_as_it_was_given(device):
    word = "a b; $(touch /nowhere) 'c' \"d\" *"
    done = subprocess.run(device.command("printf", "%s", word), capture_output=True, text=True, check=True)
    assert done.stdout == word


@needs_sshd
def test_a_device_without_python_or_without_a_way_there_is_one_line(device):
    bundle = load_bundle("edge")
    without = Remote(device.host, device.port, device.identity, options=device.options, python="python-of-nowhere")
    with pytest.raises(BenchError, match=r"127\.0\.0\.1: no python-of-nowhere 3\.11"):
        bench_remotely(bundle, without)
    stranger = Remote("nobody@127.0.0.1", device.port, device.identity, options=device.options)
    with pytest.raises(BenchError, match="cannot be reached"):
        bench_remotely(bundle, stranger)


def test_a_host_that_looks_like_an_option_is_refused():
    with pytest.raises(UsageError, match="no host"):
        Remote("-oProxyCommand=touch /tmp/x").command("true")


@needs_sshd
@pytest.mark.slow
def test_a_device_without_network_measures_and_is_left_clean(device, tmp_path):
    wheels = tmp_path / "wheels"
    pip = [sys.executable, "-m", "pip", "--quiet", "wheel", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(pip, check=True)
    wheel = next(wheels.glob("edgedigits-*.whl"))
    before = set(Path("/tmp").glob("edgedigits-bench.*"))
    arguments = ["--quick", "--seconds", "0.01"]
    result = bench_remotely(load_bundle("edge"), device, arguments, wheel, wheels)
    assert json.loads(json.dumps(result)) == result
    assert result["recommended"]
    assert {row["engine"] for row in result["results"]} == {"litert"}  # no ONNX Runtime among the wheels
    assert set(Path("/tmp").glob("edgedigits-bench.*")) == before
