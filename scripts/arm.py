"""Runs the device install on an emulated 64-bit ARM computer and compares every artifact's answers with this machine's.

    apt-get install qemu-system-arm debootstrap cpio          # root, Debian or Ubuntu
    python scripts/arm.py [BUNDLE...] [--cpu cortex-a72] [--out docs/research/results/arm.json]

A whole computer is emulated (user-mode emulation of Debian 12 crashes in both engines): Debian's own arm64 kernel, a
Debian arm64 root and the aarch64 wheels of the versions installed here, all in one RAM disk, so that neither disk nor
network is emulated. Every artifact of the bundles classifies the first 1,000 test images: float artifacts must agree to
1e-4, quantized ones must name identical classes. A page of digits must be read alike, too. Exit status 1 if not.

The root is made once and kept in --work; this package and the bundles are put into it anew each time.
"""

import argparse
import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from fresh import PAGE, PIP, ROOT, fill, finish, run

from edgedigits import Bundle, load_bundle
from edgedigits.reading.detector import overlaps
from edgedigits_data import load_mnist

PARTS = Path(__file__).with_suffix("")  # what runs on the emulated computer
IMAGES = 1000
TOLERANCE = 1e-4
# Of each digit's two boxes, the share of their union that they have in common.
OVERLAP = 0.9
# A Raspberry Pi 4 has the first; a Pi 5 has the second, whose dot product instructions select other kernels.
PROCESSORS = ("cortex-a72", "cortex-a76")
BUNDLES = ["edge", "nano", "pages"]
WHEELS = ("numpy", "ai-edge-litert", "onnxruntime", "typer")
GLIBC = (17, 27, 28, 31, 34)


def main() -> None:
    """Build what is missing, boot, compare, write the result."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    bundles = {bundle.name: bundle for bundle in map(load_bundle, options.bundles)}
    make_root(options.work, options.suite)
    install(options.work / "root/opt", options.python)
    here = answer_here(bundles, options.work)
    pack(options.work)

    def examine(cpu: str) -> dict[str, Any]:
        started = time.monotonic()
        there = boot(options.work, cpu, options.memory, options.timeout)
        return {"cpu": cpu, **compare(here, there), "seconds": round(time.monotonic() - started)}

    with ThreadPoolExecutor() as pool:  # an emulated computer keeps little more than one core busy
        results = list(pool.map(examine, options.cpu or PROCESSORS))
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "emulator": run("qemu-system-aarch64", "--version", stdout=subprocess.PIPE).stdout.splitlines()[0],
        "images": IMAGES,
        "tolerance": TOLERANCE,
        "bundles": {
            name: {file: bundle.files[file]["sha256"] for file in bundle.artifacts} for name, bundle in bundles.items()
        },
        "here": facts(here)["device"],
        "results": results,
        "passed": all(result["passed"] for result in results),
    }
    for page in options.page:
        fill(page, "arm", table(result))
    finish(result, options.out)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="*", default=BUNDLES, help="bundles' folders, or shipped ones' names")
    parser.add_argument("--cpu", action="append", help=f"what to emulate; may be repeated ({', '.join(PROCESSORS)})")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/arm"), help="where the root is kept; delete it to build it anew"
    )
    parser.add_argument("--suite", default="bookworm", help="the Debian release of the device")
    parser.add_argument("--python", default="3.11", help="that release's Python")
    parser.add_argument("--memory", type=int, default=3072, help="of the device, in MB")
    parser.add_argument("--timeout", type=float, default=7200, help="seconds for one processor")
    parser.add_argument("--out", type=Path, help="write the result here as well")
    parser.add_argument(
        "--page", type=Path, action="append", default=[], help="fill the table in this page; repeatable"
    )
    return parser.parse_args()


def make_root(work: Path, suite: str) -> None:
    """A Debian arm64 root with Python, and its kernel beside it, unless they are there.

    Packages are only unpacked: configuring them would need the emulator and changes nothing that Python uses.
    """
    root = work / "root"
    if (work / "vmlinuz").exists():
        return
    shutil.rmtree(root, ignore_errors=True)
    options = ("--foreign", "--arch=arm64", "--variant=minbase", "--include=python3,linux-image-arm64")
    run("debootstrap", *options, suite, root, stdout=sys.stderr)
    for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        target = work / "kernel" if package.name.startswith("linux-image") else root
        run("dpkg-deb", "--extract", package, target)
    for unused in ("var/cache/apt", "usr/share/doc", "usr/share/locale", "usr/share/man", "debootstrap"):
        shutil.rmtree(root / unused, ignore_errors=True)
    # Their installation would have done this; it saves minutes of emulation. Another Python's files do no harm.
    run(sys.executable, "-m", "compileall", "-q", root / "usr/lib/python3", *(root / "usr/lib").glob("python3.*"))
    shutil.copy(next((work / "kernel/boot").glob("vmlinuz-*")), work / "vmlinuz")
    shutil.rmtree(work / "kernel")


def install(opt: Path, python: str) -> None:
    """The aarch64 wheels of what is installed here, unless these very ones are there; and this package, always anew."""
    site, package, record = opt / "site", opt / "package", opt / "site.txt"
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in GLIBC]
    same = [f"{name}=={version(name)}" for name in WHEELS] + [f"opencv-python-headless=={opencv_version()}"]
    words = ["--only-binary=:all:", *platforms, f"--python-version={python}", *same]
    pip = (sys.executable, *PIP)
    if not record.exists() or record.read_text(encoding="utf-8").split() != words:
        record.unlink(missing_ok=True)
        shutil.rmtree(site, ignore_errors=True)
        run(*pip, "install", *words, "--target", site)
        record.write_text("\n".join(words), encoding="utf-8")
    shutil.rmtree(package, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
        run(*pip, "install", "--no-deps", "--target", package, *Path(folder).glob("*.whl"))


def opencv_version() -> str:
    """OpenCV's version here, from whichever of its packages is installed."""
    try:
        return version("opencv-python-headless")
    except PackageNotFoundError:
        return version("opencv-python")


