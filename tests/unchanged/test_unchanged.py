"""What users got from 0.1.0 before its modules were moved (commit 13c2795) is what they get now."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unchanged import record

from edgedigits import load_bundle
from edgedigits.bundle.manifest import MANIFEST

BEFORE = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))


def test_the_shipped_classifiers_answer_as_before():
    now = record.classifiers()
    assert now.keys() == BEFORE["classifiers"].keys()
    for name, before in BEFORE["classifiers"].items():
        assert now[name]["digits"] == before["digits"], name
        assert np.allclose(now[name]["probabilities"], before["probabilities"], atol=1e-5), name
        if record.cpu() == BEFORE["cpu"]:  # engines promise equal bits on equal processors only
            assert now[name]["sha256"] == before["sha256"], name


@pytest.mark.slow
def test_read_prints_what_it_printed(tmp_path):
    assert record.read(tmp_path) == BEFORE["read"]


@pytest.mark.slow
def test_the_webcam_prints_what_it_printed(tmp_path):
    assert BEFORE["webcam"]
    assert record.webcam(tmp_path) == BEFORE["webcam"]


def test_a_manifest_of_0_1_0_is_readable(tmp_path):
    (tmp_path / MANIFEST).write_bytes(Path(__file__).with_name("manifest-0.1.0.json").read_bytes())
    bundle = load_bundle(tmp_path)
    assert bundle.name == "nano"
    assert "int8.tflite" in bundle.artifacts
    assert 0 < bundle.reject_below < 1
