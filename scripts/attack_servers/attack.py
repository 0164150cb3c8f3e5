"""What an attack is, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What an attack came to.

    Attributes:
        held: whether the bound held.
        seen: what happened, in a few words.
        megabytes: the most memory that the attacked process had, where that counts.
    """

    held: bool
    seen: str
    megabytes: float | None = None


@dataclass(frozen=True)
class Attack:
    """One thing that a stranger does.

    Attributes:
        door: what is attacked.
        name: what is done.
        bound: what must hold.
        run: does it.
    """

    door: str
    name: str
    bound: str
    run: Callable[[], Outcome]
