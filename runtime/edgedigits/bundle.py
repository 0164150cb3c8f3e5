"""The bundle: a folder of artifacts with a manifest that says what each of them is.

The manifest is written last and the folder is moved into place as a whole, so a folder with a manifest is complete.
Every file is checked against its SHA-256 when it is read, and the checked bytes are what the engines get.
"""

import contextlib
import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from edgedigits.errors import BundleError

SCHEMA = 1
MANIFEST = "manifest.json"
SHIPPED = Path(__file__).parent / "bundles"
# Far above any manifest we write; keeps a hostile one from filling the memory.
MANIFEST_BYTES = 4_000_000


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk.

    Attributes:
        path: its folder.
        manifest: the parsed manifest.json.
    """

    path: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The model's name, as "edge" or "reference"."""
        return str(self.manifest["name"])

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """For each file its `sha256`, `size_bytes` and, for artifacts, `engine`, `inputs` and `outputs`."""
        files: Mapping[str, Mapping[str, Any]] = self.manifest["files"]
        return files

    @property
    def artifacts(self) -> list[str]:
        """The files that an engine of the runtime can run, in the manifest's order."""
        return [name for name, record in self.files.items() if "engine" in record]

    @property
    def reject_below(self) -> float:
        """A picture whose highest probability is lower than this is not a digit."""
        return float(self.manifest.get("reject_below", 0.0))

    def read(self, name: str) -> bytes:
        """The bytes of one file, checked against the manifest.

        Raises:
            BundleError: if the bundle has no such file, or it is not the one that was exported.
        """
        if name not in self.files:
            raise BundleError(f"{self.path} has no {name}; it has {', '.join(self.files)}")
        path = self.path / name
        record = self.files[name]
        try:
            # A larger file is wrong whatever its hash, and need not be read to the end.
            with path.open("rb") as file:
                content = file.read(int(record["size_bytes"]) + 1)
        except OSError as error:
            raise BundleError(f"{path} cannot be read ({error.strerror}); export the bundle again") from error
        if hashlib.sha256(content).hexdigest() != record["sha256"]:
            raise BundleError(f"{path} is damaged: its SHA-256 is not the manifest's; export the bundle again")
        return content


def load_bundle(source: str | Path = "edge") -> Bundle:
    """Open a bundle by its folder, or one that ships with the package by its name.

    Args:
        source: a folder with a manifest.json, or "edge" or "nano".

    Raises:
        BundleError: if there is no such bundle, or its manifest is damaged or of another schema.
    """
    path = Path(source)
    if not path.exists() and (SHIPPED / path.name / MANIFEST).exists() and path.name == str(source):
        path = SHIPPED / path.name
    manifest = path / MANIFEST
    try:
        with manifest.open("rb") as file:
            content = json.loads(file.read(MANIFEST_BYTES))
    except OSError as error:
        known = ", ".join(shipped_bundles())
        raise BundleError(f"{source} is not a bundle: it has no {MANIFEST}; export one, or use {known}") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{manifest} is damaged ({error}); export the bundle again") from error
    _check_manifest(manifest, content)
    return Bundle(path, content)


