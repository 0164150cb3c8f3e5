"""Writes bundles so that they are whole or not there: the manifest last, and the folder moved into place at once.

A module of its own, as a device that only reads bundles need not wait for what writing takes.
"""

import contextlib
import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgedigits.bundle.manifest import MANIFEST, SCHEMA, check_manifest
from edgedigits.bundle.reading import Bundle
from edgedigits.errors import BundleError, DestinationError
from edgedigits.files.atomic import lock_handle, sync_folder, write_whole


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
    check_manifest(destination / MANIFEST, complete)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
        lock = lock_handle(work)
        try:
            new = work / "new"
            for name, content in files.items():
                _write(new / name, content)
            _write(new / MANIFEST, _encode(complete))
            for folder in {new, *((new / name).parent for name in files)}:
                sync_folder(folder)
            if destination.exists():
                destination.rename(work / "old")
            try:
                new.rename(destination)
            except BaseException:
                with contextlib.suppress(OSError):
                    (work / "old").rename(destination)
                raise
            sync_folder(destination.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
            if lock is not None and lock >= 0:
                os.close(lock)
    except OSError as error:
        raise BundleError(f"{destination} cannot be written ({error.strerror}); nothing was changed") from error
    return Bundle(str(destination), complete)


def check_destination(destination: Path, force: bool) -> None:
    """Whether a bundle may be written there, to be asked before the work is done.

    Cleans up first after a writer that was killed: the bundle that it was just replacing is put back.

    Raises:
        DestinationError: if there is something in the way.
    """
    for work in destination.parent.glob(f".{glob.escape(destination.name)}.*"):
        _recover(work, destination)
    if destination.exists() and any(destination.iterdir() if destination.is_dir() else [destination]):
        if not (destination / MANIFEST).exists():
            raise DestinationError(f"{destination} exists and is not a bundle; choose another place with --out")
        if not force:
            raise DestinationError(f"{destination} exists; replace it with --force, or choose another place with --out")


def update_manifest(bundle: Bundle, **facts: Any) -> Bundle:
    """Add facts, as what the gate measured, to a bundle's manifest; atomic.

    Raises:
        BundleError: if the manifest cannot be written.
    """
    manifest = {**bundle.manifest, **facts}
    try:
        write_whole(bundle.path / MANIFEST, _encode(manifest))
    except OSError as error:
        raise BundleError(f"{bundle.path / MANIFEST} cannot be written ({error.strerror}); it is unchanged") from error
    return Bundle(bundle.folder, manifest)


def _recover(work: Path, destination: Path) -> None:
    """Undo what a killed writer has begun in its working folder, unless it is somebody else's or its writer lives."""
    with contextlib.suppress(OSError):
        if work.is_symlink() or any(path.name not in ("new", "old") for path in work.iterdir()):
            return
        lock = lock_handle(work)
        if lock is None or lock < 0:  # where there are no locks, what a killed writer left stays
            return
        try:
            if not destination.exists() and (work / "old").exists():
                (work / "old").rename(destination)
            shutil.rmtree(work)
        finally:
            os.close(lock)


def _encode(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
