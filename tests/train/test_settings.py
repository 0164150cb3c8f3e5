"""Settings that cannot work are refused before anything starts, in one line that says what would."""

from pathlib import Path
from typing import Any

import pytest

from edgedigits.errors import UsageError
from edgedigits_train import TrainSettings
from edgedigits_train.settings import MODELS


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_a_recipe_that_passes_its_own_check(model: str) -> None:
    assert TrainSettings.for_model(model).model == model


def test_the_reference_is_trained_as_its_author_does() -> None:
    settings = TrainSettings.for_model("reference")
    assert (settings.epochs, settings.batch_size, settings.learning_rate) == (10, 64, 0.001)
    assert not any([settings.augment, settings.nondigits, settings.label_smoothing, settings.averaging])


def test_none_leaves_the_recipe_alone() -> None:
    assert TrainSettings.for_model("edge", epochs=None) == TrainSettings.for_model("edge")


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"learning_rate": 0.0}, "learning rate of 0.0"),
        ({"learning_rate": float("nan")}, "learning rate of nan"),
        ({"epochs": 0}, "0 epochs"),
        ({"batch_size": 0}, "batch of 0"),
        ({"schedule": "square"}, "schedule 'square'"),
        ({"data": "no/such/folder"}, "no/such/folder does not exist"),
        ({"distil_from": "no/such/run"}, "no/such/run does not exist"),
        ({"distil_from": ".,no/such/run"}, "no/such/run does not exist"),
        ({"data_only": True}, "--data"),
        ({"nondigits": 2.0}, "share of 2.0"),
        ({"pages": -1}, "-1 pages"),
        ({"colour": 1}, "no setting 'colour'"),
    ],
)
def test_a_setting_that_cannot_work_is_named(overrides: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        TrainSettings.for_model("reference", **overrides)
    assert "\n" not in str(caught.value)


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="reference, nano, edge, teacher"):
        TrainSettings.for_model("resnet")


def test_the_command_names_the_model_the_seed_and_what_differs_from_the_recipe() -> None:
    assert TrainSettings.for_model("edge", seed=2).command() == "edgedigits train --model edge --seed 2"
    settings = TrainSettings.for_model("nano", epochs=3, distil_from=".", from_model=".")
    assert settings.command() == "edgedigits train --model nano --seed 0 --epochs 3 --distil-from . --from ."


def test_a_bundle_that_ships_is_named_wherever_it_is_installed(tmp_path: Path) -> None:
    model = tmp_path / "edgedigits" / "bundles" / "edge" / "model.keras"
    model.parent.mkdir(parents=True)
    model.touch()
    settings = TrainSettings.for_model("edge", from_model=str(model))
    assert settings.command() == "edgedigits train --model edge --seed 0 --from edge"
    assert settings.as_dict()["from_model"] == "edge"
