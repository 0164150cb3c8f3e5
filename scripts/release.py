"""Builds a release and proves that what is in dist/ works: python scripts/release.py [--out dist]

Builds sdist and wheel, checks their metadata, installs each into a fresh environment and runs the installed program
there, then writes SHA256SUMS and a software bill of materials (CycloneDX) of what the wheel brought along.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fresh import PAGE, ROOT, ROWS, Environment, build, run


def main() -> None:
    """Every step in order; the first that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="emptied first")
    out: Path = parser.parse_args().out
    version = re.findall(r'^__version__ = "(.*)"', (ROOT / "runtime/edgedigits/__init__.py").read_text(), re.MULTILINE)[
        0
    ]
    shutil.rmtree(out, ignore_errors=True)
    files = build(out)
    names = {f"edgedigits-{version}-py3-none-any.whl", f"edgedigits-{version}.tar.gz"}
    if {file.name for file in files} != names:
        raise SystemExit(f"error: expected {sorted(names)}, built {[file.name for file in files]}")
    run(sys.executable, "-m", "twine", "check", "--strict", *files)
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            environment = Environment(Path(folder) / "venv", file)
            try_out(environment, version)
            print(f"{file.name}: {file.stat().st_size:,} bytes; installs and runs", file=sys.stderr)
            if file.suffix == ".whl":
                bill = out / f"edgedigits-{version}.cdx.json"
                bill.write_text(bill_of_materials(environment), encoding="utf-8")
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(out.iterdir())]
    (out / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    print("".join(sums), end="")


def try_out(environment: Environment, version: str) -> None:
    """Run what was installed the way a person would first."""
    environment.output("python", "-m", "pip", "check")
    if environment.output("edgedigits", "--version").strip() != version:
        raise SystemExit(f"error: the installed program is not {version}")
    facts = json.loads(environment.output("edgedigits", "info", "--json"))
    if facts["edgedigits"] != version or not facts["bundles"]:
        raise SystemExit(f"error: the installed program says of itself {facts}")
    environment.output("python", "-c", PAGE, "page.png")
    page = json.loads(environment.output("edgedigits", "read", "page.png", "--json"))
    if page["rows"] != ROWS:
        raise SystemExit(f"error: the installed program read {page['rows']}")


def bill_of_materials(environment: Environment) -> str:
    """CycloneDX JSON of an environment, without what only installed the rest."""
    found = run(
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", environment.bin / "python"),
        stdout=subprocess.PIPE,
    )
    bill = json.loads(found.stdout)
    bill["components"] = [part for part in bill["components"] if part["name"] not in ("pip", "setuptools")]
    for part in bill["components"]:  # where the wheel lay on this machine is nobody's business
        references = part.get("externalReferences", [])
        part["externalReferences"] = [found for found in references if not found["url"].startswith("file:")]
    return json.dumps(bill, indent=1) + "\n"


if __name__ == "__main__":
    main()
