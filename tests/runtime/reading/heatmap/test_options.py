"""Options of the page reader."""

import pytest

from edgedigits.errors import UsageError
from edgedigits.reading.heatmap.options import ReaderOptions


@pytest.mark.parametrize(
    "wrong",
    [{"least_confidence": 0}, {"same_iou": 1.5}, {"base_pixels": 100}, {"largest_scale": 0}, {"most_pixels": -1}],
)
def test_a_value_that_cannot_work_is_refused_by_name(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        ReaderOptions(**wrong)


def test_every_option_is_documented():
    assert all(f"        {name}: " in ReaderOptions.__doc__ for name in ReaderOptions.__dataclass_fields__)
