"""Rules that a settled reading must meet before it is passed on: digits, pattern, never backwards."""

import re
from dataclasses import dataclass
from decimal import Decimal

from edgedigits.errors import UsageError
from edgedigits.page import Page


@dataclass(frozen=True)
class ReadingRules:
    """What a reading must be.

    Attributes:
        expect: how many digits it has; 0 takes any number.
        pattern: a regular expression that all of it matches, rows joined by a space; empty takes anything.
        monotonic: whether it may never be less than the last one that was passed on, as a meter's.
        decimal: how many of the last digits stand behind the decimal point.
    """

    expect: int = 0
    pattern: str = ""
    monotonic: bool = False
    decimal: int = 0

    def __post_init__(self) -> None:
        if min(self.expect, self.decimal) < 0:
            raise UsageError("the number of digits cannot be negative; leave it out to take any")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise UsageError(f"pattern {self.pattern!r} is no regular expression: {error}") from error

    @property
    def any(self) -> bool:
        """Whether there is a rule at all."""
        return self != ReadingRules()

    def value(self, page: Page) -> str:
        """The reading as a number, as in "123.45"; rows are joined by a space."""
        text = " ".join(page.rows)
        if not self.decimal or not text.isdigit():
            return text
        text = text.zfill(self.decimal + 1)
        return f"{text[: -self.decimal]}.{text[-self.decimal :]}"

    def refusal(self, page: Page, last: str | None) -> str | None:
        """Why a reading is not passed on; None where it is.

        Args:
            page: what has settled.
            last: the value that was passed on before, if any.
        """
        text, count = " ".join(page.rows), len(page.digits)
        if self.expect and count != self.expect:
            return f"{count} digit{'s' * (count != 1)}, {self.expect} expected"
        if self.pattern and not re.fullmatch(self.pattern, text):
            return f"does not match {self.pattern}"
        if self.monotonic:
            if not text.isdigit():
                return "is more than one number, and --monotonic compares one"
            if last is not None and Decimal(self.value(page)) < Decimal(last):
                return f"is less than {last} before it"
        return None
