"""A part of the zoo: layers that stop an optimization or a converter; every format is made all the same."""

import keras
import numpy as np
import pytest
from benchmarks.studies.zoo.__main__ import BODIES, build

from edgedigits.engines.base import DIGIT_FORM
from edgedigits_data import load_mnist
from edgedigits_export.checks.parity import prove
from edgedigits_export.formats.artifacts import Converter
from edgedigits_export.formats.attempts import Made, attempt
from edgedigits_export.formats.model_card import Card
from edgedigits_export.model.wrapping import Network
from edgedigits_export.options import ExportOptions

pytestmark = pytest.mark.slow
IMAGES = load_mnist("validation").images[:300]
CALIBRATION = load_mnist("train").balanced(60).images
EXACT = ("float32.tflite", "float32.onnx")
ROUNDED = ("dynamic.tflite", "int8.tflite", "int8.onnx")
ARCHITECTURES = (
    *(
        "gru",
        "dilated_same",
        "dilated_valid",
        "dilated_depthwise",
        "rows_dilated",
        "grouped",
        "split",
        "activation silu",
    ),
    *("unrolled", "lstm", "bidirectional", "dense_rows", "time_distributed", "pointwise", "transformer"),
    *("pooled_first", "normalized_first"),
)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_format_is_made_and_is_the_keras_model(name):
    model = build(name)
    expected = model.predict(IMAGES[..., None].astype(np.float32), verbose=0)
    converter = Converter(Network(model, DIGIT_FORM), CALIBRATION[..., None], Card("test", "1", "MIT"), ExportOptions())
    for file in (*EXACT, *ROUNDED):
        result = attempt(
            file,
            converter.ways(file),
            lambda way, file=file: converter.convert(file, way),
            lambda content, file=file: prove(file, content, IMAGES[..., None], expected),
        )
        assert isinstance(result, Made), result
        if file in EXACT:
            assert result.proof.max_difference < 1e-4, (file, result.way, result.tried)
        else:
            assert result.proof.agreement > 0.9, (file, result.way, result.tried)


def test_the_zoo_has_every_activation_that_keras_has():
    names = {name.removeprefix("activation ") for name in BODIES if name.startswith("activation ")}
    for name in ("relu", "selu", "softplus", "mish", "silu", "gelu", "PReLU"):
        assert name in names
    assert len(BODIES) >= 80
    assert isinstance(build("linear"), keras.Model)
