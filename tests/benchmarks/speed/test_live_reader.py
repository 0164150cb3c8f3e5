"""The live reader's speed, measured on the real program: what must hold of the figures however busy the machine is."""

import os
import shutil

import pytest

from edgedigits_bench.speed.live_reader import MODES, STAGES, run, table


@pytest.mark.slow
def test_all_three_modes_are_measured_on_one_core() -> None:
    if not (os.environ.get("DISPLAY") or shutil.which("Xvfb")):
        pytest.skip("neither a display nor Xvfb")
    goes = run(rounds=1, frames=40, core=max(os.sched_getaffinity(0)))
    assert set(goes) == set(MODES)
    for mode, (go,) in goes.items():
        assert go.processor <= 1.05 * go.clock, "more than one core was used"
        assert go.read >= 0.6, "the sheet sways: next to nothing may be left unread"
        assert sum(go.stages.values()) <= 1.05 * go.processor
        assert set(STAGES) - set(go.stages) == (set() if mode == "window" else {"window"})
    assert goes["--serve"][0].watched
    assert [line.count("|") for line in table(goes).splitlines()] == [15] * 5
