"""The structure of the project in figures: python scripts/house.py

Modules per folder, import levels of the runtime, circles, sizes, words that are out, and the files that a picture goes
through when it is read. tests/test_house.py holds the limits.
"""

import argparse
import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parent.parent
# Each package's folder, and whom it may import.
PACKAGES: Mapping[str, tuple[str, frozenset[str]]] = {
    "edgedigits_data": ("data", frozenset()),
    "edgedigits": ("runtime", frozenset()),
    "edgedigits_train": ("train", frozenset({"edgedigits", "edgedigits_data"})),
    "edgedigits_export": ("export", frozenset({"edgedigits", "edgedigits_data"})),
    "edgedigits_bench": ("benchmarks", frozenset({"edgedigits", "edgedigits_data"})),
    "edgedigits_apps": (
        "apps",
        frozenset({"edgedigits", "edgedigits_data", "edgedigits_train", "edgedigits_export", "edgedigits_bench"}),
    ),
}
# Python files outside the packages; studies measure decisions of training and exporting, and no app.
FOLDERS: Mapping[str, frozenset[str]] = {
    "benchmarks/studies": frozenset(PACKAGES) - {"edgedigits_apps"},
    "scripts": frozenset(PACKAGES),
    "examples": frozenset({"edgedigits"}),
    "tests": frozenset(PACKAGES),
}
MODULES_IN_A_FOLDER, LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 13, 400, 60
# The files whose functions hand the picture from one stage to the next.
CONDUCTORS = ("api.py", "reading/reader.py")
TOP_ENTRIES, LEVELS_BELOW_API = 16, 5

# What the field has no word for: each with what to write instead. Whole words, in any case.
WORDS: Mapping[str, str] = {
    r"belie(f|fs|ve|ves|ved)": "probability, network",
    r"witness(es|ed)?": "network",
    r"testif(y|ies|ied)": "predict",
    r"lessons?": "training set",
    r"lonely": "isolated",
    r"rivals?": "overlapping candidates",
    r"one_in_a_place|without_doubles|surest": "non_maximum_suppression",
    r"wear|worn": "degradation",
    r"on_grid|makes_up|take_turns": "what it does",
    r"verdicts?": "recommendation, result",
    r"complain(s|ed)?": "report_error",
    r"makes? no sense": "the limits",
}


@dataclass(frozen=True)
class Module:
    """One Python file.

    Attributes:
        path: relative to the repository.
        name: as it is imported; empty for a file outside the packages.
        package: the package that it belongs to; empty outside.
    """

    path: Path
    name: str
    package: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return _parsed(self.path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def tracked(ending: str = "") -> tuple[Path, ...]:
    """The files under version control that are there, relative to the repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")  # noqa: S603 (fixed words)
    return tuple(Path(name) for name in sorted(set(names)) if name.endswith(ending) and (ROOT / name).is_file())


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file."""
    return tuple(_module(path) for path in tracked(".py"))


def _module(path: Path) -> Module:
    for package, (folder, _) in PACKAGES.items():
        if path.parts[:2] == (folder, package):
            parts = path.relative_to(folder).with_suffix("").parts
            return Module(path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts), package)
    return Module(path, "", "")


def allowed(module: Module) -> frozenset[str]:
    """The packages of ours that a file may import."""
    if module.package:
        return PACKAGES[module.package][1] | {module.package}
    found = [packages for folder, packages in FOLDERS.items() if module.path.is_relative_to(folder)]
    return found[0] if found else frozenset()