def answer_here(bundles: Mapping[str, Bundle], work: Path) -> dict[str, Any]:
    """Put the question into the root, and answer it on this machine."""
    question = work / "root/opt/proof"
    shutil.rmtree(question, ignore_errors=True)
    for name, bundle in bundles.items():
        target = question / "bundles" / name
        shutil.copytree(bundle.path, target, ignore=shutil.ignore_patterns("*.keras", "*.pkl", "micro"))
    shutil.copy(PARTS / "answers.py", question)
    shutil.copy(PARTS / "init", work / "root/init")
    np.save(question / "images.npy", load_mnist("test").images[:IMAGES])
    run(sys.executable, "-c", PAGE, question / "page.png", env=None)
    run(sys.executable, PARTS / "answers.py", question, work / "here.npz", env=None)
    with np.load(work / "here.npz", allow_pickle=False) as found:
        return dict(found)


def pack(work: Path) -> None:
    """The root as the archive that a kernel unpacks into its RAM disk."""
    with (work / "root.cpio").open("wb") as image:
        names = run("find", ".", "-print0", cwd=work / "root", stdout=subprocess.PIPE).stdout
        words = ("cpio", "--null", "--create", "--format=newc", "--quiet")
        run(*words, cwd=work / "root", input=names, stdout=image)


