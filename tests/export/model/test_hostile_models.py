"""Models that would do more than compute: refused before anything of them runs."""

import zipfile

import keras
import pytest
import tensorflow as tf

from edgedigits.errors import ExportError
from edgedigits_export.model.loading import open_source


class Copier(tf.Module):
    """A model that copies a file whenever it is called, behind a function that its signature calls."""

    def __init__(self, source, target):
        super().__init__()
        self.source, self.target = str(source), str(target)

    @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)])
    def serve(self, image):
        if tf.reduce_sum(image) > -1.0:
            tf.io.write_file(self.target, tf.io.read_file(self.source))
        return tf.nn.softmax(tf.reshape(image, (-1, 784))[:, :10])


class Table(tf.Module):
    """A model with a table that is filled as it is loaded."""

    def __init__(self):
        super().__init__()
        pairs = tf.lookup.KeyValueTensorInitializer(tf.constant([0]), tf.constant([1.0]))
        self.table = tf.lookup.StaticHashTable(pairs, 0.0)

    @tf.function(input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)])
    def serve(self, image):
        return self.table.lookup(tf.cast(tf.reshape(image, (-1, 784))[:, :10], tf.int32))


def test_a_saved_model_that_copies_files_is_refused_unrun(tmp_path):
    secret, copy = tmp_path / "secret", tmp_path / "copy"
    secret.write_text("secret")
    model = Copier(secret, copy)
    tf.saved_model.save(model, str(tmp_path / "model"), signatures=model.serve)
    with pytest.raises(ExportError, match=r"ReadFile, WriteFile.*--custom"):
        open_source(tmp_path / "model")
    assert not copy.exists()
    (tmp_path / "trusted.py").write_text("")
    source = open_source(tmp_path / "model", tmp_path / "trusted.py")
    source.model(tf.zeros((1, 28, 28, 1)))
    assert copy.read_text() == "secret"  # which shows that the refusal is what prevents it


def test_what_keras_exports_is_taken(tmp_path):
    """All kinds of layers at once, as Keras exports them."""
    from keras import layers

    image = x = keras.Input((28, 28, 1))
    for layer in (
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="gelu", padding="same"),
        layers.BatchNormalization(),
        layers.DepthwiseConv2D(3, activation="relu6"),
        layers.SeparableConv2D(4, 3, activation="swish"),
        layers.Resizing(14, 14),
        layers.Conv2DTranspose(4, 3, activation="hard_sigmoid"),
        layers.LayerNormalization(),
        layers.Dropout(0.2),
        layers.MaxPooling2D(),
        layers.ZeroPadding2D(1),
        layers.PReLU(),
        layers.LeakyReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10, activation="softmax"),
    ):
        x = layer(x)
    model = keras.Model(image, x)
    model.export(tmp_path / "exported", verbose=False)
    assert open_source(tmp_path / "exported").model.output_shape[-1] == 10


def test_a_saved_model_that_is_set_up_by_code_is_refused(tmp_path):
    model = Table()
    tf.saved_model.save(model, str(tmp_path / "model"), signatures=model.serve)
    with pytest.raises(ExportError, match="resources that are set up by code"):
        open_source(tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"\xff" * 100])
def test_a_damaged_saved_model_is_one_line(tmp_path, content):
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ExportError, match="SavedModel") as error:
        open_source(tmp_path)
    assert len(str(error.value).splitlines()) == 1


def test_a_keras_file_that_unfolds_to_gigabytes_is_refused_unread(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(3):
            with archive.open(f"{i}.h5", "w", force_zip64=True) as member:
                for _ in range(10):
                    member.write(bytes(70_000_000))
    with pytest.raises(ExportError, match=r"unfolds to 2\.1 GB"):
        open_source(path)
