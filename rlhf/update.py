"""One optimizer step on one minibatch: the seam that supervised and reinforcement learning share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from jaxtyping import Float
from torch import Tensor, nn

from model.transformer import Gemma3ForCausalLM
from rlhf.collate import micro_batches
from rlhf.errors import NonFiniteUpdate
from rlhf.logprobs import token_logprobs, token_logprobs_and_entropies
from rlhf.losses import LossOutput, PolicyLoss
from rlhf.optim import OptimSettings, clip_and_check
from rlhf.runtime import Runtime
from rlhf.types import Metrics, TrainBatch


class Loss(Protocol):
    """Log-probabilities of a (micro-)batch to its part of the minibatch's loss."""

    def __call__(self, logprobs: Float[Tensor, "B C"], batch: TrainBatch, /) -> LossOutput: ...


class Learner(Protocol):
    """A network and those of its parameters that learn."""

    @property
    def model(self) -> Gemma3ForCausalLM: ...

    def parameters(self) -> list[nn.Parameter]: ...


class Updater:
    """Owns the optimizer and its schedule.

    Args:
        total_updates: optimizer steps of the whole run, for the schedule; None where the clock ends it.
        micro_batch_tokens: tokens (padding included) per forward and backward; changes memory, not the result.
        temperature: of the distribution that the completions were sampled from; 1 for supervised learning.
    """

    setting = "optim.lr"
    """What to lower when an update is not finite."""

    def __init__(
        self,
        policy: Learner,
        loss: Loss,
        optim: OptimSettings,
        runtime: Runtime,
        *,
        total_updates: int | None,
        micro_batch_tokens: int,
        temperature: float = 1.0,
    ) -> None:
        self.policy, self.loss, self.runtime = policy, loss, runtime
        self.micro_batch_tokens, self.temperature = micro_batch_tokens, temperature
        self.max_grad_norm, self._lr = optim.max_grad_norm, optim.lr
        optim.check_length(total_updates, self.setting.removesuffix(".lr"))
        self.optimizer, self.schedule = optim.build(policy.parameters(), total_updates)

    def __call__(self, minibatch: TrainBatch) -> Metrics:
        """Forward and backward of every micro-batch, then one step; a minibatch without gradient changes nothing.

        Raises:
            NonFiniteUpdate: on every process, when the loss or the gradient is not finite; the weights are untouched.
        """
        sums = {"loss": 0.0, "num_tokens": 0.0, "num_rows": float(minibatch.num_rows)}
        for micro in micro_batches(minibatch, self.micro_batch_tokens):
            output = self.measure(micro)
            self.runtime.backward(output.loss)
            for name, value in {"loss": output.loss.item(), **output.sums}.items():
                sums[name] = sums.get(name, 0.0) + value
        totals = self.runtime.sum_values(sums)
        try:
            return {"lr": float(self.optimizer.param_groups[0]["lr"]), **self._step(totals), **_averages(totals)}
        finally:
            self.optimizer.zero_grad(set_to_none=True)

    def measure(self, micro: TrainBatch) -> LossOutput:
        """A micro-batch's part of the loss, differentiable."""
        if not (isinstance(self.loss, PolicyLoss) and self.loss.needs_entropies):
            return self.loss(token_logprobs(self.policy.model, micro, self.temperature), micro)
        logprobs, entropies = token_logprobs_and_entropies(self.policy.model, micro, self.temperature)
        return self.loss(logprobs, replace(micro, entropies=entropies))

    def state_dict(self) -> dict[str, Any]:
        return {"optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        # The rate is this run's: a resumption may lower it. The schedule goes on where it stood.
        self.schedule.base_lrs = [self._lr] * len(self.optimizer.param_groups)
        for group, now in zip(self.optimizer.param_groups, self._scheduled(), strict=True):
            group["initial_lr"], group["lr"] = self._lr, now

    def _scheduled(self) -> list[float]:
        """The learning rate of the next update, per parameter group."""
        schedule = self.schedule
        return [self._lr * share(schedule.last_epoch) for share in schedule.lr_lambdas]

    def _step(self, totals: Mapping[str, float]) -> Metrics:
        if not math.isfinite(totals["loss"]):
            raise NonFiniteUpdate(
                f"the loss is {totals['loss']}; the weights are those of the last finite step. Lower {self.setting} "
                "and resume: it may differ"
            )
        metrics: Metrics = {}
        if totals["num_rows"] > 0:
            parameters = self.policy.parameters()
            self.runtime.sum_gradients(parameters)
            metrics["grad_norm"] = clip_and_check(parameters, self.max_grad_norm, self.setting)
        self.optimizer.step()  # without a gradient this changes nothing; the schedule wants it all the same
        self.schedule.step()
        return metrics


def _averages(totals: Mapping[str, float]) -> Metrics:
    """The loss as it is, everything else per completion token; nothing but the loss when no token was trained on."""
    num_tokens = totals["num_tokens"]
    if not num_tokens:
        return {"loss": totals["loss"]}
    facts = totals.keys() - {"loss", "num_tokens", "num_rows"}
    return {"loss": totals["loss"], **{name: totals[name] / num_tokens for name in sorted(facts)}}
