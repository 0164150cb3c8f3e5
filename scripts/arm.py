"""Runs the device install on an emulated 64-bit ARM computer and compares every artifact's answers with this machine's.

    apt-get install qemu-system-arm debootstrap cpio          # root, Debian or Ubuntu
    python scripts/arm.py [BUNDLE] [--cpu cortex-a72] [--out docs/results/arm.json]

A whole computer is emulated (user-mode emulation of Debian 12 crashes in both engines): Debian's own arm64 kernel, a
Debian arm64 root and the aarch64 wheels of the versions installed here, all in one RAM disk, so that neither disk nor
network is emulated. The first 1,000 test images are classified; float artifacts must agree to 1e-4, quantized ones must
name identical classes. Exit status 1 if they do not.
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
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from fresh import PIP, ROOT, finish, run

from edgedigits import load_bundle
from edgedigits_data import load_mnist

PARTS = Path(__file__).with_suffix("")  # what runs on the emulated computer
IMAGES = 1000
TOLERANCE = 1e-4
MIRROR = "http://deb.debian.org/debian"
# A Raspberry Pi 4 has the first; a Pi 5 has the second, whose dot product instructions select other kernels.
PROCESSORS = ("cortex-a72", "cortex-a76")
WHEELS = ("numpy", "ai-edge-litert", "onnxruntime", "typer")
GLIBC = (17, 27, 28, 31, 34)


def main() -> None:
    """Build what is missing, boot, compare, write the result."""
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    bundle = load_bundle(options.bundle)
    make_root(options.work, options.suite, options.python)
    here = answer_here(bundle.path, options.work)
    results = []
    for cpu in options.cpu or PROCESSORS:
        started = time.monotonic()
        there = boot(options.work, cpu, options.memory, options.timeout)
        results.append({"cpu": cpu, **compare(here, there), "seconds": round(time.monotonic() - started)})
        print(json.dumps(results[-1], indent=1), file=sys.stderr)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "emulator": run("qemu-system-aarch64", "--version", stdout=subprocess.PIPE).stdout.splitlines()[0],
        "images": IMAGES,
        "tolerance": TOLERANCE,
        "bundle": {"name": bundle.name, "sha256": {name: bundle.files[name]["sha256"] for name in bundle.artifacts}},
        "here": facts(here)["device"],
        "results": results,
        "passed": all(result["passed"] for result in results),
    }
    finish(result, options.out)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", nargs="?", default="edge", help="a bundle's folder, or a shipped one's name")
    parser.add_argument("--cpu", action="append", help=f"what to emulate; may be repeated ({', '.join(PROCESSORS)})")
    parser.add_argument(
        "--work", type=Path, default=Path("runs/arm"), help="where the root is kept; delete it to build it anew"
    )
    parser.add_argument("--suite", default="bookworm", help="the Debian release of the device")
    parser.add_argument("--python", default="3.11", help="that release's Python")
    parser.add_argument("--memory", type=int, default=3072, help="of the device, in MB")
    parser.add_argument("--timeout", type=float, default=7200, help="seconds for one processor")
    parser.add_argument("--out", type=Path, help="write the result here as well")
    return parser.parse_args()


def make_root(work: Path, suite: str, python: str) -> None:
    """A Debian arm64 root with Python, its kernel beside it, and the device install in /opt/site.

    Packages are only unpacked: configuring them would need the emulator and changes nothing that Python uses.
    """
    root = work / "root"
    if not (work / "vmlinuz").exists():
        shutil.rmtree(root, ignore_errors=True)
        packages = "python3,linux-image-arm64"
        run(
            "debootstrap",
            "--foreign",
            "--arch=arm64",
            "--variant=minbase",
            f"--include={packages}",
            suite,
            root,
            MIRROR,
        )
        for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
            target = work / "kernel" if package.name.startswith("linux-image") else root
            run("dpkg-deb", "--extract", package, target)
        shutil.copy(next((work / "kernel/boot").glob("vmlinuz-*")), work / "vmlinuz")
        shutil.rmtree(work / "kernel")
        for unused in ("var/cache/apt", "usr/share/doc", "usr/share/locale", "usr/share/man", "debootstrap"):
            shutil.rmtree(root / unused, ignore_errors=True)
    site = root / "opt/site"
    if site.exists():
        return
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in GLIBC]
    same = [f"{name}=={version(name)}" for name in WHEELS] + [f"opencv-python-headless=={opencv_version()}"]
    pip = (sys.executable, *PIP)
    run(*pip, "install", "--only-binary=:all:", *platforms, f"--python-version={python}", "--target", site, *same)
    with tempfile.TemporaryDirectory() as folder:
        run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
        run(*pip, "install", "--no-deps", "--target", site, *Path(folder).glob("*.whl"))


def opencv_version() -> str:
    """OpenCV's version here, from whichever of its packages is installed."""
    try:
        return version("opencv-python-headless")
    except PackageNotFoundError:
        return version("opencv-python")


def answer_here(bundle: Path, work: Path) -> dict[str, Any]:
    """Put the question into the root, and answer it on this machine."""
    question = work / "root/opt/proof"
    shutil.rmtree(question, ignore_errors=True)
    question.mkdir(parents=True)
    shutil.copytree(bundle, question / "bundle", ignore=shutil.ignore_patterns("*.keras", "*.pkl", "micro"))
    shutil.copy(PARTS / "answers.py", question)
    shutil.copy(PARTS / "init", work / "root/init")
    np.save(question / "images.npy", load_mnist("test").images[:IMAGES])
    run(sys.executable, PARTS / "answers.py", question / "bundle", question / "images.npy", work / "here.npz", env=None)
    with np.load(work / "here.npz", allow_pickle=False) as found:
        return dict(found)


def boot(work: Path, cpu: str, memory: int, timeout: float) -> dict[str, Any]:
    """Start the computer, wait until it has answered and is off; its arrays by name."""
    image, log = work / "root.cpio", work / f"{cpu}.log"
    with image.open("wb") as file:
        names = subprocess.Popen(["find", ".", "-print0"], cwd=work / "root", stdout=subprocess.PIPE)  # noqa: S607
        run(
            "cpio", "--null", "--create", "--format=newc", "--quiet", cwd=work / "root", stdin=names.stdout, stdout=file
        )
        names.wait()
    command = ["qemu-system-aarch64", "-M", "virt", "-cpu", cpu, "-smp", "2", "-m", str(memory)]
    command += ["-kernel", str(work / "vmlinuz"), "-initrd", str(image)]
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
    """For each artifact how far the two machines' answers are apart, and whether that is close enough."""
    rows = []
    for artifact, ended in facts(there)["artifacts"].items():
        row: dict[str, Any] = {"artifact": artifact}
        if artifact not in there or artifact not in here:
            rows.append({**row, "passed": False, **ended})
            continue
        a, b = here[artifact], there[artifact]
        same = int(np.sum(a.argmax(axis=1) == b.argmax(axis=1)))
        difference = float(np.abs(a - b).max())
        passed = difference <= TOLERANCE if artifact.startswith("float") else same == len(a)
        row |= {
            "same_classes": same,
            "largest_difference": difference,
            "bit_identical": int((a == b).all(axis=1).sum()),
        }
        rows.append({**row, "passed": bool(passed and len(a) == len(b) == IMAGES)})
    return {"device": facts(there)["device"], "artifacts": rows, "passed": all(row["passed"] for row in rows)}


def facts(answers: dict[str, Any]) -> dict[str, Any]:
    """The report inside the answers."""
    report: dict[str, Any] = json.loads(answers["report"].tobytes())
    return report


if __name__ == "__main__":
    main()
