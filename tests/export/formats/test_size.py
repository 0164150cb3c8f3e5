"""How many bytes a file takes besides its numbers: equal rows are stored once, and what it says of itself is short."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import Builder

from edgedigits import load_bundle
from edgedigits_export import export_bundle
from edgedigits_export.formats import flatbuffer
from edgedigits_export.formats.flatbuffer_builder import SharingBuilder
from edgedigits_export.formats.metadata import ENTRY


def plain(value):
    """Generated objects as dictionaries, arrays as lists, to be compared whole."""
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(each) for each in value]
    return {key: plain(each) for key, each in vars(value).items()} if hasattr(value, "__dict__") else value


@pytest.mark.parametrize("name", ["float32.tflite", "int8.tflite"])
def test_a_file_that_stores_equal_rows_once_says_the_same(tiny_bundle, name):
    model = flatbuffer.parse(load_bundle(tiny_bundle).read(name))
    ordinary = Builder()
    ordinary.Finish(model.Pack(ordinary), b"TFL3")
    assert plain(flatbuffer.parse(flatbuffer.pack(model))) == plain(model)
    assert plain(flatbuffer.parse(bytes(ordinary.Output()))) == plain(model)


def test_vectors_are_shared_only_where_they_mean_the_same():
    builder = SharingBuilder(16)  # small, so that it grows on the way

    def vector(element, values, put):
        builder.StartVector(element, len(values), element)
        for value in values:
            put(value)
        return builder.EndVector()

    row = vector(4, [7, 8], builder.PrependInt32)
    size = builder.Offset()
    assert vector(4, [7, 8], builder.PrependInt32) == row
    assert builder.Offset() == size
    assert vector(8, [7, 8], builder.PrependInt64) != row
    assert vector(4, [8, 7], builder.PrependInt32) != row
    # two pointers to the same row are different numbers, and equal numbers point to different rows
    pointers = vector(4, [row, row], builder.PrependUOffsetTRelative)
    assert vector(4, [row, row], builder.PrependUOffsetTRelative) != pointers
    text = builder.CreateString("seven")
    assert builder.CreateString(b"seven") == text
    assert builder.CreateByteVector(b"seven") != text


@pytest.mark.slow
def test_nano_is_small_with_all_that_it_says_of_itself(tmp_path):
    """A new export, so that it is this exporter which is measured."""
    model = keras.models.load_model(load_bundle("nano").path / "model.keras", compile=False)
    content = export_bundle(model, tmp_path / "nano", ["int8.tflite"]).read("int8.tflite")
    assert len(content) <= 16_000
    parsed = flatbuffer.parse(content)
    assert [entry.name for entry in parsed.metadata] == [b"min_runtime_version", ENTRY]
    parsed.metadata, parsed.buffers = [], parsed.buffers[:-2]
    bare = flatbuffer.pack(parsed)
    Interpreter(model_content=bare).allocate_tensors()
    assert len(content) - len(bare) < 900
