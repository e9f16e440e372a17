"""Optimizer, learning-rate schedule, and the check that stands between a NaN and the weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from rlhf.errors import ConfigError, NonFiniteUpdate


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimSettings:
    """AdamW with a linear warm-up and then a schedule down to `final_lr_share` of the peak."""

    lr: float
    warmup_steps: int = 0
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    final_lr_share: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)
    eps: float = 1e-8
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ConfigError(f"lr must be positive, got {self.lr}")
        if self.max_grad_norm <= 0:
            raise ConfigError(f"max_grad_norm must be positive (inf for no clipping), got {self.max_grad_norm}")
        if self.schedule not in ("constant", "linear", "cosine"):
            raise ConfigError(f"schedule must be constant, linear or cosine, got {self.schedule!r}")

    def check_length(self, total_steps: int | None, setting: str = "optim") -> None:
        """Refuse a schedule that falls over a number of updates where nobody knows that number.

        Raises:
            ConfigError: naming the setting.
        """
        if total_steps is None and self.schedule != "constant":
            raise ConfigError(
                f"{setting}.schedule={self.schedule} falls over the whole training, and how many updates that has is "
                f"not known where plan.seconds ends it; set {setting}.schedule=constant"
            )

    def build(self, parameters: Sequence[nn.Parameter], total_steps: int | None) -> tuple[torch.optim.AdamW, LambdaLR]:
        """The optimizer and its schedule over `total_steps` updates; None: the clock will end them (`check_length`)."""
        betas = (self.betas[0], self.betas[1])
        optimizer = torch.optim.AdamW(parameters, lr=self.lr, betas=betas, eps=self.eps, weight_decay=self.weight_decay)
        return optimizer, LambdaLR(optimizer, lambda step: self.lr_share(step, total_steps or 0))

    def lr_share(self, step: int, total_steps: int) -> float:
        """Learning rate of update `step` (from 0) as a share of the peak.

        >>> settings = OptimSettings(lr=1e-4, warmup_steps=2, schedule="linear")
        >>> [settings.lr_share(step, 6) for step in range(6)]
        [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
        """
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        if self.schedule == "constant":
            return 1.0
        done = min(1.0, (step - self.warmup_steps) / max(1, total_steps - self.warmup_steps))
        left = 1 - done if self.schedule == "linear" else (1 + math.cos(math.pi * done)) / 2
        return self.final_lr_share + (1 - self.final_lr_share) * left


def clip_and_check(parameters: Sequence[nn.Parameter], max_norm: float, setting: str = "optim.lr") -> float:
    """Scale the gradients down to `max_norm` and return the norm they had.

    Args:
        setting: what to lower when they are not finite.
    Raises:
        NonFiniteUpdate: before the optimizer could write the damage into the weights.
    """
    norm = float(nn.utils.clip_grad_norm_(parameters, max_norm))
    if not math.isfinite(norm):
        raise NonFiniteUpdate(
            f"the gradient norm is {norm}; the weights are those of the last finite step. Lower {setting} and "
            "resume: it may differ"
        )
    return norm
