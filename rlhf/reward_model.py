"""Reward models by the Bradley-Terry likelihood of preference pairs: an adapter role and a scalar head on one base."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from model.adapter_files import WEIGHTS_FILE, LoraSpec
from model.base_mark import BaseMark, check_state, state_of
from model.doors import check_adapter
from model.errors import CheckpointFormatError
from model.files import staged_folder
from model.heads import ScalarHead, check_head, load_head, save_head
from model.load import read_mark
from model.lora import AdapterRoles
from model.transformer import Gemma3ForCausalLM
from rlhf.errors import ConfigError, NonFiniteUpdate
from rlhf.judged import JudgedRows, PairTokens, Tokens, in_batches, lay_out
from rlhf.logprobs import select_logprobs
from rlhf.optim import OptimSettings, clip_and_check
from rlhf.pair_plan import PairPlan
from rlhf.preference_report import PairScores
from rlhf.runtime import Runtime
from rlhf.types import Metrics

REWARD = "reward"
HEAD_FILE = "reward_head.safetensors"


class RewardModel:
    """What an adapter role and a head make of judged texts; other roles of the same base are not touched by it.

    The reward is the head's reading of a text's last state. Where the head weighs likelihoods, that weight times the
    mean, over the answer's tokens, of log pi(token) / pi_base(token) comes to it, pi being the role itself: what is
    wrong with one token shows there, and a state that is read once has to find it out anew.

    Source: the log-ratio is the implicit reward of Rafailov et al. 2023 (DPO), arXiv:2305.18290, eq. 5, where it is a
    sum; per token it does not grow with length. Its sum with a head is ours.
    """

    def __init__(self, roles: AdapterRoles, head: ScalarHead, *, role: str = REWARD) -> None:
        self.roles, self.head, self.role = roles, head, role

    @classmethod
    def fresh(
        cls, roles: AdapterRoles, spec: LoraSpec, *, seed: int, role: str = REWARD, likelihood: float = 0.0
    ) -> RewardModel:
        """A reward model to be trained: every text is worth 0."""
        roles.add(role, spec, seed=seed)
        return cls(roles, _blank_head(roles, likelihood), role=role)

    @classmethod
    def on_adapter(
        cls, roles: AdapterRoles, folder: Path, *, role: str = REWARD, likelihood: float = 0.0
    ) -> RewardModel:
        """A reward model to be trained that starts from an adapter without a head, such as a supervised run's."""
        roles.load(role, folder)
        return cls(roles, _blank_head(roles, likelihood), role=role)

    @classmethod
    def load(cls, roles: AdapterRoles, folder: Path, *, role: str = REWARD, trainable: bool = False) -> RewardModel:
        """The reward model in a folder that `save` wrote, as a further role of a base.

        Raises:
            CheckpointFormatError: if a file is missing or broken, or it was trained on another base.
        """
        _check_folder(folder)
        head = load_head(folder / HEAD_FILE, roles.model).requires_grad_(trainable)
        roles.load(role, folder, trainable=trainable)
        return cls(roles, head, role=role)

    @staticmethod
    def check(folder: Path, checkpoint: str) -> None:
        """Refuse what `load` would refuse, before the network at `checkpoint` is loaded.

        Raises:
            CheckpointFormatError: if a file is missing or broken, or it was trained on another base.
        """
        _check_folder(folder)
        check_head(folder / HEAD_FILE, read_mark(checkpoint).norm)
        check_adapter(folder, checkpoint)

    def save(self, folder: Path, *, base_name: str) -> None:
        """Writes a peft adapter folder with the head beside the adapter."""
        with staged_folder(folder) as partial:
            self.roles.save(self.role, partial, base_name=base_name)
            save_head(partial / HEAD_FILE, self.head, self.roles.model)

    @property
    def model(self) -> Gemma3ForCausalLM:
        return self.roles.model

    def __call__(self, rows: JudgedRows, *, head_only: bool = False) -> Float[Tensor, " N"]:
        """The reward of every text, in float32; with `head_only` differentiable in the head alone."""
        rows = rows.to(self.model.device)
        with self.roles.using(self.role), torch.set_grad_enabled(torch.is_grad_enabled() and not head_only):
            hidden = self.model(rows.token_ids, rows.layout)
            logprobs = mean_logprobs(self.model, hidden, rows) if self.head.likelihood else None
        rewards = self.head(hidden[rows.row, rows.column])
        if logprobs is None:
            return rewards
        with self.roles.using(None), torch.no_grad():
            base = mean_logprobs(self.model, self.model(rows.token_ids, rows.layout), rows)
        return rewards + self.head.likelihood * (logprobs - base)

    def score(
        self, groups: Sequence[Sequence[Tokens]], max_tokens: int, contexts: Sequence[int] | None = None
    ) -> list[list[float]]:
        """The rewards of every group's texts, without gradient.

        Args:
            contexts: of every group, with how many tokens of conversation its texts begin; a head that weighs
                likelihoods needs them.
            max_tokens: tokens (padding included) per forward.
        """
        scores: list[list[float]] = [[] for _ in groups]
        training = self.model.training
        self.model.eval()
        with torch.no_grad():
            for batch in in_batches(groups, max_tokens):
                asked = None if contexts is None else [contexts[index] for index in batch]
                rewards = iter(self(lay_out([groups[index] for index in batch], asked)).tolist())
                for index in batch:
                    scores[index] = [next(rewards) for _ in groups[index]]
        self.model.train(training)
        return scores

    def parameters(self) -> list[nn.Parameter]:
        """The head's weights, then the adapter's."""
        return [self.head.weight, *self.roles.parameters(self.role)]

    def state_dict(self) -> dict[str, dict[str, Tensor]]:
        adapter = self.roles.state_dict(self.role)
        return {"head": self.head.state_dict(), "adapter": adapter, **state_of(self.model)}

    def load_state_dict(self, state: dict[str, dict[str, Tensor]]) -> None:
        """Takes over what `state_dict` returned.

        Raises:
            CheckpointFormatError: if it is of another base.
        """
        check_state("the run's checkpoint", state, BaseMark.of(self.model))
        self.head.load_state_dict(state["head"])
        self.roles.load_state_dict(self.role, state["adapter"])


