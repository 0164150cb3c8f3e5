"""Which settled readings are passed on."""

import pytest

from edgedigits import Box, Digit, Page
from edgedigits.errors import UsageError
from edgedigits.live.plausibility import ReadingRules


def page(*rows: str) -> Page:
    digits = [Digit(int(d), 0.9, Box(0, 0, 5, 9), row, [(int(d), 0.9)]) for row, text in enumerate(rows) for d in text]
    return Page(digits, (100, 100))


@pytest.mark.parametrize(
    ("rules", "rows", "last", "refusal"),
    [
        (ReadingRules(), ["12"], "99", None),
        (ReadingRules(expect=5), ["12345"], None, None),
        (ReadingRules(expect=5), ["1234"], None, "4 digits, 5 expected"),
        (ReadingRules(expect=5), ["1"], None, "1 digit, 5 expected"),
        (ReadingRules(expect=4), ["12", "34"], None, None),
        (ReadingRules(pattern=r"0\d{2}"), ["012"], None, None),
        (ReadingRules(pattern=r"0\d{2}"), ["0123"], None, r"does not match 0\d{2}"),
        (ReadingRules(pattern=r"\d{2} \d"), ["12", "3"], None, None),
        (ReadingRules(monotonic=True), ["00120"], "00119", None),
        (ReadingRules(monotonic=True), ["00120"], "00120", None),
        (ReadingRules(monotonic=True), ["00119"], "00120", "is less than 00120 before it"),
        (ReadingRules(monotonic=True), ["99"], "100", "is less than 100 before it"),
        (ReadingRules(monotonic=True, decimal=2), ["100"], "0.99", None),
        (ReadingRules(monotonic=True), ["1", "2"], None, "is more than one number, and --monotonic compares one"),
    ],
)
def test_what_is_passed_on(rules: ReadingRules, rows: list[str], last: str | None, refusal: str | None) -> None:
    assert rules.refusal(page(*rows), last) == refusal


@pytest.mark.parametrize(
    ("decimal", "rows", "value"),
    [(0, ["052"], "052"), (2, ["12345"], "123.45"), (3, ["7"], "0.007"), (1, ["12", "3"], "12 3"), (2, [], "")],
)
def test_the_decimal_point_stands_before_the_last_digits(decimal: int, rows: list[str], value: str) -> None:
    assert ReadingRules(decimal=decimal).value(page(*rows)) == value


def test_rules_that_make_no_sense_are_named() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        ReadingRules(pattern="(")
    with pytest.raises(UsageError, match="negative"):
        ReadingRules(expect=-1)


def test_whether_there_are_rules() -> None:
    assert not ReadingRules().any
    assert ReadingRules(decimal=1).any
