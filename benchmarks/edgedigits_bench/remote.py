"""The benchmark on another device, over the ordinary ssh client; nothing has to be prepared there but Python.

What happens there happens in one folder, which is removed afterwards: a virtual environment, the wheel, the bundle.
"""

import contextlib
import shlex
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from edgedigits import Bundle
from edgedigits.errors import BenchError, UsageError
from edgedigits.files.forms import parse_json
from edgedigits_bench.report.bench_form import BenchForm
from edgedigits_bench.report.comparison import check_result

FOLDER = "edgedigits-bench"
SOURCE = Path(__file__).parents[2]  # the working copy, if this is one
CHECK = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"


@dataclass(frozen=True)
class Remote:
    """Where to measure, and how to get there; the options are ssh's.

    Attributes:
        host: HOST or USER@HOST, as in ~/.ssh/config.
        port: -p.
        identity: -i, a private key's file.
        jump: -J, a host to go through.
        options: -o, each as NAME=VALUE.
        python: the interpreter there.
        keep: leave the folder there, for a look or for the next time.
    """

    host: str
    port: int | None = None
    identity: Path | None = None
    jump: str | None = None
    options: tuple[str, ...] = ()
    python: str = "python3"
    keep: bool = False

    def __post_init__(self) -> None:
        """Raises UsageError if the host has no name, or one that could be taken for an option."""
        if not self.host.strip() or self.host.startswith("-"):
            raise UsageError(f"{self.host!r} is no host; give HOST or USER@HOST")

    def command(self, *words: str) -> list[str]:
        """The local command line that runs a command there."""
        pairs = (("-p", self.port), ("-i", self.identity), ("-J", self.jump), *(("-o", item) for item in self.options))
        options = [str(part) for flag, value in pairs if value is not None for part in (flag, value)]
        return ["ssh", *options, self.host, shlex.join(words)]


def bench_remotely(
    bundle: Bundle, remote: Remote, arguments: Sequence[str] = (), wheel: Path | None = None, wheels: Path | None = None
) -> BenchForm:
    """Run `edgedigits bench` on another device.

    Args:
        bundle: what to measure; it is copied there.
        remote: the device.
        arguments: further options of the command there.
        wheel: the wheel to install; built from this working copy if None.
        wheels: a folder of wheels with everything that it needs, for a device without network.

    Returns:
        What `bench --json` prints there.

    Raises:
        BenchError: if the device cannot be reached, has no usable Python, or the installation or the run fails.
    """
    _run(remote, [remote.python, "-c", CHECK], f"no {remote.python} 3.11 or newer with venv (python3-venv on Debian)")
    with contextlib.ExitStack() as stack:
        local = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        chosen = wheel or _build(local)
        place = _run(remote, ["mktemp", "-d", "-t", f"{FOLDER}.XXXXXXXX"], "no folder can be made").strip()
        if not PurePosixPath(place).name.startswith(FOLDER):
            raise BenchError(
                f"{remote.host}: mktemp named {place!r}, which is not a folder of ours; nothing was changed"
            )
        if remote.keep:
            sys.stderr.write(f"kept: {remote.host}:{place}\n")
        else:
            stack.callback(subprocess.run, remote.command("rm", "-rf", place), check=False)
        _copy(remote, place, bundle, chosen, wheels)
        _install(remote, place, chosen.name, wheels is not None)
        command = [f"{place}/venv/bin/edgedigits", "bench", f"{place}/bundle", "--json", *arguments]
        answer = _run(remote, command, "the benchmark fails", progress=True)
        try:
            result = check_result(parse_json(answer), remote.host)
        except ValueError as error:
            raise BenchError(
                f"{remote.host}: the benchmark printed no JSON ({error}); try again with --keep"
            ) from error
    return result


def _install(remote: Remote, place: str, wheel: str, offline: bool) -> None:
    """A virtual environment with the wheel; with ONNX Runtime where there is one for that device."""
    _run(remote, [remote.python, "-m", "venv", f"{place}/venv"], "no virtual environment can be made")
    source = ["--no-index", "--find-links", f"{place}/wheels"] if offline else []
    pip = [f"{place}/venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *source]
    done = subprocess.run(remote.command(*pip, f"{place}/{wheel}[onnx]"), capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        remedy = "is everything among the wheels?" if offline else "has it a network? bring wheels with --wheels"
        _run(remote, [*pip, f"{place}/{wheel}"], f"the installation fails; {remedy}")


def _copy(remote: Remote, place: str, bundle: Bundle, wheel: Path, wheels: Path | None) -> None:
    """The wheel, the bundle's artifacts and the further wheels, as one stream; the device needs only tar."""
    with tempfile.TemporaryFile() as stream:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for path, name in _files(bundle, wheel, wheels):
                archive.add(path, name)
        stream.seek(0)
        _run(remote, ["tar", "-x", "-f", "-", "-C", place], "the files cannot be copied", stream)


def _files(bundle: Bundle, wheel: Path, wheels: Path | None) -> Iterator[tuple[Path, str]]:
    yield wheel, wheel.name
    for name in ("manifest.json", *bundle.artifacts):
        yield bundle.path / name, f"bundle/{name}"
    for path in sorted(wheels.glob("*.whl")) if wheels else ():
        yield path, f"wheels/{path.name}"


def _build(folder: Path) -> Path:
    """The wheel of this working copy."""
    if not (SOURCE / "pyproject.toml").exists():
        raise UsageError("this edgedigits was installed from a wheel; name that file with --wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    built = list(folder.glob("*.whl"))
    if done.returncode or not built:
        reason = (done.stderr.strip().splitlines() or ["no wheel came out"])[-1]
        raise BenchError(f"the wheel cannot be built ({reason}); build one and name it with --wheel")
    return built[0]


def _run(remote: Remote, words: Sequence[str], failure: str, stream: Any = None, progress: bool = False) -> str:
    """Run a command there and return what it prints.

    Args:
        remote: the device.
        words: the command.
        failure: what it means if that does not work.
        stream: a file for its standard input.
        progress: let its standard error through.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the ssh client, with every word quoted
            remote.command(*words),
            stdin=stream or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if progress else subprocess.PIPE,
            text=True,
            check=False,
        )
    except OSError as error:
        raise BenchError(f"there is no ssh client here ({error.strerror}); install OpenSSH's") from error
    if done.returncode == 255:
        failure = "it cannot be reached with ssh"
    if done.returncode:
        reason = (done.stderr or "").strip().splitlines()
        raise BenchError(f"{remote.host}: {failure}" + (f" ({reason[-1]})" if reason else ""))
    return done.stdout