def check_start(folder: Path, checkpoint: str) -> None:
    """Refuse what a reward model or a critic cannot start from on the network at `checkpoint`, before that is loaded:
    anything but a reward model, or an adapter without a head, of that very network.

    Raises:
        CheckpointFormatError: naming the folder.
    """
    (RewardModel.check if has_head(folder) else check_adapter)(folder, checkpoint)


def has_head(folder: Path) -> bool:
    """Whether the folder holds a reward model, and not an adapter alone."""
    return (folder / HEAD_FILE).is_file()


def _check_folder(folder: Path) -> None:
    if not (folder / WEIGHTS_FILE).is_file():
        raise CheckpointFormatError(
            f"{folder} has no {WEIGHTS_FILE}, so it is no reward model; give a folder that jobs.reward_model wrote"
        )


def _blank_head(roles: AdapterRoles, likelihood: float) -> ScalarHead:
    return ScalarHead(roles.model.config.hidden_size, likelihood=likelihood).to(roles.model.device)


def mean_logprobs(model: Gemma3ForCausalLM, hidden: Float[Tensor, "B T D"], rows: JudgedRows) -> Float[Tensor, " N"]:
    """The mean log-probability of every answer's tokens, in float32 nats, its end of the turn included."""
    assert rows.answers is not None, "where the answers begin is not known: lay the texts out with their contexts"
    answers, (_, length, _) = rows.answers, hidden.shape
    states, index = (answers.row * length + answers.column).unique(return_inverse=True)
    found = select_logprobs(hidden.flatten(0, 1)[states], model.head_weight, answers.token, index)
    sums = found.new_zeros(len(rows.row)).index_add(0, answers.text, found)
    return sums / answers.text.bincount(minlength=len(rows.row))


