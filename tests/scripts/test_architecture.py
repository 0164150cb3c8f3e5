"""The diagram in ARCHITECTURE.md is what the packages import."""

from scripts.architecture import ROOT, filled


def test_the_diagram_is_up_to_date():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert filled(page) == page
    assert "edgedigits_export --> edgedigits_data" in page
    assert "edgedigits --> " not in page
