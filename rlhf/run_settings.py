"""When a run evaluates and writes checkpoints, how long it took, and its stages in words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rlhf.errors import ConfigError
from rlhf.evaluate import EvaluationPlan

SETTINGS_ARE = "The run's `config.yaml` has every setting."


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluations:
    """When to evaluate, and how."""

    plan: EvaluationPlan
    base: bool = True
    """Evaluate the untouched base first."""
    every: int = 0
    """Also evaluate every so many reinforcement steps; 0 only at the ends of stages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoints:
    """When to write a checkpoint, and how many stay."""

    every: int = 25
    """Steps of a stage; 0 only at the ends of stages. An interrupt or an error always leaves one."""
    keep: int = 2

    def __post_init__(self) -> None:
        if self.every < 0 or self.keep < 1:
            raise ConfigError(
                f"checkpoint.every={self.every} and checkpoint.keep={self.keep}: give every 0 (at the ends of stages) "
                "or more, and keep 1 or more"
            )


class Stopwatch:
    """How long a run took, its earlier sessions included: of one that was killed what its last checkpoint knows."""

    def __init__(self) -> None:
        self._began, self._earlier = time.perf_counter(), 0.0

    @property
    def seconds(self) -> float:
        return self._earlier + time.perf_counter() - self._began

    def add(self, state: Mapping[str, Any]) -> None:
        """Count what a checkpoint's sessions took; an early one does not say."""
        self._earlier = state.get("seconds", 0.0)


def steps_taken(done: Mapping[str, int], reinforced: str = "reinforcement learning") -> str:
    """The stages behind a checkpoint in words, for the model card.

    >>> steps_taken({"warmup": 100, "reinforce": 0})
    '100 supervised steps'
    >>> steps_taken({"warmup": 60, "reinforce": 120}, "PPO")
    '60 supervised steps, then 120 steps of PPO'
    """
    stages = {"warmup": "supervised steps", "reinforce": f"steps of {reinforced}", "preferences": "steps of DPO"}
    return ", then ".join(f"{done[name]} {words}" for name, words in stages.items() if done.get(name)) or "no steps"
