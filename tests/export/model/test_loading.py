"""Files as other versions of Keras wrote them."""

import json

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from edgedigits_export.model.loading import open_source


@pytest.mark.parametrize(
    "layer",
    [layers.DepthwiseConv2D(3), layers.SeparableConv2D(8, 3), layers.Conv2DTranspose(4, 3), layers.Conv2D(4, 3)],
    ids=lambda layer: type(layer).__name__,
)
def test_an_h5_file_of_keras_2_with_groups(tmp_path, layer):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(8, 3), layer, layers.Flatten(), layers.Dense(10)])
    path = tmp_path / "old.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for entry in config["config"]["layers"]:
            if "Conv" in entry["class_name"]:
                entry["config"]["groups"] = 1
            if entry["class_name"] == "InputLayer":
                entry["config"]["batch_input_shape"] = entry["config"].pop("batch_shape")
        file.attrs["model_config"], file.attrs["keras_version"] = json.dumps(config).encode(), b"2.13.1"
    before = path.read_bytes()
    loaded = open_source(path)
    image = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(loaded.model(image), model(image))
    assert loaded.name == "old"
    assert path.read_bytes() == before
