"""C for microcontrollers: the array is the file, the arena is enough, and the kernels answer as LiteRT does."""

import re
import subprocess

import numpy as np
import pytest

from edgedigits import load_bundle
from edgedigits.engines.open import open_engine
from edgedigits.engines.tflite_micro import MicroEngine
from edgedigits_data import load_mnist
from edgedigits_export import export_bundle
from edgedigits_export.formats import flatbuffer, micro
from edgedigits_export.formats.model_card import Card


@pytest.fixture(scope="module")
def bundle(tiny_model, tmp_path_factory):
    return export_bundle(tiny_model, tmp_path_factory.mktemp("micro") / "bundle", ["int8.tflite", "micro"])


@pytest.fixture(scope="module")
def files(bundle):
    return {name: bundle.read(name) for name in bundle.files if name.startswith("micro/")}


@pytest.fixture(scope="module")
def model(files):
    return files[micro.MODEL]


def test_the_bundle_says_what_it_needs(bundle, model):
    record = bundle.manifest["micro"]
    assert record["flash_bytes"] == len(model)
    assert 2_000 < record["arena_bytes"] < 100_000
    assert record["against_litert"]["agreement"] > 0.99
    assert bundle.files[micro.MODEL]["engine"] == "tflite-micro"
    assert {tensor["dtype"] for tensor in bundle.files[micro.MODEL]["inputs"]} == {"int8"}


def test_the_compiled_array_is_the_file_byte_for_byte(files, model, tmp_path):
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    program = tmp_path / "micro" / "dump.cc"
    program.write_text(
        '#include <cstdio>\n#include <cstdint>\n#include "model.h"\n#include "test_digits.h"\n'
        "int main() {\n"
        "  if (reinterpret_cast<uintptr_t>(g_model) % 16) return 1;\n"
        "  fwrite(g_model, 1, g_model_len, stdout);\n"
        "  fwrite(kTestImages, 1, sizeof(kTestImages), stdout);\n}\n"
    )
    sources = [str(tmp_path / "micro" / name) for name in ("dump.cc", "model.cc", "test_digits.cc")]
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", *sources, "-o", str(tmp_path / "dump")]
    subprocess.run(command, check=True)
    dumped = subprocess.run([tmp_path / "dump"], check=True, capture_output=True).stdout
    assert dumped == model + micro.one_of_each(load_mnist("test")).images.tobytes()


def test_no_name_becomes_code(tmp_path):
    """A name with line breaks, ends of comments, a trailing backslash and directives, in every place it is put."""
    evil = "a\n#error from the name\r\n*/ int main( { // \\"
    card = Card(evil, "1", evil, description=evil)
    model = load_bundle("nano").read(micro.MODEL)
    for name, content in micro.micro_files(model, card, micro.one_of_each(load_mnist("test")), 9_000).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    folder = tmp_path / "micro"
    assert b"#error" in (folder / "model.h").read_bytes()
    (folder / "main2.cc").write_text('#include "model.h"\nint main() { return g_model_len == 0; }\n')
    sources = [str(folder / name) for name in ("main2.cc", "model.cc")]
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-trigraphs"]
    subprocess.run(["g++", *flags, *sources, "-o", str(tmp_path / "program")], check=True)
    subprocess.run([tmp_path / "program"], check=True)
    for name in ("main.cc", "op_resolver.h"):  # these need TensorFlow Lite Micro's headers: the first lines are enough
        assert (folder / name).read_text().index("#error") < (folder / name).read_text().index("#i")
        assert not any(line.startswith("#error") for line in (folder / name).read_text().splitlines())


def test_the_resolver_has_the_models_operators_and_no_others(files, model):
    header = files["micro/op_resolver.h"].decode()
    assert flatbuffer.operators(model) == ["CONV_2D", "CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    methods = re.findall(r"resolver\.Add(\w+)\(\)", header)
    assert methods == ["Conv2D", "Reshape", "FullyConnected", "Softmax"]
    assert f"MicroMutableOpResolver<{len(methods)}>" in header


def test_no_placeholder_is_left_in_any_file(files):
    for name, content in files.items():
        if name != micro.MODEL:
            assert not re.search(rb"@[A-Z0-9_]+@", content), name


def test_the_arena_in_the_header_is_enough_and_not_much_too_large(files, model):
    (size,) = re.findall(r"kArenaBytes = (\d+);", files["micro/model.h"].decode())
    image = load_mnist("test").images[:1, ..., None]
    assert MicroEngine(model, arena_bytes=int(size)).run(image).shape == (1, 10)
    with pytest.raises(RuntimeError):
        MicroEngine(model, arena_bytes=int(size) // 2).run(image)


def test_the_engine_of_the_gate_answers_as_litert_does(model):
    """Which kernels round where, and what that is worth, is in test_kernels.py; here nobody mixes up a zero point."""
    images = load_mnist("test").images[:500, ..., None]
    found, wanted = open_engine(micro.MODEL, model).run(images), open_engine("int8.tflite", model).run(images)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert np.abs(found - wanted).mean() < 0.25 / 256
    assert np.mean(found.argmax(axis=1) == wanted.argmax(axis=1)) > 0.99