@dataclass(frozen=True, kw_only=True, slots=True)
class BradleyTerry:
    """-log sigma(r_chosen - r_rejected - margin) + centering * (r_chosen + r_rejected)^2 of every pair, in float32.

    Source: Bradley and Terry 1952; margins as in Touvron et al. 2023, arXiv:2307.09288, eq. 2; centering as in
    Eisenstein et al. 2023, arXiv:2312.09244, section 4.

    >>> BradleyTerry(centering=0.01)(torch.tensor([[0.0, 0.0]]), torch.tensor([0.0]))
    tensor([0.6931])
    """

    margin: float = 0.0
    """By how much every chosen answer should lead, beside what the data says of the pair."""
    centering: float = 0.0
    """Keeps rewards around 0, which preferences leave open."""

    def __post_init__(self) -> None:
        for name in ("margin", "centering"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be a number of at least 0, got {getattr(self, name)}")

    def __call__(self, rewards: Float[Tensor, "P 2"], margins: Float[Tensor, " P"]) -> Float[Tensor, " P"]:
        chosen, rejected = rewards.float().unbind(-1)
        lead = chosen - rejected - margins - self.margin
        return self.centering * (chosen + rejected).square() - F.logsigmoid(lead)


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardPlan(PairPlan):
    """The sizes of a reward model's training, over all processes together; 0 epochs measure it as it is."""

    may_only_measure: ClassVar[bool] = True
    probe_steps: int = 0
    """First steps that train the head alone, on the features of the start."""

    def __post_init__(self) -> None:
        PairPlan.__post_init__(self)  # `super` does not know a class with slots
        if self.probe_steps < 0:
            raise ConfigError(f"probe_steps must be at least 0, got {self.probe_steps}")


class RewardTrainer:
    """Fits a reward model to pairs, one optimizer step after the other.

    Args:
        seed: of the order of the pairs and of the adapter's dropout.
    """

    def __init__(
        self,
        *,
        reward_model: RewardModel,
        pairs: Sequence[PairTokens],
        loss: BradleyTerry,
        optim: OptimSettings,
        plan: RewardPlan,
        runtime: Runtime,
        seed: int,
    ) -> None:
        self.reward_model, self.pairs, self.loss, self.plan = reward_model, pairs, loss, plan
        self.runtime, self.seed = runtime, seed
        self.steps = plan.steps(len(pairs))
        self.max_grad_norm, self.lr = optim.max_grad_norm, optim.lr
        self.optimizer, self.schedule = optim.build(reward_model.parameters(), self.steps)

    def fit(self, start: int, on_step: Callable[[int, Metrics], None]) -> None:
        """Run the remaining steps; `on_step` logs and saves."""
        for step in range(start, self.steps):
            on_step(step, self.run_step(step))

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs; the order of the pairs follows from the seed and the step."""
        optimizer, schedule = self.optimizer.state_dict(), self.schedule.state_dict()
        return {"reward_model": self.reward_model.state_dict(), "optimizer": optimizer, "schedule": schedule}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; the learning rate is this run's, since a resumption may lower it."""
        self.reward_model.load_state_dict(state["reward_model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.schedule.base_lrs = [self.lr]
        now = self.lr * self.schedule.lr_lambdas[0](self.schedule.last_epoch)
        self.optimizer.param_groups[0].update(initial_lr=self.lr, lr=now)

    def run_step(self, step: int) -> Metrics:
        """One optimizer step on the next pairs."""
        start = time.perf_counter()
        torch.manual_seed((self.seed << 32) + (step << 8) + self.runtime.rank)  # of dropout, where there is any
        self.reward_model.model.train()
        pairs = self.plan.take(self.pairs, step, self.seed)
        metrics = self._update(self.runtime.shard(pairs), len(pairs), probe=step < self.plan.probe_steps)
        self.reward_model.model.eval()
        seconds = time.perf_counter() - start
        return {**metrics, "time/step_s": seconds, "speed/pairs_s": len(pairs) / seconds}

    def _update(self, pairs: Sequence[PairTokens], num_pairs: int, *, probe: bool) -> Metrics:
        """Forward and backward of this process's pairs, then one step.

        Raises:
            NonFiniteUpdate: on every process, when the loss or the gradient is not finite; the weights are untouched.
        """
        sums = {"loss": 0.0, "accuracy": 0.0, "margin": 0.0, "reward": 0.0}
        for batch in in_batches([pair.sides for pair in pairs], self.plan.micro_batch_tokens):
            losses, rewards = self._losses([pairs[index] for index in batch], probe=probe)
            self.runtime.backward(losses.sum() / num_pairs)
            lead = rewards[:, 0] - rewards[:, 1]
            sums["loss"] += float(losses.detach().sum())
            sums["accuracy"] += float((lead > 0).sum()) + float((lead == 0).sum()) / 2
            sums["margin"] += float(lead.sum())
            sums["reward"] += float(rewards.sum()) / 2
        means = {name: total / num_pairs for name, total in self.runtime.sum_values(sums).items()}
        try:
            return {
                "lr": float(self.optimizer.param_groups[0]["lr"]),
                **self._step(means["loss"], probe=probe),
                **means,
            }
        finally:
            self.optimizer.zero_grad(set_to_none=True)

    def _losses(self, pairs: Sequence[PairTokens], *, probe: bool) -> tuple[Tensor, Tensor]:
        """[P] loss of every pair and its [P, 2] rewards, the latter without gradient."""
        rows = lay_out([pair.sides for pair in pairs], [pair.context_tokens for pair in pairs])
        margins = torch.tensor([pair.margin for pair in pairs], device=self.reward_model.model.device)
        rewards = self.reward_model(rows, head_only=probe).view(-1, 2)
        return self.loss(rewards, margins), rewards.detach()

    def _step(self, loss: float, *, probe: bool) -> Metrics:
        if not math.isfinite(loss):
            raise NonFiniteUpdate(
                f"the loss is {loss}; the weights are those of the last finite step. Lower optim.lr and resume: it may "
                "differ"
            )
        head = self.reward_model.head.weight
        parameters = [head] if probe else self.reward_model.parameters()
        self.runtime.sum_gradients(parameters)
        grad_norm = clip_and_check(parameters, self.max_grad_norm)
        self.optimizer.step()  # what has no gradient stays as it is
        self.schedule.step()
        return {"grad_norm": grad_norm}


def measure(reward_model: RewardModel, pairs: Sequence[PairTokens], runtime: Runtime, *, max_tokens: int) -> PairScores:
    """The rewards of held-out pairs, from all processes."""
    mine = runtime.shard(pairs)
    scores = reward_model.score([pair.sides for pair in mine], max_tokens, [pair.context_tokens for pair in mine])
    rows = [
        (chosen, rejected, *pair.answer_tokens, pair.kind)
        for pair, (chosen, rejected) in zip(mine, scores, strict=True)
    ]
    return PairScores.of(runtime.gather(rows))
