"""The critic: a value of every state, from an adapter of its own and a scalar head, on the policy's frozen base or on a
second one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from model.attention import Layout
from model.hf import check_dtype
from model.load import load_model, load_tokenizer, parse_dtype
from model.lora import AdapterRoles, LoraSpec
from model.tokenizer import Tokenizer
from rlhf.collate import placed_micro_batches
from rlhf.errors import ConfigError
from rlhf.gae import discounted, generalized_advantages
from rlhf.losses import LossOutput, ValueLoss
from rlhf.optim import OptimSettings
from rlhf.policy import Policy
from rlhf.reward_model import RewardModel, check_start, has_head
from rlhf.runtime import Runtime
from rlhf.token_credit import TokenEstimator, last_tokens, spread, with_advantages
from rlhf.types import Metrics, TrainBatch
from rlhf.update import Updater
from rlhf.vocabularies import check_vocabularies

VALUE = "value"


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticSettings:
    """A critic and how it learns.

    Source: generalized advantages: Schulman et al. 2015, arXiv:1506.02438. The rest is PPO as it is implemented.
    """

    spec: LoraSpec
    """Of an adapter that starts from nothing; one that is loaded has its own."""
    optim: OptimSettings
    checkpoint: str | None = None
    """A second base, for the critic alone; None: the policy's, so that one is in memory."""
    dtype: str = "bfloat16"
    """Of the second base."""
    start_from: str | None = None
    """A reward model's folder, or an adapter's, whose head then starts at 0."""
    gamma: float = 1.0
    lam: float = 0.95
    bootstrap_cut_off: bool = False
    """Take a completion that hit the length limit to go on as its last state is valued, and not to have ended."""
    whiten: bool = True
    """Bring the step's advantages to mean 0 and standard deviation 1, over its tokens; returns stay as they are."""
    loss: ValueLoss = field(default_factory=ValueLoss)

    def __post_init__(self) -> None:
        if not (0 <= self.gamma <= 1 and 0 <= self.lam <= 1):
            raise ConfigError(f"critic.gamma and critic.lam must be in [0, 1], got {self.gamma} and {self.lam}")
        if self.spec.dropout:
            raise ConfigError(
                f"critic.spec.dropout is {self.spec.dropout}; set it to 0: a value must not depend on a draw"
            )
        check_dtype(parse_dtype(self.dtype))

    def check(self, checkpoint: str, tokenizer: Tokenizer) -> None:
        """Refuse what cannot value the policy's states, before a network is loaded.

        Args:
            checkpoint, tokenizer: of the policy's base.

        Raises:
            ConfigError: if the second base has another vocabulary.
            CheckpointFormatError: if that is no network, or `start_from` was trained on another one than the critic's.
        """
        if self.checkpoint is not None:
            they = f"critic.checkpoint={self.checkpoint}"
            remedy = "the critic reads the policy's token ids, so give a network with the policy's tokenizer"
            check_vocabularies(tokenizer, load_tokenizer(self.checkpoint), we="the policy", they=they, remedy=remedy)
        if self.start_from is not None:
            check_start(Path(self.start_from).expanduser(), self.checkpoint or checkpoint)

    def build(
        self, policy: Policy, runtime: Runtime, *, total_updates: int | None, micro_batch_tokens: int, seed: int
    ) -> TokenEstimator:
        """The critic as a further role of the policy's base, or as the one role of a base of its own.

        Raises:
            CheckpointFormatError: if `start_from` is no such folder, or was trained on another base.
        """
        network = self._network(self._roles(policy), seed)
        updater = _ValueUpdater(
            network, self.loss, self.optim, runtime, total_updates=total_updates, micro_batch_tokens=micro_batch_tokens
        )
        return Critic(self, network, updater)

    def _roles(self, policy: Policy) -> AdapterRoles:
        if self.checkpoint is None:
            return policy.roles
        model = load_model(self.checkpoint, dtype=parse_dtype(self.dtype), device=policy.model.device)
        model.model.kept_activations = policy.model.model.kept_activations
        return AdapterRoles(model)

    def _network(self, roles: AdapterRoles, seed: int) -> ValueNetwork:
        if self.start_from is None:
            start = RewardModel.fresh(roles, self.spec, seed=seed, role=VALUE)
        elif has_head(folder := Path(self.start_from).expanduser()):
            start = RewardModel.load(roles, folder, role=VALUE, trainable=True)
            start.head.likelihood = 0.0  # of a whole answer; a state in the middle of one has its head's reading alone
        else:
            start = RewardModel.on_adapter(roles, folder, role=VALUE)
        return ValueNetwork(roles, start.head, role=VALUE)


