"""The only place where hidden states become log-probabilities, without ever holding [tokens, vocabulary].

Sizes: M hidden states that predict something, N tokens that are predicted (completions of one group share the
states that predict their first tokens, so N >= M), D hidden, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from model import kernels
from model.attention import Layout
from model.products import product, transposed_product
from model.transformer import Gemma3ForCausalLM
from rlhf.types import TrainBatch

# A tile of logits is computed, reduced and dropped. These sizes keep a float32 tile (16 MiB) near the caches while
# the matrix products stay wide; other sizes have not been measured.
ROWS_PER_TILE = 256
VOCABULARY_PER_TILE = 16_384


def token_logprobs(model: Gemma3ForCausalLM, batch: TrainBatch, temperature: float = 1.0) -> Float[Tensor, "B C"]:
    """Log-probability of every completion token under the model, in float32 nats, 0 elsewhere.

    Args:
        temperature: of the distribution that completions were sampled from; logits are divided by it.
    """
    place, states, targets, index = _predictions(model, batch)
    selected = select_logprobs(states, model.head_weight, targets, index, temperature)
    return torch.zeros_like(batch.advantages).index_put(place, selected)


def token_logprobs_and_entropies(
    model: Gemma3ForCausalLM, batch: TrainBatch, temperature: float = 1.0
) -> tuple[Float[Tensor, "B C"], Float[Tensor, "B C"]]:
    """`token_logprobs`, and beside them the exact entropy of the distribution that every token was drawn from, in nats.

    One pass over the head gives both.
    """
    place, states, targets, index = _predictions(model, batch)
    selected, entropies = select_logprobs_and_entropies(states, model.head_weight, targets, index, temperature)
    zeros = torch.zeros_like(batch.advantages)
    return zeros.index_put(place, selected), zeros.index_put(place, entropies)


def _predictions(
    model: Gemma3ForCausalLM, batch: TrainBatch
) -> tuple[tuple[Tensor, Tensor], Float[Tensor, "M D"], Int[Tensor, " N"], Int[Tensor, " N"]]:
    """Where the N completion tokens stand in [B, C], the states that predict them, the tokens, and each one's state."""
    layout = Layout(positions=batch.positions, segment_ids=batch.segment_ids, prefix_ids=batch.prefix_ids)
    hidden = model(batch.token_ids, layout)
    row, column = batch.completion_mask.nonzero(as_tuple=True)
    source = row * hidden.shape[1] + batch.predictor[row, column]
    predicting, index = source.unique(return_inverse=True)
    return (row, column), hidden.flatten(0, 1)[predicting], batch.targets[row, column], index


def select_logprobs(
    hidden: Float[Tensor, "M D"],
    weight: Float[Tensor, "V D"],
    targets: Int[Tensor, " N"],
    index: Int[Tensor, " N"],
    temperature: float = 1.0,
) -> Float[Tensor, " N"]:
    """log softmax(hidden[index] @ weight.T / temperature)[targets], in float32; differentiable in `hidden` only.

    Raises:
        ValueError: if the head itself should be trained, which this function does not do.
    """
    _check_frozen(weight)
    selected, _ = _SelectLogprobs.apply(hidden, weight, targets, index, temperature, False)  # pyright: ignore
    return selected


