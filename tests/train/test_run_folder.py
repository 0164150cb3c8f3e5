"""A run's folder belongs to one run and one process, and to nothing that it did not write."""

import json
import subprocess
import sys

import pytest

from edgedigits.errors import OccupiedError
from edgedigits_train import TrainSettings
from edgedigits_train.run_folder import claim, digest, owned, write_json

SETTINGS = TrainSettings.for_model("nano")
INPUTS = {
    "images": {"training images": "1", "test images": "2"},
    "models": {"teacher": "3"},
    "versions": {"keras": "3.12"},
}


def test_the_same_run_goes_on_and_a_finished_one_gives_its_metrics(tmp_path):
    assert claim(tmp_path, SETTINGS, INPUTS) is None
    (tmp_path / ".partial.1.half.keras").write_bytes(b"half")
    assert claim(tmp_path, SETTINGS, INPUTS) is None
    for name in ("checkpoint.npz", "best.keras"):
        (tmp_path / name).write_bytes(b"left by a run that was killed at its very end")
    write_json(tmp_path / "metrics.json", {"parameters": 1})
    assert claim(tmp_path, SETTINGS, INPUTS) == {"parameters": 1}
    assert {path.name for path in tmp_path.iterdir()} == {"settings.json", "inputs.json", "metrics.json"}


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(
    ("kind", "name", "value", "told"),
    [
        ("images", "training images", "4", "training images;"),
        ("models", "teacher", "4", "teacher;"),
        ("versions", "keras", "3.13", r"keras \(3.12, now 3.13\);"),
        ("images", "own images", "4", "own images;"),
    ],
)
def test_what_a_run_depends_on_must_not_have_changed(tmp_path, finished, kind, name, value, told):
    claim(tmp_path, SETTINGS, INPUTS)
    if finished:
        write_json(tmp_path / "metrics.json", {})
    with pytest.raises(OccupiedError, match=f"inputs have changed since: {told} choose another folder or delete it"):
        claim(tmp_path, SETTINGS, INPUTS | {kind: INPUTS[kind] | {name: value}})
    assert json.loads((tmp_path / "inputs.json").read_text()) == INPUTS


def test_other_files_and_other_runs_are_left_alone(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"of the user's own")
    with pytest.raises(OccupiedError, match=r"holds model\.keras and no run; choose another folder"):
        claim(tmp_path, SETTINGS, INPUTS)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    write_json(tmp_path / "settings.json", SETTINGS.as_dict())
    with pytest.raises(OccupiedError, match="older version"):
        claim(tmp_path, SETTINGS, INPUTS)
    write_json(tmp_path / "settings.json", SETTINGS.as_dict() | {"seed": 9})
    with pytest.raises(OccupiedError, match="another seed"):
        claim(tmp_path, SETTINGS, INPUTS)


def test_one_process_trains_into_a_folder_at_a_time(tmp_path):
    script = "import sys; from pathlib import Path; from edgedigits_train.run_folder import owned\n"
    script += "with owned(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        with pytest.raises(OccupiedError, match="is being written by another process"), owned(tmp_path):
            pass
        other.kill()
    with owned(tmp_path), owned(tmp_path):  # a command may run another one in its folder
        pass


def test_a_models_digest_is_of_its_file_wherever_the_folder_is_named(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"weights")
    assert digest(str(tmp_path)) == digest(str(tmp_path / "model.keras"))
    before = digest(str(tmp_path))
    (tmp_path / "model.keras").write_bytes(b"other weights")
    assert digest(str(tmp_path)) != before
