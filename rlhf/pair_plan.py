"""Which pairs a step learns from: what every training on preference pairs has in common."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from rlhf.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class PairPlan:
    """The sizes of a training on pairs, over all processes together."""

    may_only_measure: ClassVar[bool] = False
    """Whether 0 epochs mean something: held-out pairs are measured, and nothing is trained."""

    epochs: float
    """Passes over the pairs; parts of one count."""
    pairs_per_step: int
    micro_batch_tokens: int = 4096
    """Tokens (padding included) per forward and backward; changes memory, not the result."""

    def __post_init__(self) -> None:
        if not (0 < self.epochs < math.inf or (self.epochs == 0 and self.may_only_measure)):
            nothing = "0 to measure alone" if self.may_only_measure else "0 would teach nothing"
            raise ConfigError(f"epochs must be a positive number ({nothing}), got {self.epochs}")
        for name in ("pairs_per_step", "micro_batch_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}")

    def steps(self, num_pairs: int) -> int:
        """How many optimizer steps the passes take: at least one, or none where nothing is trained."""
        return max(1, round(self.epochs * num_pairs / self.pairs_per_step)) if self.epochs else 0

    def take(self, pairs: Sequence[T], step: int, seed: int) -> list[T]:
        """The pairs of a step: each pass has an order of its own, and a step may reach into the next pass."""
        start, stop = step * self.pairs_per_step, (step + 1) * self.pairs_per_step
        taken: list[T] = []
        while start < stop:
            turn, first = divmod(start, len(pairs))
            order = list(range(len(pairs)))
            random.Random(f"{seed}/{turn}").shuffle(order)
            chosen = order[first : first + stop - start]
            taken += [pairs[index] for index in chosen]
            start += len(chosen)
        return taken