def select_logprobs_and_entropies(
    hidden: Float[Tensor, "M D"],
    weight: Float[Tensor, "V D"],
    targets: Int[Tensor, " N"],
    index: Int[Tensor, " N"],
    temperature: float = 1.0,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """`select_logprobs`, and the entropy in nats of each token's distribution, in float32; differentiable alike.

    Raises:
        ValueError: if the head itself should be trained, which this function does not do.
    """
    _check_frozen(weight)
    selected, entropies = _SelectLogprobs.apply(hidden, weight, targets, index, temperature, True)  # pyright: ignore
    return selected, entropies[index]


def _check_frozen(weight: Tensor) -> None:
    if weight.requires_grad and torch.is_grad_enabled():
        raise ValueError(
            "select_logprobs does not train the head; freeze the base first (model.lora.AdapterRoles does)"
        )


def exp_(x: Tensor) -> Tensor:
    """e^x in place, by way of 2^x: torch's exp is ten times slower on a CPU where the result nears the smallest float.

    The factor's rounding costs |x| * 6e-8 relative, which for the log-probabilities here is float32's own noise.
    """
    return x.mul_(math.log2(math.e)).exp2_()


class _SelectLogprobs(torch.autograd.Function):
    """One pass over the head gives the values and, where wanted, all that the gradient needs.

        d logp_n / d h = (W[target_n] - E_p[W]) / temperature
        d H / d h      = -(E_p[l W] - E_p[l] E_p[W]) / temperature,   l the tempered logits

    and neither expectation depends on the incoming gradient: so they are accumulated tile by tile beside the normalizer
    (rescaled as the running maximum grows), and the backward pass is a few small products instead of a second visit to
    the head.
    """

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, index: Tensor, temperature: float, entropy: bool
    ) -> tuple[Tensor, Tensor | None]:
        tiles = _Tiles(hidden, weight, temperature, expect=ctx.needs_input_grad[0], entropy=entropy)
        chosen = torch.empty(targets.shape, dtype=torch.float32, device=hidden.device)
        for start in range(0, hidden.shape[0], ROWS_PER_TILE):
            tiles.visit(slice(start, start + ROWS_PER_TILE), targets, index, chosen)
        if tiles.expected is not None:
            ctx.save_for_backward(weight, targets, index, tiles.expected, tiles.covariance)
        ctx.temperature, ctx.dtype = temperature, hidden.dtype
        return chosen - tiles.normalizer[index], tiles.entropy

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        grad, grad_entropy = grads
        weight, targets, index, expected, covariance = ctx.saved_tensors
        grad_hidden = torch.zeros_like(expected)
        if grad is not None:
            contribution = (weight[targets].float() - expected[index]) * (grad[:, None] / ctx.temperature)
            grad_hidden.index_add_(0, index, contribution)
        if covariance is not None and grad_entropy is not None:
            grad_hidden.addcmul_(covariance, grad_entropy[:, None] / -ctx.temperature)
        return grad_hidden.to(ctx.dtype), None, None, None, None, None


