"""The page reader's network."""

import keras
import numpy as np
import pytest

from edgedigits_train.reader.architecture import build_reader, plain_copy, start_from
from edgedigits_train.reader.targets import OUTPUTS


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 1)).astype(np.float32)


def run(model, image):
    return keras.ops.convert_to_numpy(model(image))


def test_one_cell_for_four_pixels_of_a_picture_of_any_size(image):
    assert run(build_reader(OUTPUTS), image).shape == (1, 16, 24, OUTPUTS)


def test_the_plain_copy_computes_the_same_and_needs_no_code_of_ours(image, tmp_path):
    model = build_reader(OUTPUTS)
    copy = plain_copy(model)
    np.testing.assert_allclose(run(copy, image), run(model, image), atol=1e-4)
    copy.save(tmp_path / "model.keras")
    assert "edgedigits" not in keras.saving.load_model(tmp_path / "model.keras").to_json()


def test_training_goes_on_from_a_plain_copy(image):
    model, other = build_reader(OUTPUTS), build_reader(OUTPUTS)
    start_from(other, plain_copy(model))
    np.testing.assert_allclose(run(other, image), run(model, image), atol=0.02)
