"""The teacher of a distillation: what its network must share with the student's, and which of its logits are kept.

Sizes: L tokens of one demonstration, N tokens of several, K logits kept per token, M states, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from model.attention import Layout
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.divergences import Predictions, log_sum, tile_logits, vocabulary_tiles
from rlhf.types import TrainBatch
from rlhf.vocabularies import check_vocabularies


def check_teacher(student: Tokenizer, teacher: Tokenizer) -> None:
    """Refuse a teacher whose token ids mean something else.

    Raises:
        ConfigError: naming the first id at which the two differ.
    """
    remedy = "distillation compares distributions token by token, so give a teacher with the student's tokenizer"
    check_vocabularies(student, teacher, we="the student", they="the teacher", remedy=remedy)


def shared_head(model: Gemma3ForCausalLM, num_tokens: int) -> Float[Tensor, "V D"]:
    """The head's rows of the tokens that text can become: from 4B on Gemma 3 has 64 rows more, for images."""
    return model.head_weight[:num_tokens]


def predicting_states(model: Gemma3ForCausalLM, batch: TrainBatch) -> tuple[Float[Tensor, "M D"], Int[Tensor, " N"]]:
    """The states that predict the batch's completion tokens, each once, and which of them predicts which token.

    The tokens are in the order of `batch.completion_mask.nonzero()`. Networks of any size give the same order.
    """
    layout = Layout(positions=batch.positions, segment_ids=batch.segment_ids, prefix_ids=batch.prefix_ids)
    hidden = model(batch.token_ids, layout)
    row, column = batch.completion_mask.nonzero(as_tuple=True)
    source = row * hidden.shape[1] + batch.predictor[row, column]
    predicting, index = source.unique(return_inverse=True)
    return hidden.flatten(0, 1)[predicting], index


class SparseLogits(NamedTuple):
    """What is kept of the teacher, the most probable token first."""

    ids: Int[Tensor, "N K"]
    logprobs: Float[Tensor, "N K"]
    """float32 nats under the teacher's whole tempered distribution."""

    @property
    def probabilities(self) -> Float[Tensor, "N K"]:
        """Renormalized over what is kept."""
        return self.logprobs.softmax(-1)


Noise = Callable[[int], Float[Tensor, "M T"]]
"""The next tile's width to as many exponential draws per row."""


def keep_logits(
    predictions: Predictions, count: int, temperature: float = 1.0, noise: Noise | None = None
) -> SparseLogits:
    """`count` logits per state: the largest, or as many different ones sampled by the teacher's probability.

    The samples are the largest of logit - log(exponential noise), which is drawing without replacement (Kool et al.
    2019, arXiv:1903.06059). Gemma 3's report (arXiv:2503.19786, section 2.2) says that 256 are sampled by
    probability and not whether one may come twice; here none does, so 256 tokens are 256 targets.

    Args:
        noise: of the samples; None takes the largest.
    """
    shape, device = (len(predictions.states), 0), predictions.states.device
    scores, logits = torch.empty(shape, device=device), torch.empty(shape, device=device)
    ids = torch.empty(shape, dtype=torch.int64, device=device)
    total = torch.full((shape[0], 1), -torch.inf, device=device)
    for tile in vocabulary_tiles(len(predictions.head)):
        here = tile_logits(predictions, tile, temperature)
        drawn = here if noise is None else here - noise(here.shape[1]).to(device).log()
        scores, order = _largest(torch.cat([scores, drawn], dim=-1), count)
        logits = torch.cat([logits, here], dim=-1).gather(1, order)
        places = torch.arange(tile.start, tile.stop, device=device).expand_as(here)
        ids = torch.cat([ids, places], dim=-1).gather(1, order)
        total = torch.logaddexp(total, log_sum(here))
    logprobs, order = (logits - total).sort(dim=-1, descending=True)
    return SparseLogits(ids.gather(1, order), logprobs)


def _largest(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    values, order = scores.topk(min(count, scores.shape[1]), dim=-1)
    return values, order