class _Tiles:
    """Online softmax over tiles of the vocabulary: normalizer, expected head row, and the chosen logits; with `entropy`
    also the entropy, and the covariance of logit and head row."""

    def __init__(self, hidden: Tensor, weight: Tensor, temperature: float, *, expect: bool, entropy: bool) -> None:
        self.hidden, self.weight, self.sharpness = hidden, weight, 1.0 / temperature
        self.normalizer = self._wide_empty(hidden.shape[:1])
        self.expected = self._wide_empty(hidden.shape) if expect else None
        self.entropy = self._wide_empty(hidden.shape[:1]) if entropy else None
        self.covariance = self._wide_empty(hidden.shape) if entropy and expect else None
        self._softmax = _KernelSoftmax if kernels.available(hidden.dtype, hidden.device) else _PlainSoftmax
        # Every tile is computed in the same memory: fresh pages for each would cost as much as the products.
        size = min(hidden.shape[0], ROWS_PER_TILE) * min(weight.shape[0], VOCABULARY_PER_TILE)
        self._product = hidden.new_empty(0 if hidden.dtype == torch.float32 else size)
        self._weighed = hidden.new_empty(size if entropy else 0)

    def visit(self, rows: slice, targets: Tensor, index: Tensor, chosen: Tensor) -> None:
        """Fill what is wanted of these rows, and `chosen` where its row is among them."""
        hidden = self.hidden[rows]
        softmax = self._softmax(hidden, self.sharpness)
        mean = None if self.expected is None else torch.zeros(hidden.shape, device=hidden.device)
        covered = None if self.covariance is None else torch.zeros(hidden.shape, device=hidden.device)
        mine = ((index >= rows.start) & (index < rows.start + hidden.shape[0])).nonzero()[:, 0]
        for start in range(0, self.weight.shape[0], VOCABULARY_PER_TILE):
            tile = self.weight[start : start + VOCABULARY_PER_TILE]
            logits = self._logits(hidden, tile)
            here = mine[(targets[mine] >= start) & (targets[mine] < start + tile.shape[0])]
            chosen[here] = logits[index[here] - rows.start, targets[here] - start].float() * self.sharpness
            weighed = None if self.entropy is None else self._weighed[: logits.numel()].view(logits.shape)
            shift, rescale = softmax.take_(logits, weighed)  # logits are weights from here on
            if covered is not None and weighed is not None and mean is not None:
                covered = (covered + shift * mean) * rescale + transposed_product(weighed, tile).float()
            if mean is not None:
                mean = mean * rescale + transposed_product(logits, tile).float()
        self.normalizer[rows] = softmax.largest + softmax.total.log()
        total, mean_logit = softmax.total[:, None], (softmax.weighed_total / softmax.total)[:, None]
        if self.expected is not None and mean is not None:
            self.expected[rows] = mean / total
        if self.entropy is not None:
            self.entropy[rows] = (total.log() - mean_logit)[:, 0]
        if self.covariance is not None and covered is not None and mean is not None:
            self.covariance[rows] = (covered - mean_logit * mean) / total

    def _logits(self, hidden: Tensor, tile: Tensor) -> Tensor:
        """[rows, tile] logits in the network's dtype, before the temperature, valid until the next call."""
        if hidden.dtype == torch.float32:
            return product(hidden, tile)
        shape = (hidden.shape[0], tile.shape[0])
        return torch.mm(hidden, tile.T, out=self._product[: shape[0] * shape[1]].view(shape))

    def _wide_empty(self, shape: Sequence[int]) -> Tensor:
        return torch.empty(tuple(shape), dtype=torch.float32, device=self.hidden.device)


class _PlainSoftmax:
    """A softmax per row of [rows, tile] logits that come one tile after the other. All sums are float32, [rows], and
    measured from the largest tempered logit so far."""

    def __init__(self, like: Tensor, sharpness: float) -> None:
        self.sharpness = sharpness
        self.largest = torch.full(like.shape[:1], -torch.inf, device=like.device)
        self.total = torch.zeros_like(self.largest)
        self.weighed_total = torch.zeros_like(self.largest)
        """Sum of weight times (tempered logit minus the largest), where the entropy is wanted."""

    def take_(self, logits: Tensor, weighed: Tensor | None) -> tuple[Tensor, Tensor]:
        """Turns the tile into weights e^(l - largest) in place, and `weighed` into (l - largest) times them.

        Returns ([rows, 1] each): by how much the largest has fallen behind, and the factor for sums from before.
        """
        below = logits.float().mul_(self.sharpness)
        grown = torch.maximum(self.largest, below.amax(-1))
        is_first = self.largest == -torch.inf
        shift = (self.largest - grown).masked_fill_(is_first, 0.0)
        rescale = shift.exp().masked_fill_(is_first, 0.0)
        below.sub_(grown[:, None])
        weights = exp_(below.clone() if weighed is not None else below)
        if weighed is not None:
            below.mul_(weights)
            self.weighed_total = rescale * (self.weighed_total + shift * self.total) + below.sum(-1)
            weighed.copy_(below)
        self.total = self.total * rescale + weights.sum(-1)
        self.largest = grown
        logits.copy_(weights)
        return shift[:, None], rescale[:, None]


class _KernelSoftmax(_PlainSoftmax):
    """The same in one pass over the tile."""

    def take_(self, logits: Tensor, weighed: Tensor | None) -> tuple[Tensor, Tensor]:
        sums = None if weighed is None else self.weighed_total
        shift, rescale = kernels.soften_(logits, weighed, self.sharpness, self.largest, self.total, sums)
        return shift[:, None], rescale[:, None]
