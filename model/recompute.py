"""Activation checkpointing: which blocks keep what their backward needs, and which compute it again.

Source: Chen et al. 2016, arXiv:1604.06174, with one segment per block; torch's own non-reentrant checkpoint does it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from model.errors import ModelError
from model.lora_layer import as_it_acts

if TYPE_CHECKING:
    from model.attention import AttentionContext

KEEP, RECOMPUTE = "keep", "recompute"


def parse_activations(setting: str | float) -> float | None:
    """Bytes of activations that a forward may keep for its backward; None for all of them.

    >>> parse_activations("keep"), parse_activations("recompute"), parse_activations(1.5)
    (None, 0.0, 1500000000.0)

    Args:
        setting: `keep` (all), `recompute` (none but each block's input), or a budget in gigabytes.

    Raises:
        ModelError: for anything else.
    """
    if setting == KEEP:
        return None
    if setting == RECOMPUTE:
        return 0.0
    if isinstance(setting, int | float) and not isinstance(setting, bool) and math.isfinite(setting) and setting > 0:
        return float(setting) * 1e9
    raise ModelError(
        f"model.activations is {setting!r}; give {KEEP} (fastest), {RECOMPUTE} (least memory), or the gigabytes that "
        "a forward may keep"
    )


def run_blocks(blocks: Iterable[nn.Module], x: Tensor, context: AttentionContext, budget: float | None) -> Tensor:
    """The blocks one after another, keeping at most `budget` bytes of their activations beside each block's input.

    Values and gradients are those of the blocks alone, bit for bit: the same operations run once more. The first block
    is measured and always kept (where there is a budget at all); as many of the next are kept as then fit, and the
    others compute theirs again when their backward comes, each at a time.

    Args:
        x: [B, T, D] input of the first block.
        budget: None keeps everything, 0 nothing.
    """
    if budget is None or not torch.is_grad_enabled():
        for block in blocks:
            x = block(x, context)
        return x
    left, size = budget, math.nan
    for place, block in enumerate(blocks):
        if place == 0 and budget > 0:
            measure = _Measure(block)
            with torch.autograd.graph.saved_tensors_hooks(measure.pack, lambda kept: kept):
                x = block(x, context)
            size = measure.num_bytes
        elif left >= size:
            x = block(x, context)
        else:
            x = _recomputed(block, x, context)
            continue
        left -= size
    return x


def _recomputed(block: nn.Module, x: Tensor, context: AttentionContext) -> Tensor:
    """The block, which keeps its input alone. By the time of its backward another role may act on the network, as when
    a critic's values are computed beside the policy's: the role of now comes back for it."""

    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), as_it_acts(block)

    return checkpoint(block, x, context, use_reentrant=False, context_fn=contexts)


class _Measure:
    """Counts the bytes that operations keep for their backward, each storage once, the block's parameters not."""

    def __init__(self, block: nn.Module) -> None:
        self._seen = {p.untyped_storage().data_ptr() for p in block.parameters()}
        self.num_bytes = 0

    def pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._seen:
            self._seen.add(storage.data_ptr())
            self.num_bytes += storage.nbytes()
        return tensor.detach()  # an operation that keeps its own result would never be freed
