"""The notebook runs from top to bottom."""

import os
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "mnist-digits.ipynb"


@pytest.mark.slow
def test_the_notebook_runs_with_a_small_setting(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("EDGEDIGITS_EPOCHS", "1")
    monkeypatch.setenv("EDGEDIGITS_RUN", str(tmp_path / "run"))
    # The kernel finds our packages as this process does.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    text = "".join(out.get("text", "") for cell in notebook.cells for out in cell.get("outputs", []))
    assert "right" in text
    assert text.count("passed") == 6
    assert sum("image/png" in out.get("data", {}) for cell in notebook.cells for out in cell.get("outputs", [])) >= 7


def test_the_notebook_is_committed_with_the_outputs_of_a_full_run():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [out for cell in code for out in cell.outputs]
    assert not [out for out in outputs if out.output_type == "error"]
    assert "10 epochs in" in "".join(out.get("text", "") for out in outputs)
    assert sum("image/png" in out.get("data", {}) for out in outputs) >= 7
    assert all(len(cell.source.splitlines()) <= 16 for cell in code)
