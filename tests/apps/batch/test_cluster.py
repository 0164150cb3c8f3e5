"""`edgedigits batch --address`: a real Ray cluster, of this machine alone, that lets in who has its token."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.apps.batch.pages import draw, table
from tests.fixtures.processes import die_with_the_tests, tree, wait_until

pytest.importorskip("ray", reason="needs the extra cluster")
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a cluster with two cores, and the environment that lets a program in."""
    ray = Path(sys.executable).with_name("ray")
    if not ray.exists():
        pytest.skip("Ray's command is not beside this Python")
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(secrets.token_hex(32))
    environment = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}
    environment |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "120"}
    port, client, temporary = (
        free_port(),
        free_port(),
        Path(f"/tmp/ray-{secrets.token_hex(4)}"),
    )  # its sockets' names must be short
    command = [ray, "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={port}", "--num-cpus=2"]
    command += ["--include-dashboard=false", f"--temp-dir={temporary}", f"--ray-client-server-port={client}"]
    head = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_the_tests
    )
    yield f"ray://127.0.0.1:{client}", environment
    for process in reversed(tree(head.pid)):
        os.kill(process, signal.SIGKILL)
    head.wait()
    shutil.rmtree(temporary, ignore_errors=True)


def test_a_cluster_reads_what_one_machine_reads_and_survives_its_workers(start, edgedigits, cluster, tmp_path):
    address, environment = cluster
    pages, here, there = draw(tmp_path / "pages", 300), tmp_path / "here", tmp_path / "there"
    assert edgedigits("batch", pages, here).returncode == 1  # one file is no picture
    program = start("batch", pages, there, "--part", 10, "--address", address, "--json", env=environment)
    wait_until(lambda: len(list(there.glob("part-*"))) >= 3, program, 300)
    readers = [process for process in processes("edgedigits_apps.batch.worker") if str(there) in process[1]]
    assert len(readers) == 2
    os.kill(readers[0][0], signal.SIGKILL)
    printed, complaints = program.communicate(timeout=600)
    assert program.returncode == 1, complaints
    assert json.loads(printed) == {"out": str(there), "pictures": 301, "errors": 1}
    assert table(there) == table(here)


def test_without_the_token_it_ends_in_one_line(edgedigits, cluster, tmp_path):
    pages = draw(tmp_path / "pages", 1)
    done = edgedigits("batch", pages, tmp_path / "out", "--address", cluster[0], "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error"]


def processes(word: str) -> list[tuple[int, str]]:
    """Ids and command lines of the processes whose command line holds a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append((int(path.parent.name), line))
    return found
