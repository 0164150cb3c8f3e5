"""Which machine is this, and in what state? Recorded with every result; what cannot be found out is null."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgedigits import Bundle

PACKAGES = (
    *("edgedigits", "ai-edge-litert", "tflite-runtime", "onnxruntime", "numpy", "opencv-python"),
    *("opencv-python-headless", "tensorflow", "tensorflow-cpu"),
)
# What makes a difference to these engines' kernels, of the hundred flags a CPU has.
X86 = {"sse2", "sse4_1", "sse4_2", "fma", "f16c", "avx", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8"}
ARM = {"neon", "asimd", "asimddp", "asimdhp", "fphp", "i8mm", "bf16", "sve", "sve2", "sme"}


def describe_device(bundle: "Bundle | None" = None) -> dict[str, Any]:
    """What stays as it is during a run: hardware, system, versions, commit, and the bundle's hash."""
    return {
        "machine": platform.machine(),
        "model": _read("/proc/device-tree/model") or _read("/sys/class/dmi/id/product_name"),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "usable_cores": usable_cores(),
        "instruction_sets": _instruction_sets(),
        "memory_mb": _memory_mb(),
        "system": platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "commit": _commit(),
        "bundle": {"name": bundle.name, "sha256": bundle_hash(bundle)} if bundle else None,
    }


def describe_state() -> dict[str, Any]:
    """What changes: clock, governor, temperature, throttling and load; taken before and after a run."""
    return {
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "clock_mhz": _clock_mhz(),
        "temperature_c": _temperature(),
        "throttled": _throttled(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bundle_hash(bundle: "Bundle") -> str:
    """One SHA-256 over the names and hashes of a bundle's files; the same for equal artifacts wherever they lie."""
    import hashlib

    lines = sorted(f"{record['sha256']}  {name}\n" for name, record in bundle.files.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(errors="replace").strip("\0\n ") or None
    except OSError:
        return None


def _cpu_fields() -> dict[str, str]:
    """The first processor's entry in /proc/cpuinfo."""
    lines = (_read("/proc/cpuinfo") or "").split("\n\n")[0].splitlines()
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _cpu_name() -> str | None:
    fields = _cpu_fields()
    arm = f"ARM implementer {fields.get('cpu implementer')} part {fields.get('cpu part')}"
    return fields.get("model name") or (arm if "cpu part" in fields else platform.processor() or None)


def _instruction_sets() -> list[str]:
    fields = _cpu_fields()
    return sorted(set((fields.get("flags") or fields.get("features") or "").split()) & (X86 | ARM))


def _memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    except (AttributeError, ValueError, OSError):
        return None


def _clock_mhz() -> float | None:
    kilohertz = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
    megahertz = _cpu_fields().get("cpu mhz")
    return int(kilohertz) / 1000 if kilohertz else float(megahertz) if megahertz else None


def _temperature() -> float | None:
    values = [_read(str(path)) for path in Path("/sys/class/thermal").glob("thermal_zone*/temp")]
    degrees = [int(value) / 1000 for value in values if value and value.lstrip("-").isdigit()]
    return max(degrees) if degrees else None


def _throttled() -> bool | None:
    """Whether the firmware has slowed the CPU down since it was started; the Raspberry Pi's and x86's ways to tell."""
    if tool := shutil.which("vcgencmd"):
        answer = _run([tool, "get_throttled"]) or ""
        return int(answer.partition("=")[2] or "0", 16) != 0
    counts = [_read(str(path)) for path in Path("/sys/devices/system/cpu").glob("cpu*/thermal_throttle/*_count")]
    return any(int(count or 0) > 0 for count in counts) if counts else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The working copy's commit, "+" behind it if something was changed; None in an installed package."""
    here, git = Path(__file__).parent, shutil.which("git")
    if not git or not (here.parents[1] / ".git").exists():
        return None
    commit = _run([git, "-C", str(here), "rev-parse", "--short=12", "HEAD"])
    changed = _run([git, "-C", str(here), "status", "--porcelain", "--untracked-files=no"])
    return f"{commit}+" if commit and changed else commit


def _run(command: list[str]) -> str | None:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603 - fixed commands
    except (OSError, subprocess.SubprocessError):
        return None
