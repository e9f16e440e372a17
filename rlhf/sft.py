"""Supervised fine-tuning on the completion tokens alone, through the same update as reinforcement learning."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rlhf.collate import collate
from rlhf.errors import ConfigError, DataError
from rlhf.losses import NegativeLogLikelihood, TokenMean
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.prompts import PromptStream
from rlhf.runtime import Runtime
from rlhf.types import Completion, CreditedSample, FinishReason, Metrics, Prompt
from rlhf.update import Updater


@dataclass(frozen=True, kw_only=True)
class TeachingPlan:
    """The sizes of a run on demonstrations, over all processes together."""

    steps: int
    examples_per_step: int
    micro_batch_tokens: int = 4096

    def __post_init__(self) -> None:
        for name in ("steps", "examples_per_step", "micro_batch_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, got {getattr(self, name)}; to leave it out: warmup=null")


@dataclass(frozen=True, kw_only=True)
class SFTPlan(TeachingPlan):
    """The sizes of a supervised run, and how its examples are packed."""

    max_row_tokens: int = 1024
    """Examples stand side by side in a row up to this length (and up to `micro_batch_tokens`), and do not see each
    other; 0 gives each a row of its own. Changes speed, not the result."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_row_tokens < 0:
            raise ConfigError(f"max_row_tokens must be at least 0, got {self.max_row_tokens}; 0 packs nothing")


class SFTTrainer:
    """Teaches the policy the prompts' own targets (chat turns, answer format, gold answers)."""

    def __init__(
        self, *, policy: Policy, prompts: PromptStream, optim: OptimSettings, plan: SFTPlan, runtime: Runtime
    ) -> None:
        self.prompts, self.plan, self.runtime = prompts, plan, runtime
        loss = NegativeLogLikelihood(aggregation=TokenMean())
        self.update = Updater(
            policy, loss, optim, runtime, total_updates=plan.steps, micro_batch_tokens=plan.micro_batch_tokens
        )

    def fit(self, start: int, on_step: Callable[[int, Metrics], None]) -> None:
        """Run the remaining steps; `on_step` logs and saves."""
        for step in range(start, self.plan.steps):
            on_step(step, self.run_step())

    def run_step(self) -> Metrics:
        """One optimizer step on the next examples."""
        start = time.perf_counter()
        prompts = self.runtime.shard(self.prompts.take(self.plan.examples_per_step))
        length = min(self.plan.max_row_tokens, self.plan.micro_batch_tokens)
        batch = collate(demonstrations(prompts), max_row_tokens=length, pack_prompts=length > 0)
        num_samples, num_loss_tokens = self.runtime.total(batch.num_samples, batch.num_loss_tokens)
        batch = replace(batch, num_samples=num_samples, num_loss_tokens=num_loss_tokens).to(self.runtime.device)
        metrics = self.update(batch)
        seconds = time.perf_counter() - start
        return {**metrics, "time/step_s": seconds, "speed/completion_tok_s": num_loss_tokens / seconds}


def demonstrations(prompts: Sequence[Prompt]) -> list[CreditedSample]:
    """Each prompt's own target as a completion to imitate.

    Raises:
        DataError: if a prompt has no target.
    """
    for prompt in prompts:
        if not prompt.target_ids:
            raise DataError(
                f"prompt {prompt.id} has no target to imitate: supervised learning needs data with a gold answer "
                "(data.columns.answer), or leave the warm-up out"
            )
    return [
        CreditedSample(
            prompt=prompt,
            completion=Completion(
                token_ids=prompt.target_ids,
                sampling_logprobs=(0.0,) * len(prompt.target_ids),
                finish_reason=FinishReason.STOP,
                text="",
                policy_version=0,
            ),
            reward=0.0,
            advantage=1.0,
            group=index,
        )
        for index, prompt in enumerate(prompts)
    ]
