"""Products with frozen weights, by the kernels that are fastest for them.

On a CPU, torch gives float32 products to MKL, whose narrow ones (a few rows, as in decoding) are two to three times as
slow as oneDNN's, and those with the head's tiles a third slower. oneDNN adds up without blocks, which costs some ten
units in the last place: 2e-4 of a logit near 130, and several times that behind eighteen layers. So it serves the log-
probabilities and decoding; logits and hidden states that anybody asks for stay MKL's. bfloat16 goes to oneDNN anyway,
which lays the weight out anew at every call; a copy that keeps the layout saves that. Figures: docs/lab-log.md, "what
do oneDNN and kept layouts give?".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def product(x: Tensor, weight: Tensor) -> Tensor:
    """x @ weight.T without a gradient; x is [M, K], weight [N, K], both of one dtype."""
    return _onednn(x, weight) if _is_for_onednn(weight) else F.linear(x, weight)


def transposed_product(x: Tensor, weight: Tensor) -> Tensor:
    """x @ weight without a gradient; x is [M, N], weight [N, K], both of one dtype."""
    return _onednn(x, weight.t()) if _is_for_onednn(weight) else x @ weight


class FrozenLinear(nn.Linear):
    """A linear layer without bias that multiplies with a packed copy of its weight while there is one."""

    packed: Tensor | None = None

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) if self.packed is None else packed_product(input, self.packed)


def packed_product(x: Tensor, packed: Tensor) -> Tensor:
    """x @ weight.T of the weight that was packed; no gradient."""
    return _onednn(x, packed) if packed.is_mkldnn else F.linear(x, packed)


class _Owner(Protocol):
    packed: Tensor | None


class PackedWeights:
    """Copies of frozen matrices in the layout that oneDNN's kernels read, made once, for the time of a `with`.

    They take the memory of the matrices again. Where there is no oneDNN (a GPU, another build) a single matrix stands
    for itself, and several that are to be one product are put together and no more.
    """

    def __init__(self, owners: Sequence[tuple[_Owner, Sequence[Tensor]]]) -> None:
        """Args: owners: those that multiply with `packed` while it is there, and the weights that it stands for, whose
        outputs lie side by side."""
        self._owners = owners
        self._copies: list[tuple[list[int], Tensor] | None] = [None] * len(owners)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Within it, the owners multiply with their copies."""
        try:
            for place, (owner, weights) in enumerate(self._owners):
                owner.packed = self._copy(place, weights)
            yield
        finally:
            for owner, _ in self._owners:
                owner.packed = None

    def release(self) -> None:
        """Gives the copies' memory back; the next use makes them anew, in a fifth of a second for the 270M."""
        self._copies = [None] * len(self._owners)

    def _copy(self, place: int, weights: Sequence[Tensor]) -> Tensor:
        # an inference tensor counts no changes
        versions = [0 if weight.is_inference() else weight._version for weight in weights]
        copy = self._copies[place]
        if copy is None or copy[0] != versions:
            copy = versions, _packed([weight.detach() for weight in weights])
            self._copies[place] = copy
        return copy[1]


def _packed(weights: Sequence[Tensor]) -> Tensor:
    weight = weights[0] if len(weights) == 1 else torch.cat(list(weights))
    return torch.ops.mkldnn._reorder_linear_weight(weight, None) if _has_onednn(weight) else weight


def _onednn(x: Tensor, weight: Tensor) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")


def _is_for_onednn(weight: Tensor) -> bool:
    return weight.dtype == torch.float32 and _has_onednn(weight)


def _has_onednn(weight: Tensor) -> bool:
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    if weight.dtype == torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return weight.dtype == torch.float32
