"""The house: who imports whom, how large a module may grow, and what a device never loads."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {
    "edgedigits_data": (ROOT / "data", set()),
    "edgedigits": (ROOT / "runtime", set()),
    "edgedigits_train": (ROOT / "train", {"edgedigits", "edgedigits_data"}),
    "edgedigits_export": (ROOT / "export", {"edgedigits", "edgedigits_data"}),
    "edgedigits_bench": (ROOT / "benchmarks", {"edgedigits", "edgedigits_data"}),
    "edgedigits_apps": (
        ROOT / "apps",
        {"edgedigits", "edgedigits_data", "edgedigits_train", "edgedigits_export", "edgedigits_bench"},
    ),
}
MODULES = [(name, path) for name, (folder, _) in PACKAGES.items() for path in sorted((folder / name).rglob("*.py"))]


def imported(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(("package", "path"), MODULES, ids=[f"{p}/{m.stem}" for p, m in MODULES])
def test_imports_follow_the_arrows_and_modules_stay_small(package, path):
    source = path.read_text(encoding="utf-8")
    ours = {name for name in imported(ast.parse(source)) if name in PACKAGES}
    assert ours <= PACKAGES[package][1] | {package}
    assert len(source.splitlines()) <= 400


@pytest.mark.parametrize("module", ["edgedigits", "edgedigits_apps.cli"])
def test_what_a_device_imports_is_light(module):
    heavy = {"tensorflow", "keras", "tf2onnx", "onnx", "gradio", "matplotlib", "onnxruntime"}
    heavy |= {"cv2", "numpy"} if module == "edgedigits_apps.cli" else set()
    program = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)
