"""Which token comes next: from logits and a number in [0, 1) to a token and its log-probabilities.

Sizes: N draws from M distributions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from model import kernels
from rlhf.logprobs import exp_
from rlhf.sampling.params import SamplingParams

# Rows of logits that are turned to float32 at a time (16 x 262,144 x 4 bytes = 16 MiB).
_ROWS_AT_A_TIME = 16
# The vocabulary is searched in two strides, blocks and then tokens, so no running sum over 262,144 numbers is needed.
_BLOCK = kernels.BLOCK
# A nucleus is looked for among so many tokens first: sorting all of them costs more than a forward of the network.
_FIRST_CANDIDATES = 1024


class Chosen(NamedTuple):
    """One token per draw."""

    tokens: Int[Tensor, " N"]
    logprobs: Float[Tensor, " N"]
    """Float32 nats of the tempered distribution before truncation and before `forbidden` tokens are left out: what
    `rlhf.logprobs` recomputes. Greedy decoding reports it at temperature 1."""
    drawn_logprobs: Float[Tensor, " N"]
    """Float32 nats of the distribution that was really drawn from; 0 for greedy decoding, which draws nothing."""


def choose(
    logits: Float[Tensor, "M V"],
    uniform: Float[Tensor, " N"],
    params: SamplingParams,
    forbidden: Sequence[int] = (),
    *,
    index: Int[Tensor, " N"] | None = None,
) -> Chosen:
    """One token per draw, by inverting the cumulative distribution at `uniform`.

    Args:
        index: the row of `logits` that each draw is from; draw n is from row n when it is None.
    """
    index = torch.arange(len(logits), device=logits.device) if index is None else index
    if params.temperature and not params.truncates and kernels.available(logits.dtype, logits.device):
        return _draw_fused(logits.contiguous(), index, uniform, params.temperature, forbidden)
    tokens = torch.empty(uniform.shape, dtype=torch.int64, device=logits.device)
    logprobs, drawn = (torch.empty(uniform.shape, dtype=torch.float32, device=logits.device) for _ in range(2))
    wide = torch.empty((min(len(logits), _ROWS_AT_A_TIME), logits.shape[1]), dtype=torch.float32, device=logits.device)
    for start in range(0, len(logits), _ROWS_AT_A_TIME):
        narrow = logits[start : start + _ROWS_AT_A_TIME]
        draws = ((index >= start) & (index < start + len(narrow))).nonzero()[:, 0]
        weights = wide[: len(narrow)].copy_(narrow)
        tokens[draws], logprobs[draws], drawn[draws] = _draw(
            weights, index[draws] - start, uniform[draws], params, forbidden
        )
    return Chosen(tokens, logprobs, drawn)


def _draw_fused(logits: Tensor, index: Tensor, uniform: Tensor, temperature: float, forbidden: Sequence[int]) -> Chosen:
    """`choose` without truncation: the logits are read twice, and nothing of their size is written."""
    left_out = torch.tensor(sorted(set(forbidden)), dtype=torch.int64)
    largest, block_sums = kernels.weigh(logits, 1.0 / temperature, left_out)
    forbidden_weight = ((logits[:, left_out].float() - largest[:, None]) / temperature).double().exp().sum(-1)
    block_ends = block_sums.cumsum(-1)
    aim, block, before = _block_of(block_ends[index], uniform)
    tokens, weights = kernels.pick(logits, 1.0 / temperature, largest, index, block, before, aim, left_out)
    drawn_from = block_ends[:, -1]
    drawn = (weights / drawn_from[index]).log()
    return Chosen(tokens, (weights / (drawn_from + forbidden_weight)[index]).log().float(), drawn.float())


def _block_of(block_ends: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """[N] each: `uniform` times the total of a draw's weights, the block in which their running sum passes it, and the
    sum before that block; from [N, blocks] float64 running sums at the blocks' ends."""
    aim = uniform.to(torch.float64)[:, None] * block_ends[:, -1:]
    block = torch.searchsorted(block_ends, aim, right=True).clamp_(max=block_ends.shape[1] - 1)
    before = torch.where(block > 0, block_ends.gather(1, (block - 1).clamp(min=0)), 0.0)
    return aim[:, 0], block[:, 0], before[:, 0]


