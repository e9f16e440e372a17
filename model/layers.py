"""The small parts of a block: norm with a zero-centred gain, gated MLP, scaled embedding."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from model import fused
from model.config import Gemma3Config
from model.products import FrozenLinear


class RMSNorm(nn.Module):
    """Root-mean-square norm whose gain is 1 + weight, computed in float32 and rounded once."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        if fused.serve(x, self.weight):
            return fused.norm(x, self.weight, self.eps)
        return fused.norm_chain(x, self.weight, self.eps)


class MLP(nn.Module):
    """down(gelu_tanh(gate(x)) * up(x))."""

    def __init__(self, config: Gemma3Config) -> None:
        super().__init__()
        self.gate_proj = FrozenLinear(config.hidden_size, config.intermediate_size)
        self.up_proj = FrozenLinear(config.hidden_size, config.intermediate_size)
        self.down_proj = FrozenLinear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_proj(x), self.up_proj(x)
        return self.down_proj(fused.gated(gate, up) if fused.serve(gate) else fused.gated_chain(gate, up))


class ScaledEmbedding(nn.Embedding):
    """Token embedding times sqrt(hidden_size), the factor rounded to the weights' dtype as Hugging Face does.

    At 270M in bfloat16 that rounding is 25.298 -> 25.25. Row 0 (padding) gets no gradient from the input side.
    """

    def __init__(self, vocab_size: int, hidden_size: int, padding_idx: int) -> None:
        super().__init__(vocab_size, hidden_size, padding_idx=padding_idx)
        self.scale = math.sqrt(hidden_size)

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:  # where there is nothing to draw, torch would import its compiler: 1.5 s
            super().reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        scale = torch.tensor(self.scale, dtype=torch.float32).to(self.weight.dtype)
        return super().forward(input) * scale.to(self.weight.device)