def boot(work: Path, cpu: str, memory: int, timeout: float) -> dict[str, Any]:
    """Start the computer, wait until it has answered and is off; its arrays by name."""
    log = work / f"{cpu}.log"
    command = ["qemu-system-aarch64", "-M", "virt", "-cpu", cpu, "-smp", "2", "-m", str(memory)]
    command += ["-kernel", str(work / "vmlinuz"), "-initrd", str(work / "root.cpio")]
    command += ["-append", "console=ttyAMA0 quiet panic=-1 rdinit=/init"]
    command += ["-display", "none", "-monitor", "none", "-serial", f"file:{log}", "-no-reboot", "-nic", "none"]
    print(f"{cpu}: booting, see {log}", file=sys.stderr)
    run(*command, timeout=timeout)
    text = log.read_text(encoding="utf-8", errors="replace").replace("\r", "")
    found = re.search(r"-----BEGIN ANSWERS-----\n(.+?)-----END ANSWERS-----", text, re.DOTALL)
    if not found:
        raise SystemExit(f"{cpu}: the device gave no answer; its last words in {log}:\n" + text[-3000:])
    (work / f"{cpu}.npz").write_bytes(base64.b64decode(found[1]))
    with np.load(work / f"{cpu}.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def compare(here: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
    """For each artifact, and for the page, how far the two machines are apart, and whether that is close enough."""
    rows = []
    for artifact, ended in facts(there)["artifacts"].items():
        row: dict[str, Any] = {"artifact": artifact}
        if artifact not in there or artifact not in here:
            rows.append({**row, "passed": False, **ended})
            continue
        a, b = here[artifact], there[artifact]
        same = int(np.sum(a.argmax(axis=1) == b.argmax(axis=1)))
        difference = float(np.abs(a - b).max())
        passed = difference <= TOLERANCE if Path(artifact).name.startswith("float") else same == len(a)
        row |= {
            "same_classes": same,
            "largest_difference": difference,
            "bit_identical": int((a == b).all(axis=1).sum()),
        }
        rows.append({**row, "passed": bool(passed and len(a) == len(b) == IMAGES)})
    for name, page in facts(there)["pages"].items():
        rows.append({"page_read_with": name, **page, **alike(facts(here)["pages"][name], page)})
    return {"device": facts(there)["device"], "answers": rows, "passed": all(row["passed"] for row in rows)}


def alike(here: dict[str, Any], there: dict[str, Any]) -> dict[str, Any]:
    """Whether a page was read alike: the same rows, and no box far off the other machine's.

    OpenCV rounds a grey level differently on another processor, which gives a stroke a row of pixels or takes one.
    """
    if not there.get("rows") or here.get("rows") != there["rows"]:
        return {"passed": False}
    boxes = (np.array(page["boxes"], np.float32) for page in (here, there))
    overlap = float(overlaps(*boxes).diagonal().min())
    return {"smallest_overlap": round(overlap, 3), "passed": overlap >= OVERLAP}


def table(result: dict[str, Any]) -> list[str]:
    """The result as Markdown, one line for each artifact and page, two columns for each processor."""
    results = result["results"]
    columns = [f"{found['cpu']}, same class | largest difference" for found in results]
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "--:|--:|" * len(results)]
    for rows in zip(*(found["answers"] for found in results), strict=True):
        cells = [cell(row) + (" |" if row["passed"] else " **FAILED** |") for row in rows]
        lines.append(
            f"| {rows[0].get('artifact') or 'a page, read with ' + rows[0]['page_read_with']} | {' '.join(cells)}"
        )
    there, minutes = results[0]["device"], ", ".join(f"{found['seconds'] / 60:.0f}" for found in results)
    packages = ", ".join(f"{name} {version}" for name, version in there["packages"].items())
    where = f"{there['system']} {there['machine']}, Python {there['python']}, {packages}"
    return [*lines, "", f"{where}. Emulated by {result['emulator']} in {minutes} minutes, on {result['date']}."]


def cell(row: dict[str, Any]) -> str:
    """What a row has to say of one processor."""
    if "same_classes" in row:
        return f"{row['same_classes']:,} | {row['largest_difference']:.1e}"
    if "rows" in row:
        overlap = row.get("smallest_overlap")
        return f"{' '.join(row['rows'])} | {'-' if overlap is None else f'boxes overlap by {overlap:.1%} or more'}"
    return f"ended with status {row['status']} | -"


def facts(answers: dict[str, Any]) -> dict[str, Any]:
    """The report inside the answers."""
    report: dict[str, Any] = json.loads(answers["report"].tobytes())
    return report


if __name__ == "__main__":
    main()