def _draw(
    logits: Tensor, index: Tensor, uniform: Tensor, params: SamplingParams, forbidden: Sequence[int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Like `choose`, for a few rows of float32 logits, which are overwritten."""
    if params.temperature not in (0.0, 1.0):
        logits.div_(params.temperature)
    weights = exp_(logits.sub_(logits.amax(-1, keepdim=True)))
    total = weights.sum(-1)
    weights[:, list(forbidden)] = 0.0
    if params.temperature == 0.0:
        chosen = weights.argmax(-1)[index]
        return chosen, (weights[index, chosen] / total[index]).log(), torch.zeros(index.shape, device=index.device)
    # A truncation leaves out or leaves alone: what is left keeps its weight.
    left = truncated(weights, params) if params.truncates else weights
    chosen, left_total = _invert(left, index, uniform)
    weight = weights[index, chosen]
    return chosen, (weight / total[index]).log(), (weight / left_total).log().float()


def truncated(weights: Float[Tensor, "M V"], params: SamplingParams) -> Float[Tensor, "M V"]:
    """The weights (probabilities up to a factor per row) with those at zero that top-k, then top-p, then min-p drop.

    min-p keeps p_i >= min_p * max_j p_j. Source: Nguyen et al. 2024, arXiv:2407.01082; with a temperature the
    probabilities are the tempered ones, as in transformers.
    """
    if params.top_k:
        kth = weights.topk(min(params.top_k, weights.shape[-1]), dim=-1).values[:, -1:]
        weights = weights.where(weights >= kth, 0.0)
    if params.top_p < 1.0:
        weights = _nucleus(weights, params.top_p)
    if params.min_p:
        weights = weights.where(weights >= params.min_p * weights.amax(-1, keepdim=True), 0.0)
    return weights


def _nucleus(weights: Tensor, top_p: float) -> Tensor:
    """The weights without those behind the first, in falling order, that together reach `top_p` of a row's total."""
    size = weights.shape[-1]
    total = weights.sum(-1, keepdim=True, dtype=torch.float64)
    ordered, order = weights.topk(min(_FIRST_CANDIDATES, size), dim=-1)
    if bool((ordered.sum(-1, keepdim=True, dtype=torch.float64) < top_p * total).any()):
        # Tokens below (1 - top_p) / V of the total hold less than 1 - top_p together: they are behind the nucleus. The
        # half is for the rounding of float32.
        possible = weights >= 0.5 * (1 - top_p) / size * total
        ordered, order = weights.topk(int(possible.sum(-1).max()), dim=-1)
    before = ordered.cumsum(-1, dtype=torch.float64) - ordered
    return torch.zeros_like(weights).scatter_(1, order, ordered.where(before < top_p * total, 0.0))


def _invert(weights: Tensor, index: Tensor, uniform: Tensor) -> tuple[Tensor, Tensor]:
    """Per draw, where the running sum of the unnormalized weights in row `index` passes `uniform` of its total, and
    that total (float64)."""
    size = weights.shape[1]
    padded = torch.nn.functional.pad(weights, (0, -size % _BLOCK)).view(len(weights), -1, _BLOCK)
    block_ends = padded.sum(-1).to(torch.float64).cumsum(-1)[index]
    aim, block, before = _block_of(block_ends, uniform)
    inside = padded[index, block].to(torch.float64).cumsum(-1)
    # Rounding may put the aim a hair past the block's end; then the last token with any weight is meant.
    offset = torch.searchsorted(inside, (aim - before)[:, None].minimum(inside[:, -1:] * (1 - 1e-12)), right=True)
    return (block * _BLOCK + offset[:, 0]).clamp_(max=size - 1), block_ends[:, -1]
