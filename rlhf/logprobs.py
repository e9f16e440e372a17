"""The only place where hidden states become log-probabilities, without ever holding [tokens, vocabulary].

Sizes: M hidden states that predict something, N tokens that are predicted (completions of one group share the
states that predict their first tokens, so N >= M), D hidden, V vocabulary.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from model.attention import Layout
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
    layout = Layout(positions=batch.positions, segment_ids=batch.segment_ids, prefix_ids=batch.prefix_ids)
    hidden = model(batch.token_ids, layout)
    row, column = batch.completion_mask.nonzero(as_tuple=True)
    source = row * hidden.shape[1] + batch.predictor[row, column]
    predicting, index = source.unique(return_inverse=True)
    selected = select_logprobs(
        hidden.flatten(0, 1)[predicting], model.head_weight, batch.targets[row, column], index, temperature
    )
    return torch.zeros_like(batch.advantages).index_put((row, column), selected)


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
    if weight.requires_grad and torch.is_grad_enabled():
        raise ValueError(
            "select_logprobs does not train the head; freeze the base first (model.lora.AdapterRoles does)"
        )
    return _SelectLogprobs.apply(hidden, weight, targets, index, temperature)  # pyright: ignore[reportReturnType]


def exp_(x: Tensor) -> Tensor:
    """e^x in place, by way of 2^x: torch's exp is ten times slower on a CPU where the result nears the smallest float.

    The factor's rounding costs |x| * 6e-8 relative, which for the log-probabilities here is float32's own noise.
    """
    return x.mul_(math.log2(math.e)).exp2_()


class _SelectLogprobs(torch.autograd.Function):
    """One pass over the head gives the values and, where wanted, all that the gradient needs.

    d logp_n / d h = (W[target_n] - E_p[W]) / temperature, and E_p[W] does not depend on the incoming gradient: so it is
    accumulated tile by tile beside the normalizer (rescaled as the running maximum grows), and the backward pass is two
    small products instead of a second visit to the head.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, index: Tensor, temperature: float) -> Tensor:
        tiles = _Tiles(hidden, weight, temperature, expect=ctx.needs_input_grad[0])
        chosen = torch.empty(targets.shape, dtype=torch.float32, device=hidden.device)
        for start in range(0, hidden.shape[0], ROWS_PER_TILE):
            tiles.visit(slice(start, start + ROWS_PER_TILE), targets, index, chosen)
        if tiles.expected is not None:
            ctx.save_for_backward(weight, targets, index, tiles.expected)
        ctx.temperature, ctx.dtype = temperature, hidden.dtype
        return chosen - tiles.normalizer[index]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None, None]:
        (grad,) = grads
        weight, targets, index, expected = ctx.saved_tensors
        grad_hidden = torch.zeros_like(expected)
        contribution = (weight[targets].float() - expected[index]) * (grad[:, None] / ctx.temperature)
        grad_hidden.index_add_(0, index, contribution)
        return grad_hidden.to(ctx.dtype), None, None, None, None


class _Tiles:
    """Online softmax over tiles of the vocabulary: normalizer, expected head row, and the chosen logits."""

    def __init__(self, hidden: Tensor, weight: Tensor, temperature: float, *, expect: bool) -> None:
        self.hidden, self.weight, self.temperature = hidden, weight, temperature
        self.normalizer = torch.empty(hidden.shape[0], dtype=torch.float32, device=hidden.device)
        self.expected = torch.empty(hidden.shape, dtype=torch.float32, device=hidden.device) if expect else None
        # Every tile is computed in the same memory: fresh pages for each would cost as much as the products.
        size = min(hidden.shape[0], ROWS_PER_TILE) * min(weight.shape[0], VOCABULARY_PER_TILE)
        self._product = torch.empty(size, dtype=hidden.dtype, device=hidden.device)
        self._wide = torch.empty(size, dtype=torch.float32, device=hidden.device)

    def visit(self, rows: slice, targets: Tensor, index: Tensor, chosen: Tensor) -> None:
        """Fill `normalizer` and `expected` of these rows, and `chosen` where its row is among them."""
        hidden = self.hidden[rows]
        maximum = torch.full((hidden.shape[0], 1), -torch.inf, device=hidden.device)
        total = torch.zeros_like(maximum)
        mean = None if self.expected is None else torch.zeros(hidden.shape, device=hidden.device)
        mine = ((index >= rows.start) & (index < rows.start + hidden.shape[0])).nonzero()[:, 0]
        for start in range(0, self.weight.shape[0], VOCABULARY_PER_TILE):
            tile = self.weight[start : start + VOCABULARY_PER_TILE]
            logits = self._logits(hidden, tile)
            here = mine[(targets[mine] >= start) & (targets[mine] < start + tile.shape[0])]
            chosen[here] = logits[index[here] - rows.start, targets[here] - start]
            grown = torch.maximum(maximum, logits.amax(-1, keepdim=True))
            rescale = (maximum - grown).exp()
            maximum = grown
            weights = exp_(logits.sub_(maximum))
            total = total * rescale + weights.sum(-1, keepdim=True)
            if mean is not None:
                mean = mean * rescale + (self._narrow(weights) @ tile).float()
        self.normalizer[rows] = (maximum + total.log())[:, 0]
        if self.expected is not None and mean is not None:
            self.expected[rows] = mean / total

    def _logits(self, hidden: Tensor, tile: Tensor) -> Tensor:
        """[rows, tile] float32 tempered logits, valid until the next call."""
        shape = (hidden.shape[0], tile.shape[0])
        size = shape[0] * shape[1]
        product, wide = self._product[:size].view(shape), self._wide[:size].view(shape)
        torch.mm(hidden, tile.T, out=product)
        wide.copy_(product)
        return wide if self.temperature == 1.0 else wide.div_(self.temperature)

    def _narrow(self, weights: Tensor) -> Tensor:
        """The weights in the head's dtype, in the memory of the product that they came from."""
        return self._product[: weights.numel()].view(weights.shape).copy_(weights)