def imported(module: Module, typing_too: bool = True) -> Iterator[str]:
    """The modules that a file imports at any place, lazily or not, as they are written.

    Args:
        module: the file.
        typing_too: also what only type checkers import.
    """
    skipped = set() if typing_too else {id(node) for part in _typing_blocks(module.tree) for node in ast.walk(part)}
    for node in ast.walk(module.tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _typing_blocks(tree: ast.Module) -> Iterator[ast.If]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield node


@cache
def graph(package: str) -> Mapping[str, frozenset[str]]:
    """Which modules of a package each of its modules imports, lazily or not."""
    known = {module.name: module for module in modules() if module.package == package}
    return {
        name: frozenset(
            target for text in imported(module, typing_too=False) if (target := _resolve(text, known)) != name
        )
        - {""}
        for name, module in known.items()
    }


def _resolve(text: str, known: Iterable[str]) -> str:
    """The module that `from a.b import c` loads: a.b.c if there is one, else a.b; empty if it is none of them."""
    return next((name for name in (text, text.rpartition(".")[0]) if name in known), "")


def circles(package: str) -> list[list[str]]:
    """Modules that import each other in a circle, one circle for each edge that closes one."""
    edges, found, done = graph(package), [], set[str]()

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for target in sorted(edges[name]):
                visit(target, [*path, name])
            done.add(name)

    for name in edges:
        visit(name, [])
    return found


def levels(package: str, top: str) -> dict[str, int]:
    """For each module below `top` the length of the longest chain of imports that leads to it."""
    edges = graph(package)
    found: dict[str, int] = {}

    def visit(name: str, level: int) -> None:
        if found.get(name, -1) < level:
            found[name] = level
            for target in edges[name]:
                visit(target, level + 1)

    visit(top, 0)
    return found


def modules_per_folder() -> Counter[Path]:
    """How many modules each folder holds, `__init__` not counted."""
    return Counter(module.path.parent for module in modules() if module.path.stem != "__init__")


def functions(module: Module) -> Iterator[tuple[str, int]]:
    """Each function's name and lines, from `def` to its end."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def top_entries() -> list[str]:
    """What lies at the top of the runtime package."""
    return sorted(
        {
            path.relative_to("runtime/edgedigits").parts[0]
            for path in tracked()
            if path.is_relative_to("runtime/edgedigits")
        }
    )


def out_words(paths: Iterable[Path]) -> Iterator[tuple[Path, int, str]]:
    """Each use of a word that is out: file, line, word."""
    # In identifiers, too: the parts of snake_case and of CamelCase are words.
    pattern = re.compile("|".join(rf"(?<![a-z]){word}(?![a-z])" for word in WORDS), re.IGNORECASE)
    for path in paths:
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
            yield from ((path, number, match[0]) for match in pattern.finditer(line))


def walk() -> list[Path]:
    """The files that the picture is handed to when it is read, in order: what `CONDUCTORS` call, one after the other.

    A file stands there twice if the picture comes back to a stage that it has left.
    """
    import edgedigits
    from edgedigits.imaging.picture_files import load_picture

    package, picture = Path(edgedigits.__file__).parent, ROOT / "docs" / "images" / "page.jpg"
    edgedigits.read(load_picture(picture))  # imports and loads whatever it needs
    entered: list[Path] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        path, caller = Path(frame.f_code.co_filename), frame.f_back
        if event == "call" and path.is_relative_to(package) and caller is not None:
            left = Path(caller.f_code.co_filename)
            if path != left and left.is_relative_to(package) and str(left.relative_to(package)) in CONDUCTORS:
                entered.append(path.relative_to(package))

    sys.setprofile(note)
    try:
        edgedigits.read(picture)
    finally:
        sys.setprofile(None)
    return [path for i, path in enumerate(entered) if i == 0 or path != entered[i - 1]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walk", action="store_true", help="also the files that a picture goes through")
    wanted = parser.parse_args()
    print("modules per folder, largest first")
    for folder, count in modules_per_folder().most_common(12):
        print(f"{count:>5}  {folder}")
    below = levels("edgedigits", "edgedigits.api")
    deepest = max(below.values())
    print(f"\nruntime: {len(top_entries())} entries at the top, {deepest} import levels below api")
    for level in range(deepest + 1):
        names = sorted(name.removeprefix("edgedigits.") for name in below if below[name] == level)
        print(f"{level:>5}  {', '.join(names)}")
    found = [circle for package in PACKAGES for circle in circles(package)]
    print(f"\ncircles: {len(found)}", *(" -> ".join(circle) for circle in found), sep="\n       ")
    lines = {module.path: len((ROOT / module.path).read_text(encoding="utf-8").splitlines()) for module in modules()}
    longest = max(lines, key=lambda path: lines[path])
    length, path, name = max((size, module.path, name) for module in modules() for name, size in functions(module))
    print(f"longest file: {longest}, {lines[longest]} lines\nlongest function: {name} in {path}, {length} lines")
    words = Counter(str(path) for path, _, _ in out_words([*tracked(".py"), *tracked(".md")]))
    print(
        f"words that are out: {words.total()}",
        *(f"{count:>5}  {path}" for path, count in words.most_common()),
        sep="\n",
    )
    if wanted.walk:
        print("\nread:", *walk(), sep="\n       ")


if __name__ == "__main__":
    main()
