"""Rotary position embedding: two bases, angles in float32."""

from __future__ import annotations

import torch
from torch import Tensor

from model.config import FULL, Gemma3Config


def inverse_frequencies(config: Gemma3Config, layer_type: str, device: torch.device) -> Tensor:
    """The [head_dim / 2] float32 rotation speeds of one kind of layer, in radians per position.

    Computed when needed and never stored in a module: a buffer would be rounded by `.to(torch.bfloat16)`, and bfloat16
    positions are exact only to 256.
    """
    exponent = torch.arange(0, config.head_dim, 2, dtype=torch.float32, device=device) / config.head_dim
    if layer_type == FULL:
        return 1.0 / (config.rope_theta**exponent) / config.rope_scaling_factor
    return 1.0 / (config.rope_local_theta**exponent)


def rope_tables(config: Gemma3Config, positions: Tensor, dtype: torch.dtype) -> dict[str, tuple[Tensor, Tensor]]:
    """Cosine and sine per kind of layer, each [B, 1, T, head_dim] in `dtype`, rounded once from float32.

    Args:
        positions: [B, T] int64; padding (-1) is rotated like position 0 and never seen.
    """
    tables = {}
    clamped = positions.clamp(min=0).to(torch.float32)
    for layer_type in dict.fromkeys(config.layer_types):
        angles = clamped[:, None, :, None] * inverse_frequencies(config, layer_type, positions.device)
        angles = torch.cat((angles, angles), dim=-1)
        tables[layer_type] = (angles.cos().to(dtype), angles.sin().to(dtype))
    return tables


def apply_rope(x: Tensor, table: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate [B, heads, T, head_dim] by the table's angles, half-split (NeoX) layout."""
    cos, sin = table
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin
