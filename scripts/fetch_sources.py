"""Fetch what generated training pages are drawn with: typefaces, photographs and textures, lists of words.

    python scripts/fetch_sources.py                     # into ~/.cache/edgedigits/sources
    python scripts/fetch_sources.py --out FOLDER --only @fontsource/caveat
    python scripts/fetch_sources.py --pin               # after editing the list: write new packages' SHA-256 into it

Versions and SHA-256 of all packages stand in fetch_sources.json beside this file; npm and apt-get download them.
Nothing of it enters the repository: the licences (OFL, Apache, CC, GPL) allow drawing with it.
Needs npm, apt-get and dpkg-deb.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

import cv2
import numpy as np

from edgedigits_data.synthetic.views.sources import DEFAULT_FOLDER, INDEX

LIST = Path(__file__).with_suffix(".json")
SUBSETS = ("latin", "latin-ext", "greek", "cyrillic", "arabic", "devanagari", "bengali", "hebrew", "thai")
LONGEST = 1024  # a texture's longest side in pixels
WORDS = 20_000  # of a language
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".pat"}


class FetchError(Exception):
    """A package cannot be had, or is not what the list says."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--only", nargs="*", help="these packages of the list")
    parser.add_argument("--list", type=Path, default=LIST, help="the pinned packages")
    parser.add_argument("--pin", action="store_true", help="write the SHA-256 of packages that have none")
    options = parser.parse_args()
    packages = json.loads(options.list.read_text(encoding="utf-8"))
    try:
        index = fetch(packages, options.out, options.only, options.pin)
    except (FetchError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    if options.pin:
        options.list.write_text(json.dumps(packages, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    path = options.out / INDEX
    path.with_suffix(".partial").write_text(json.dumps(index, indent=1), encoding="utf-8")
    path.with_suffix(".partial").replace(path)
    print(", ".join(f"{len(index[kind])} {kind}" for kind in index), "in", options.out)
    return 0


def fetch(packages: dict, out: Path, only: list[str] | None, pin: bool) -> dict:
    """Download, unpack and convert all packages; returns the index of what is there."""
    index: dict = {"faces": [], "textures": [], "words": []}
    out.mkdir(parents=True, exist_ok=True)
    unknown = set(only or []) - set(packages["npm"]) - set(packages["debian"])
    if unknown:
        raise FetchError(f"not in {LIST.name}: {', '.join(sorted(unknown))}")
    for source in ("npm", "debian"):
        for name, package in packages[source].items():
            if only and name not in only:
                continue
            print(name, package["version"], file=sys.stderr)
            with tempfile.TemporaryDirectory() as folder:
                archive = download(source, name, package, out / "archives", Path(folder), pin)
                unpack(source, archive, Path(folder))
                if source == "npm":
                    index["faces"] += take_faces(name, package, Path(folder), out)
                elif package["role"] == "words":
                    index["words"].append(take_words(name, package, Path(folder), out))
                else:
                    index["textures"] += take_textures(name, package, Path(folder), out)
    return index


def download(source: str, name: str, package: dict, kept: Path, folder: Path, pin: bool) -> Path:
    """The package's archive, out of the cache where it is there, checked by its SHA-256."""
    kept.mkdir(exist_ok=True)
    archive = kept / f"{name.replace('/', '-').lstrip('@')}-{package['version'].replace(':', '_')}"
    if not archive.exists():
        version = package["version"]
        command = (
            ["npm", "pack", f"{name}@{version}", "--silent"]
            if source == "npm"
            else ["apt-get", "download", f"{name}={version}"]
        )
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603
        found = [*folder.glob("*.tgz"), *folder.glob("*.deb")]
        if done.returncode or not found:
            why = (done.stderr.strip().splitlines() or ["no file came"])[-1]
            raise FetchError(f"cannot download {name} {version} with {command[0]} ({why})")
        shutil.move(found[0], archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if pin and not package.get("sha256"):
        package["sha256"] = digest
    if digest != package.get("sha256"):
        raise FetchError(
            f"{archive} is not the pinned {name} {package['version']}: SHA-256 {digest}; delete it and try again"
        )
    return archive


def unpack(source: str, archive: Path, folder: Path) -> None:
    if source == "npm":
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    else:
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)  # noqa: S603, S607


def take_faces(name: str, package: dict, folder: Path, out: Path) -> list[dict]:
    """Copy the files of one weight of a family, or of each of its `stems`; returns their entries in the index."""
    family, weight = name.split("/")[-1], package.get("weight", 400)
    (out / "faces").mkdir(exist_ok=True)
    faces = []
    for stem in package.get("stems", [None]):
        files = {}
        for subset in SUBSETS[:1] if stem else SUBSETS:
            path = folder / f"package/files/{stem or f'{family}-{subset}'}-{weight}-normal.woff"
            if path.exists():
                files[subset] = f"faces/{path.name}"
                shutil.copyfile(path, out / files[subset])
        if not files:
            raise FetchError(f"{name} {package['version']} has no files of weight {weight}")
        split = package.get("split", "train")
        faces.append({"family": stem or family, "role": package["role"], "split": split, "files": files})
    return faces


def take_words(name: str, package: dict, folder: Path, out: Path) -> dict:
    """A sample of a word list, one a line."""
    paths = [path for path in sorted((folder / "usr/share/dict").iterdir()) if not path.is_symlink()]
    (out / "words").mkdir(exist_ok=True)
    words = paths[0].read_text(encoding="utf-8", errors="ignore").split()
    words = sorted({word for word in words if word.isalpha() and len(word) < 14}, key=lambda w: zlib.crc32(w.encode()))
    target = f"words/{name}.txt"
    (out / target).write_text("\n".join(words[:WORDS]), encoding="utf-8")
    return {"file": target, "script": package["script"]}


def take_textures(name: str, package: dict, folder: Path, out: Path) -> list[dict]:
    """Each picture of a package as a grey PNG, but for those that show digits, writing, or what looks like them."""
    (out / "textures").mkdir(exist_ok=True)
    entries = []
    for path in sorted(folder.rglob("*")):
        where = str(path.relative_to(folder))
        if path.suffix not in PICTURES or path.is_symlink() or not re.search(package["keep"], where):
            continue
        if path.name in package.get("leave_out", ()) or (grey := read_grey(path)) is None:
            continue
        if min(grey.shape) < 48 or grey.std() < 2:  # too small, or blank but for its transparency
            continue
        shrink = min(1.0, LONGEST / max(grey.shape))
        if shrink < 1:
            grey = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        target = f"textures/{name}-{path.stem}.png"
        cv2.imwrite(str(out / target), grey)
        # the dark and the light one, or two sizes of one picture, lie in one split
        motif = re.sub(r"([-_](l|d|light|dark|\d+x\d+|\d+))+$", "", path.stem.lower())
        split = "validation" if zlib.crc32(motif.encode()) % 7 == 0 else "train"
        entries.append({"file": target, "split": split, "role": package["role"]})
    return entries


def read_grey(path: Path) -> np.ndarray | None:
    if path.suffix != ".pat":
        return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    content = path.read_bytes()  # a GIMP pattern: header's size, version, width, height, bytes a pixel; a name; pixels
    header, _version, width, height, depth = np.frombuffer(content[:20], ">u4").tolist()
    pixels = np.frombuffer(content, np.uint8, width * height * depth, header).reshape(height, width, depth)
    return pixels[..., : min(depth, 3)].mean(axis=-1).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(main())
