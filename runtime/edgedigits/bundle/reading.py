"""The bundle: a folder of artifacts with a manifest that says what each of them is.

A folder with a manifest is complete (bundle_writer.py sees to that). Every file is checked against its SHA-256 when it
is read, and the checked bytes are what the engines get. What only opening one needs is imported there, and what brings
others along (pathlib urllib, hashlib OpenSSL, dataclasses inspect) only where nothing smaller will do.
Neither the import nor the way to a first answer may cost more than a tenth of what numpy, OpenCV and LiteRT do.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from edgedigits.bundle.manifest import MANIFEST, MANIFEST_BYTES, check_manifest
from edgedigits.errors import BundleError, UnknownNameError
from edgedigits.files.opening import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHIPPED = os.path.join(os.path.dirname(os.path.dirname(__file__)), "bundles")


class Bundle(NamedTuple):
    """A bundle on disk.

    Attributes:
        folder: where it lies.
        manifest: the parsed manifest.json.
    """

    folder: str
    manifest: Mapping[str, Any]

    def __str__(self) -> str:
        """Six lines for people: what it is, what it takes, what is in it, and what was measured."""
        manifest, files = self.manifest, self.files
        first = next((files[name] for name in self.artifacts), {})
        shape = "x".join(map(str, first["inputs"][0]["shape"][1:])) if first.get("inputs") else "unknown"
        labels = manifest.get("labels") or []
        sizes = [f"{name} {files[name]['size_bytes'] / 1000:.1f} kB" for name in self.artifacts]
        missing = [entry["file"] for entry in manifest.get("not_made") or []]
        accuracy = (manifest.get("float") or {}).get("accuracy")
        gate = manifest.get("gate") or {}
        verdict = {True: "passed", False: "failed"}.get(bool(gate.get("passed"))) if gate else "not run"
        measured = f"float model {accuracy:.2%}" if isinstance(accuracy, float) else "accuracy not measured"
        return "\n".join(
            [
                f"bundle {self.name}, version {manifest.get('version', '?')}, in {self.folder}",
                f"input: {shape}, levels 0..255",
                f"classes: {len(labels)}: {', '.join(labels[:12])}{', ...' if len(labels) > 12 else ''}",
                f"artifacts: {', '.join(sizes) or 'none'}",
                f"not made: {', '.join(missing) or 'nothing'}",
                f"accuracy: {measured}; gate {verdict}",
            ]
        )

    @property
    def path(self) -> Path:
        """Its folder."""
        from pathlib import Path

        return Path(self.folder)

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
            UnknownNameError: if the bundle has no such file.
            BundleError: if it is not the file that was exported.
        """
        if name not in self.files:
            raise UnknownNameError(f"{self.folder} has no {name}; it has {', '.join(self.files)}")
        path = os.path.join(self.folder, name)
        record = self.files[name]
        try:
            # A larger file is wrong whatever its hash, and need not be read.
            content = read_regular(path, record["size_bytes"])
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise BundleError(f"{path} is damaged: it is larger than its manifest says; export it again") from error
            raise BundleError(f"{path} cannot be read ({error.strerror}); export the bundle again") from error
        if _sha256(content) != record["sha256"]:
            raise BundleError(f"{path} is damaged: its SHA-256 is not the manifest's; export the bundle again")
        return content


def _sha256(content: bytes) -> str:
    for module in ("_sha2", "_sha256", "hashlib"):  # of Python 3.12, 3.11, and any
        try:  # Python's own code, as its `random` does: hashlib would load all of OpenSSL for these few kilobytes
            return str(__import__(module).sha256(content).hexdigest())
        except ImportError:
            continue
    raise BundleError("this Python has no SHA-256; install one that does")


def load_bundle(source: str | Path = "edge") -> Bundle:
    """Open a bundle by its folder, or one that ships with the package by its name.

    Args:
        source: a folder with a manifest.json, or "edge", "nano" or "pages".

    Raises:
        UnknownNameError: if there is no such bundle.
        BundleError: if its manifest is damaged or of another schema.
    """
    from edgedigits.files.forms import parse_json

    folder = os.fspath(source)
    if not os.path.exists(folder) and folder in shipped_bundles():
        folder = os.path.join(SHIPPED, folder)
    manifest = os.path.join(folder, MANIFEST)
    try:
        content = parse_json(read_regular(manifest, MANIFEST_BYTES))
    except OSError as error:
        if os.path.lexists(manifest):
            raise BundleError(f"{manifest} cannot be read: {error.strerror}; export the bundle again") from error
        import difflib

        known = shipped_bundles()
        near = difflib.get_close_matches(os.path.basename(folder), known, n=1)
        hint = f"did you mean {near[0]}? Export one, or use" if near else "export one, or use"
        message = f"{source} is not a bundle: it has no {MANIFEST}; {hint} {', '.join(known)}"
        raise UnknownNameError(message) from error
    except ValueError as error:
        raise BundleError(f"{manifest} is damaged ({error}); export the bundle again") from error
    check_manifest(manifest, content)
    return Bundle(folder, content)


def shipped_bundles() -> list[str]:
    """Names of the bundles inside the package."""
    found = [entry.name for entry in os.scandir(SHIPPED) if os.path.exists(os.path.join(entry, MANIFEST))]
    return sorted(found)
