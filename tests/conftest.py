"""What several test modules share. The trained model is real and small; it is trained once a session."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.fixtures.processes", "tests.fixtures.browser", "tests.fixtures.faults", "tests.fixtures.live"]


@pytest.fixture(scope="session")
def edgedigits() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs the program as people call it; what it printed is text. Whatever happens, it shows nobody a traceback."""

    from tests.fixtures.processes import die_with_the_tests  # not before pytest has loaded it as a plugin

    def run(
        *arguments: object, stdin: bytes | None = None, timeout: float = 300, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "edgedigits_apps", *map(str, arguments)]
        options.setdefault("preexec_fn", die_with_the_tests)
        done = subprocess.run(command, capture_output=True, input=stdin, timeout=timeout, **options)
        texts = [output.decode(errors="surrogateescape") for output in (done.stdout, done.stderr)]
        assert "Traceback" not in texts[1], texts[1]
        return subprocess.CompletedProcess(command, done.returncode, *texts)

    return run


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A .keras file of a small CNN, trained for seconds on 6,000 MNIST images: about 96 % right."""
    import keras
    from keras import layers

    from edgedigits_data import load_mnist

    keras.utils.set_random_seed(1)
    train = load_mnist("train").balanced(6_000)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        name="tiny",
    )
    model.compile(keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy")
    model.fit(train.images[..., None], train.labels, epochs=4, batch_size=64, verbose=0)
    path = tmp_path_factory.mktemp("tiny") / "tiny.keras"
    model.save(path)
    return path


@pytest.fixture(scope="session")
def tiny_bundle(tiny_model, tmp_path_factory) -> Path:
    """The folder of the bundle exported from `tiny_model`, all formats. Not to be changed: copy it first."""
    from edgedigits_export import export_bundle

    return export_bundle(tiny_model, tmp_path_factory.mktemp("bundles") / "tiny").path
