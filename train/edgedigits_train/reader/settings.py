"""What decides how the page reader's network is trained."""

from dataclasses import asdict, dataclass
from typing import Any

from edgedigits.errors import UsageError


@dataclass(frozen=True)
class ReaderSettings:
    """A training's settings; with the same ones and the same sources the same views come in the same order.

    Attributes:
        steps: steps in all.
        decay: over how many of the last steps the rate falls to nothing, along a cosine.
        batch: views a step.
        side: height and width of a view in pixels.
        rate: the learning rate of AdamW before it falls.
        warmup: over how many steps the rate rises to it.
        average: momentum of the weights' moving average, which is what is kept at the end.
        seed: of weights and views.
        bfloat16: multiply in bfloat16.
        from_model: a plain .keras file to go on from; None for fresh weights.
    """

    steps: int = 20_000
    decay: int = 6_000
    batch: int = 16
    side: int = 192
    rate: float = 1.5e-3
    warmup: int = 300
    average: float = 0.998
    seed: int = 1
    bfloat16: bool = True
    from_model: str | None = None

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 <= self.decay <= self.steps:
            raise UsageError(f"{self.steps} steps of which {self.decay} are for the falling rate cannot be run")
        if self.side % 16 or self.side < 64:
            raise UsageError(f"views of {self.side} pixels cannot be used; choose a multiple of 16, 64 or more")

    def as_dict(self) -> dict[str, Any]:
        """As settings.json holds it."""
        return asdict(self)
