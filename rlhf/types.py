"""The values that flow through one step, each frozen and each made by one stage (see docs/data-flow.md).

Sizes: P prompts per step, G completions per prompt (group size), N = P * G completions, B rows, T tokens of a row that
the network reads, C completion tokens of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor

from rewards.base import Sample, Verdict


class FinishReason(StrEnum):
    STOP = "stop"
    """An end token."""
    STOP_STRING = "stop_string"
    """One of the strings that sampling was told to stop at."""
    LENGTH = "length"
    """Cut off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """One problem, templated and tokenized. Made by `rlhf.prompts`."""

    id: str
    """Stable across runs, for example `chain_sum/train/00017`."""
    messages: tuple[Mapping[str, str], ...]
    """Chat messages before templating, `role` and `content` each."""
    token_ids: tuple[int, ...]
    """[Lp] after templating, exactly one BOS, the model turn's header included."""
    reference: Mapping[str, Any] = field(default_factory=dict)
    """What a reward may read: `answer` and whatever else the data has."""
    target_ids: tuple[int, ...] = ()
    """A demonstration's tokens, its end token included; empty where the data has none."""
    task: str = ""
    language: str = ""

    @property
    def text(self) -> str:
        """The last user message: what rewards see as the prompt."""
        return next((m["content"] for m in reversed(self.messages) if m["role"] == "user"), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """One sampled answer. Made by a `Sampler`."""

    token_ids: tuple[int, ...]
    """[Lc] including the end token when one was sampled."""
    sampling_logprobs: tuple[float, ...]
    """[Lc] nats, float32, of the tempered but untruncated distribution that the sampler computed."""
    finish_reason: FinishReason
    text: str
    """What the tokens say, a stop string included."""
    policy_version: int
    drawn_logprobs: tuple[float, ...] = ()
    """[Lc] nats, float32, of the distribution that was really drawn from: tempered, truncated, without the tokens that
    are never sampled. 0 for greedy; empty where nothing was sampled. Training reads `sampling_logprobs`."""
    stop_string: str = ""
    """The one that ended it; empty otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolloutGroup:
    """One prompt and its G completions."""

    prompt: Prompt
    completions: tuple[Completion, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredGroup:
    """A rollout group with one verdict per completion. Made by `rlhf.scoring`."""

    group: RolloutGroup
    verdicts: tuple[Verdict, ...]


def samples_of(group: RolloutGroup) -> list[Sample]:
    """What the rewards may see of a rollout group."""
    prompt = group.prompt
    return [
        Sample(
            prompt=prompt.text,
            completion=completion.text,
            reference=prompt.reference,
            task=prompt.task,
            language=prompt.language,
            finish_reason=completion.finish_reason.value,
            num_tokens=len(completion.token_ids),
        )
        for completion in group.completions
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditedSample:
    """One completion with its advantage, ready to be trained on. Made by an advantage estimator."""

    prompt: Prompt
    completion: Completion
    reward: float
    advantage: float
    group: int
    """Index of the rollout group within the step: completions of one group share their prompt's tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainBatch:
    """What the network reads, [B, T], and what the loss reads, [B, C]: the row's completion tokens end to end.

    The two are apart because tokens are shared: the completions of a group share their prompt and the opening that all
    of them have in common, so a token that the network reads once may be in the loss of many completions. `predictor`
    leads from the second to the first.
    """

    token_ids: Tensor
    """[B, T] int64, 0 where padded."""
    positions: Tensor
    """[B, T] int64 position within the sequence, -1 where padded."""
    segment_ids: Tensor
    """[B, T] int64 segment within the row: a prompt with what all its completions open with, or the rest of one."""
    prefix_ids: Tensor
    """[B, T] int64 the other segment that a token may see: its prompt's."""
    targets: Tensor
    """[B, C] int64 completion tokens, 0 where padded."""
    predictor: Tensor
    """[B, C] int64 column of the hidden state that predicts this token."""
    completion_mask: Tensor
    """[B, C] bool, the only loss mask."""
    sample_ids: Tensor
    """[B, C] int64 index of the completion within the batch, -1 outside completions."""
    advantages: Tensor
    """[B, C] float32, 0 outside `completion_mask`; the same at all tokens of a completion until `rlhf.token_credit`."""
    sampling_logprobs: Tensor
    """[B, C] float32 nats, 0 outside `completion_mask`."""
    old_logprobs: Tensor | None = None
    """[B, C] float32 nats under the policy before this step's first update; None when this is the first update."""
    ref_logprobs: Tensor | None = None
    """[B, C] float32 nats under the reference; None only when nothing asks for it."""
    open_ends: Tensor | None = None
    """[B, C] int64 column of the hidden state behind a completion that was cut off, at its last token; -1 elsewhere."""
    values: Tensor | None = None
    """[B, C] float32 the critic's expectation before every token, before this step's first update; None without one."""
    returns: Tensor | None = None
    """[B, C] float32 what the critic is to learn; None without one."""
    entropies: Tensor | None = None
    """[B, C] float32 nats, of the distribution that the policy now gives every token, differentiable; only in an update
    whose loss asks for them."""
    selected: Tensor | None = None
    """[B, C] bool, the completion tokens that the policy's objective is restricted to; None: all of them."""
    num_samples: int = 0
    """Completions in the batch, those that were skipped because their gradient is exactly zero included."""
    num_loss_tokens: int = 0
    """Completion tokens in the loss, the skipped ones included: the denominator of token-level aggregation."""
    num_selected_tokens: int = 0
    """Of those `selected`, over the whole minibatch."""

    @property
    def num_rows(self) -> int:
        return self.token_ids.shape[0]

    def rows(self, index: Tensor | slice) -> TrainBatch:
        """The same batch restricted to some rows; the two counts stay those of the whole batch."""
        return replace(self, **{name: value[index] for name, value in self.tensors()})

    def to(self, device: torch.device | str) -> TrainBatch:
        return replace(self, **{name: value.to(device) for name, value in self.tensors()})

    def trimmed(self) -> TrainBatch:
        """The same batch without the columns that are padding in every row."""
        length, targets = (int(real.sum(-1).max()) for real in (self.positions >= 0, self.completion_mask))
        network = ("token_ids", "positions", "segment_ids", "prefix_ids")
        return replace(
            self, **{name: value[:, : length if name in network else targets] for name, value in self.tensors()}
        )

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, Tensor):
                yield name, value


Metrics = dict[str, float]
"""Flat, unit in the key: `time/sample_s`, `len/completion_tok`, `reward/correct`."""


def merge_metrics(parts: Sequence[Metrics]) -> Metrics:
    """One flat dictionary; a key that appears twice is a programming error."""
    merged: Metrics = {}
    for part in parts:
        clash = merged.keys() & part.keys()
        assert not clash, f"metric keys written twice: {sorted(clash)}"
        merged.update(part)
    return merged