def shipped_bundles() -> list[str]:
    """Names of the bundles inside the package."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{MANIFEST}"))


def write_bundle(
    destination: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any], force: bool = False
) -> Bundle:
    """Write a bundle so that it is either whole or not there.

    Args:
        destination: the folder to make.
        files: the content of each file by its name in the bundle; "/" separates folders.
        manifest: everything that the manifest says besides `schema` and the files' hashes and sizes. Its "files" may
            carry further facts for each name.
        force: replace a bundle that is already there. Whatever else lies in its place is never touched.

    Raises:
        BundleError: if there is something in the way, or the disk refuses.
    """
    check_destination(destination, force)
    described = manifest.get("files", {})
    records = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), **described.get(name, {})}
        for name, content in files.items()
    }
    complete = {"schema": SCHEMA, **manifest, "files": records}
    _check_manifest(destination / MANIFEST, complete)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
        lock = _lock(work)
        try:
            new = work / "new"
            for name, content in files.items():
                _write(new / name, content)
            _write(new / MANIFEST, _encode(complete))
            if destination.exists():
                destination.rename(work / "old")
            try:
                new.rename(destination)
            except BaseException:
                with contextlib.suppress(OSError):
                    (work / "old").rename(destination)
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
            if lock is not None:
                os.close(lock)
    except OSError as error:
        raise BundleError(f"{destination} cannot be written ({error.strerror}); nothing was changed") from error
    return Bundle(destination, complete)


def check_destination(destination: Path, force: bool) -> None:
    """Whether a bundle may be written there, to be asked before the work is done.

    Cleans up first after a writer that was killed: the bundle that it was just replacing is put back.

    Raises:
        BundleError: if there is something in the way.
    """
    for work in destination.parent.glob(f".{glob.escape(destination.name)}.*"):
        _recover(work, destination)
    if destination.exists() and any(destination.iterdir() if destination.is_dir() else [destination]):
        if not (destination / MANIFEST).exists():
            raise BundleError(f"{destination} exists and is not a bundle; choose another place with --out")
        if not force:
            raise BundleError(f"{destination} exists; use --force to replace it, or choose another place with --out")


def update_manifest(bundle: Bundle, **facts: Any) -> Bundle:
    """Add facts, as what the gate measured, to a bundle's manifest; atomic.

    Raises:
        BundleError: if the manifest cannot be written.
    """
    manifest = {**bundle.manifest, **facts}
    partial = bundle.path / f".{MANIFEST}.{os.getpid()}"
    try:
        _write(partial, _encode(manifest))
        partial.replace(bundle.path / MANIFEST)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BundleError(f"{bundle.path / MANIFEST} cannot be written ({error.strerror}); it is unchanged") from error
    return Bundle(bundle.path, manifest)


def _recover(work: Path, destination: Path) -> None:
    """Undo what a killed writer has begun in its working folder, unless it is somebody else's or its writer lives."""
    with contextlib.suppress(OSError):
        if work.is_symlink() or any(path.name not in ("new", "old") for path in work.iterdir()):
            return
        lock = _lock(work)
        if lock is None:
            return
        try:
            if not destination.exists() and (work / "old").exists():
                (work / "old").rename(destination)
            shutil.rmtree(work)
        finally:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Lock a folder until the handle is closed or the process dies, however; None if another process has it."""
    try:
        import fcntl
    except ImportError:  # Windows, where what a killed writer left stays
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # also a file system without locks
        os.close(handle)
        return None
    return handle


def _encode(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _check_manifest(path: Path, manifest: Any) -> None:
    """Refuse what the rest of the program could not rely on, before any of it is used."""
    if not isinstance(manifest, dict) or "schema" not in manifest:
        raise BundleError(f"{path} is not a bundle's manifest; export the bundle again")
    if manifest["schema"] != SCHEMA:
        raise BundleError(f"{path} has schema {manifest['schema']!r}, this edgedigits reads {SCHEMA}; export it again")
    threshold = manifest.get("reject_below", 0.0)
    if not isinstance(manifest.get("name"), str) or not isinstance(manifest.get("files"), dict):
        raise BundleError(f"{path} names no model or no files; export the bundle again")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise BundleError(f"{path} has reject_below {threshold!r}, expected 0 to 1; export the bundle again")
    for name, record in manifest["files"].items():
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name or not parts.parts:
            raise BundleError(f"{path} lists {name!r}, which is outside the bundle; do not use it")
        if not isinstance(record, dict) or not isinstance(record.get("sha256"), str):
            raise BundleError(f"{path} has no SHA-256 for {name}; export the bundle again")
        size = record.get("size_bytes")
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise BundleError(f"{path} has no size for {name}; export the bundle again")
