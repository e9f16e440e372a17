"""The supervised loss."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from rlhf.losses.aggregation import Aggregation
from rlhf.losses.policy import LossOutput
from rlhf.types import TrainBatch


@dataclass(frozen=True, kw_only=True, slots=True)
class NegativeLogLikelihood:
    """Supervised loss: -logprobs, weighed by the aggregation. Advantages play no part."""

    aggregation: Aggregation

    def __call__(self, logprobs: Float[Tensor, "B C"], batch: TrainBatch) -> LossOutput:
        loss = -(logprobs * self.aggregation(batch)).sum()
        return LossOutput(loss=loss, sums={"num_tokens": float(batch.completion_mask.sum())})
