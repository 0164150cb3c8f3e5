"""The diagram of packages in ARCHITECTURE.md, from what they import: python scripts/architecture.py

An arrow says that at least one module imports from the other package.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from scripts import house  # noqa: E402

BEGIN, END = "<!-- diagram -->\n", "<!-- /diagram -->"


def diagram() -> str:
    """The packages and their arrows in Mermaid."""
    arrows = {
        (module.package, target)
        for module in house.modules()
        if module.package
        for target in {name.partition(".")[0] for name in house.imported(module)} & house.PACKAGES.keys()
        if target != module.package
    }
    lines = [f"  {package}[{folder}/{package}]" for package, (folder, _) in house.PACKAGES.items()]
    lines += [f"  {source} --> {target}" for source, target in sorted(arrows)]
    return "\n".join(["```mermaid", "graph TD", *lines, "```", ""])


def filled(page: str) -> str:
    """The page with the diagram made anew."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + diagram() + END + rest.partition(END)[2]


def main() -> None:
    """Write the page."""
    path = ROOT / "ARCHITECTURE.md"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
