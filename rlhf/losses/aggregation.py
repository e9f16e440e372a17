"""What a token weighs in the loss, known before the first forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from rlhf.types import TrainBatch


class Aggregation(Protocol):
    """Per-token weights of a batch; they sum to at most 1 over a minibatch."""

    def __call__(self, batch: TrainBatch) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class TokenMean:
    """Every token of the minibatch weighs the same: 1 / (number of completion tokens).

    Source: Yu et al. 2025 (DAPO), arXiv:2503.14476, section 3.3.
    """

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        return batch.completion_mask / max(1, batch.num_loss_tokens)


@dataclass(frozen=True, slots=True)
class SequenceMean:
    """Every completion weighs the same: 1 / (its tokens * number of completions).

    Source: Shao et al. 2024 (GRPO), arXiv:2402.03300, equation 3.
    """

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        mask = batch.completion_mask
        lengths = torch.bincount(batch.sample_ids[mask], minlength=1)
        per_token = lengths[batch.sample_ids.clamp(min=0)].clamp(min=1)
        return mask / (per_token * max(1, batch.num_samples))


@dataclass(frozen=True, slots=True)
class ConstantLength:
    """Every token weighs 1 / (number of completions * a constant length), so length has no say.

    Source: Liu et al. 2025 (Dr. GRPO), arXiv:2503.20783, section 3.2; the constant is the completion budget.
    """

    max_completion_tokens: int

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        return batch.completion_mask / (self.max_completion_tokens * max(1, batch.num_samples))


@dataclass(frozen=True, slots=True)
class SequenceSum:
    """Every token weighs 1 / (number of completions), so a completion counts by its length.

    Source: LUSPO, arXiv:2602.05261, which multiplies GSPO's sequence objective by the completion's length: that length
    is the number of tokens that carry the sequence's value here.
    """

    def __call__(self, batch: TrainBatch) -> Float[Tensor, "B C"]:
        return batch.completion_mask / max(1, batch.num_samples)


def sequence_mean(values: Float[Tensor, "B C"], batch: TrainBatch) -> Float[Tensor, "B C"]:
    """The mean of `values` over the tokens of each completion, at every token of it; 0 outside completions."""
    return _spread(values, batch, mean=True)


def sequence_sum(values: Float[Tensor, "B C"], batch: TrainBatch) -> Float[Tensor, "B C"]:
    """The sum of `values` over the tokens of each completion, at every token of it; 0 outside completions."""
    return _spread(values, batch, mean=False)


def _spread(values: Tensor, batch: TrainBatch, *, mean: bool) -> Tensor:
    mask = batch.completion_mask
    places = batch.sample_ids.clamp(min=0)
    size = max(1, batch.num_samples)  # of the whole minibatch: known without asking the device
    totals = values.new_zeros(size).index_add(0, places.flatten(), (values * mask).flatten())
    if mean:
        counts = values.new_zeros(size).index_add(0, places.flatten(), mask.to(values.dtype).flatten())
        totals = totals / counts.clamp(min=1)
    return totals[places] * mask
