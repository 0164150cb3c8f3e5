"""How a model was fed is found out, or asked for; never is another model taken."""

import keras
import numpy as np
import pytest
from keras import layers

from edgedigits import DigitClassifier
from edgedigits.errors import UsageError
from edgedigits_data import load_mnist
from edgedigits_export import export_bundle
from edgedigits_export.model.input_range import MNIST_STATISTICS, candidates, named
from edgedigits_export.model.range_decision import UndecidedError, decide
from edgedigits_export.model.reference import examine

WAYS = candidates(MNIST_STATISTICS[:1], MNIST_STATISTICS[1:])
TRAIN, TEST = load_mnist("train").balanced(4000), load_mnist("test")
# What each user did, in a user's own words.
USERS = {
    "0..255": lambda x: x.astype("float32"),
    "0..1": lambda x: x / 255.0,
    "-1..1": lambda x: x / 127.5 - 1,
    "-0.5..0.5": lambda x: x / 255 - 0.5,
    "standardized": lambda x: (x / 255 - 0.1307) / 0.3081,
    "unit columns": lambda x: keras.utils.normalize(x, axis=1),
    "unit rows": lambda x: keras.utils.normalize(x, axis=2),
    "binary": lambda x: (x > 127).astype("float32"),
    "1..0": lambda x: 1 - x / 255,
    "inverted unit rows": lambda x: keras.utils.normalize(255 - x, axis=2),
}


def trained(prepare, epochs=6, seed=0):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(prepare(TRAIN.images)[..., None], TRAIN.labels, epochs=epochs, batch_size=64, verbose=0)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", USERS)
def test_a_model_trained_on_a_range_is_exported_as_itself(tmp_path, name):
    model = trained(USERS[name])
    bundle = export_bundle(model, tmp_path / "bundle", ["float32.tflite"])
    own = model.predict(USERS[name](TEST.images)[..., None], verbose=0)
    exported = DigitClassifier(bundle, artifact="float32.tflite").probabilities(TEST.images)
    assert np.abs(own - exported).max() < 1e-3
    source = bundle.manifest["source"]
    assert (source["input_range"], source["accuracy"]) == (name, np.mean(own.argmax(1) == TEST.labels))
    assert "measured on" in source["input_range_found"]


def test_a_range_that_wins_is_taken_with_the_numbers():
    decision = decide(examine("m", trained(USERS["0..1"], epochs=3)), TEST.pixels, TEST.labels, WAYS)
    assert (decision.way.name, decision.source) == ("0..1", "measured")
    assert decision.trials[0].accuracy > 0.9
    assert decision.trials[0].images >= 4000


def test_too_few_images_to_tell_are_a_question_with_the_remedy():
    reference = examine("m", trained(USERS["0..1"], epochs=3))
    few = TEST.take(np.arange(30))
    with pytest.raises(UndecidedError, match=r"of 30 images: .*0\.\.1 \(loss .* right\).*--input-range") as error:
        decide(reference, few.pixels, few.labels, WAYS)
    assert isinstance(error.value, UsageError)
    assert error.value.exit_status == 2


def test_a_model_that_was_hardly_trained_is_not_guessed_at():
    """On the right range it is timid, and whatever raises the contrast makes its loss lower."""
    model = trained(USERS["0..1"], epochs=3)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 0.1, bias * 0.1])
    reference = examine("m", model)
    losses = {
        name: -np.log(reference.probabilities(TEST.pixels[:500], WAYS[name])[np.arange(500), TEST.labels[:500]]).mean()
        for name in ("0..1", "standardized")
    }
    assert losses["standardized"] < losses["0..1"]
    with pytest.raises(UndecidedError):
        decide(reference, TEST.pixels, TEST.labels, WAYS)


def scaled(*first):
    return keras.Sequential(
        [keras.Input((28, 28, 1)), *first, layers.Flatten(), layers.Dense(10, activation="softmax")]
    )


def adapted(images):
    layer = layers.Normalization(axis=None)
    layer.adapt(images)
    return layer


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (lambda: [layers.Rescaling(1 / 255)], "0..255"),
        (lambda: [layers.RandomRotation(0.1), layers.Rescaling(1 / 127.5, -1)], "0..255"),
        (lambda: [adapted(TRAIN.images[..., None].astype("float32"))], "0..255"),
        (lambda: [adapted(TRAIN.images[..., None] / 255)], "0..1"),
    ],
)
def test_layers_that_scale_are_read(first, name):
    decision = decide(examine("m", scaled(*first())), TEST.pixels[:500], TEST.labels[:500], WAYS)
    assert (decision.way.name, decision.source) == (name, "read")


def test_a_rescaling_that_scales_nothing_says_nothing():
    model = trained(USERS["0..1"], epochs=3)
    inner = keras.Sequential([keras.Input((28, 28, 1)), layers.Rescaling(1.0), model])
    decision = decide(examine("m", inner), TEST.pixels, TEST.labels, WAYS)
    assert (decision.way.name, decision.source) == ("0..1", "measured")


def test_a_batch_normalization_objects_to_what_it_has_not_seen():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.BatchNormalization(),
            layers.Conv2D(8, 5, strides=3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    model.fit(TRAIN.images[..., None] / 127.5 - 1, TRAIN.labels, epochs=5, batch_size=16, verbose=0)
    assert decide(examine("m", model), TEST.pixels, TEST.labels, WAYS).way.name == "-1..1"
    gamma, beta, mean, variance = model.layers[0].get_weights()
    # The same function, and the statistics of 0..1.
    beta = beta + gamma * ((mean + 1) / 2 - mean) / np.sqrt(variance + 1e-3)
    gamma = gamma * np.sqrt((variance / 4 + 1e-3) / (variance + 1e-3))
    model.layers[0].set_weights([gamma, beta, (mean + 1) / 2, variance / 4])
    with pytest.raises(UndecidedError, match=r"batch normalization was trained on 0\.\.1"):
        decide(examine("m", model), TEST.pixels, TEST.labels, {name: WAYS[name] for name in ("-1..1", "0..1", "1..0")})


@pytest.mark.parametrize(
    ("name", "found"), [("standardized:33.3,78.6", "standardized:33.3,78.6"), ("0..1", "0..1"), ("1..0", "1..0")]
)
def test_a_range_can_be_said(name, found):
    assert named(name, WAYS).name == found
    if ":" in name:
        np.testing.assert_allclose(
            named(name, WAYS).apply(TEST.pixels[:5]), (TEST.pixels[:5].astype("float64") - 33.3) / 78.6, atol=1e-6
        )


@pytest.mark.parametrize("name", ["0-1", "standardized:1", "standardized:1,0", "standardized:a,b"])
def test_a_range_that_says_nothing_is_refused_with_the_known_ones(name):
    with pytest.raises(UsageError, match=r"choose auto, 0\.\.255, 0\.\.1.*standardized:MEAN,DEVIATION"):
        named(name, WAYS)