class ValueNetwork(RewardModel):
    """A reward model that is read at every state instead of a text's end."""

    def values(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        """The value of the state that predicts each completion token, in float32, 0 elsewhere."""
        return self._read(self._hidden(batch), batch.predictor, batch.completion_mask)

    def values_and_after(self, batch: TrainBatch) -> tuple[Float[Tensor, "B C"], Float[Tensor, "B C"]]:
        """`values`, and that of the state behind every completion that was cut off, at its last token."""
        assert batch.open_ends is not None
        hidden = self._hidden(batch)
        after = self._read(hidden, batch.open_ends, batch.open_ends >= 0)
        return self._read(hidden, batch.predictor, batch.completion_mask), after

    def _hidden(self, batch: TrainBatch) -> Tensor:
        layout = Layout(positions=batch.positions, segment_ids=batch.segment_ids, prefix_ids=batch.prefix_ids)
        with self.roles.using(self.role):
            return self.model(batch.token_ids, layout)

    def _read(self, hidden: Tensor, columns: Tensor, where: Tensor) -> Tensor:
        row, column = where.nonzero(as_tuple=True)
        found = self.head(hidden[row, columns[row, column]])
        return found.new_zeros(where.shape).index_put((row, column), found)


class _ValueUpdater(Updater):
    """One optimizer step of the critic."""

    setting = "critic.optim.lr"

    def __init__(
        self,
        network: ValueNetwork,
        loss: ValueLoss,
        optim: OptimSettings,
        runtime: Runtime,
        *,
        total_updates: int | None,
        micro_batch_tokens: int,
    ):
        super().__init__(
            network, loss, optim, runtime, total_updates=total_updates, micro_batch_tokens=micro_batch_tokens
        )
        self.network = network

    def measure(self, micro: TrainBatch) -> LossOutput:
        return self.loss(self.network.values(micro), micro)


class Critic:
    """Values every token's state, credits tokens by what the values say, and learns from the returns."""

    trivial = False

    def __init__(self, settings: CriticSettings, network: ValueNetwork, updater: _ValueUpdater) -> None:
        self.settings, self.network, self.updater = settings, network, updater

    def __call__(self, batches: Sequence[TrainBatch], rewards: Sequence[Tensor]) -> tuple[list[TrainBatch], Metrics]:
        """The batches with token advantages, values and returns."""
        settings, credited, advantages = self.settings, [], []
        for batch, reward in zip(batches, rewards, strict=True):
            ends = last_tokens(batch)
            values, after = self._values(batch)
            gain = generalized_advantages(reward, values, ends, after, gamma=settings.gamma, lam=settings.lam)
            gain = torch.where(batch.completion_mask, gain, 0.0)
            credited.append(replace(batch, values=values, returns=gain + values))
            advantages.append(gain)
        metrics = self._explained(credited, rewards)
        return with_advantages(credited, advantages, self.updater.runtime, whiten=settings.whiten), metrics

    def update(self, batch: TrainBatch) -> Metrics:
        """One optimizer step on a minibatch.

        Raises:
            NonFiniteUpdate: on every process, when the loss or the gradient is not finite; the weights are untouched.
        """
        return {f"value/{name}": found for name, found in self.updater(batch).items()}

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "update": self.updater.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.updater.load_state_dict(state["update"])

    @torch.no_grad()
    def _values(self, batch: TrainBatch) -> tuple[Tensor, Tensor]:
        values, after = torch.zeros_like(batch.advantages), torch.zeros_like(batch.advantages)
        for place, micro in placed_micro_batches(batch, self.updater.micro_batch_tokens):
            values[place], after[place] = self.network.values_and_after(micro)
        return values, after if self.settings.bootstrap_cut_off else torch.zeros_like(after)

    def _explained(self, batches: Sequence[TrainBatch], rewards: Sequence[Tensor]) -> Metrics:
        """1 - Var(followed - value) / Var(followed), over the step's tokens: 1 is a critic that knows what will come.

        What followed is the sum of the rewards as they came, not the return, which has the critic's own values in it.
        Nothing where the same followed everywhere.
        """
        followed = [
            discounted(reward, last_tokens(batch), self.settings.gamma)[batch.completion_mask]
            for batch, reward in zip(batches, rewards, strict=True)
        ]
        values = [_present(batch.values)[batch.completion_mask] for batch in batches]
        of_what_followed = spread(followed, self.updater.runtime)
        of_errors = spread([f - v for f, v in zip(followed, values, strict=True)], self.updater.runtime)
        mean = spread(values, self.updater.runtime).mean
        if of_what_followed.variance <= 1e-12:
            return {"value/mean": mean}
        return {"value/mean": mean, "value/explained_variance": 1 - of_errors.variance / of_what_followed.variance}


def _present(values: Tensor | None) -> Tensor:
    assert values is not None
    return values
