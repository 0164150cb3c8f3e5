"""The house: who imports whom, how large files and folders may grow, and what a device never loads."""

import subprocess
import sys

import pytest
from scripts import house

MODULES = house.modules()
# Folders and functions that are still to be divided; nothing may be added here.
LARGE_FOLDERS = {"data/edgedigits_data/synthetic/views"}
LONG_FUNCTIONS = {"export_bundle", "export", "quantize", "train", "webcam"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.path))
def test_imports_follow_the_arrows(module):
    ours = {name.partition(".")[0] for name in house.imported(module)} & house.PACKAGES.keys()
    assert ours <= house.allowed(module)


@pytest.mark.parametrize("package", house.PACKAGES)
def test_no_module_imports_itself_by_way_of_others(package):
    assert house.circles(package) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.path))
def test_files_and_functions_stay_small(module):
    assert len((house.ROOT / module.path).read_text(encoding="utf-8").splitlines()) <= house.LINES_OF_A_FILE
    long = [name for name, lines in house.functions(module) if lines > house.LINES_OF_A_FUNCTION]
    assert set(long) <= LONG_FUNCTIONS


def test_folders_stay_small():
    large = {str(folder) for folder, count in house.modules_per_folder().items() if count > house.MODULES_IN_A_FOLDER}
    assert large <= LARGE_FOLDERS


def test_the_top_of_the_runtime_stays_small():
    assert len(house.top_entries()) <= house.TOP_ENTRIES


@pytest.mark.parametrize("module", [module for module in MODULES if module.package], ids=lambda module: module.name)
def test_no_module_shadows_the_standard_library(module):
    assert module.path.stem not in sys.stdlib_module_names - {"__init__"} | {"statistics", "profile"}


def test_a_wrong_import_is_noticed(tmp_path):
    module = next(module for module in MODULES if module.name == "edgedigits.page")
    assert house.allowed(module) == {"edgedigits"}
    study = next(module for module in MODULES if module.path.is_relative_to("benchmarks/studies"))
    assert "edgedigits_apps" not in house.allowed(study)


@pytest.mark.parametrize("module", ["edgedigits", "edgedigits_apps.cli"])
def test_what_a_device_imports_is_light(module):
    heavy = {"tensorflow", "keras", "tf2onnx", "onnx", "starlette", "uvicorn", "matplotlib", "onnxruntime"}
    heavy |= {"cv2", "numpy"} if module == "edgedigits_apps.cli" else set()
    program = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)
