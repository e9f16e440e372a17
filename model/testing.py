"""Tiny random networks that every parity test uses: both kinds of layer, windows shorter than the text."""

from __future__ import annotations

from dataclasses import replace

import torch

from model.config import Gemma3Config
from model.transformer import Gemma3ForCausalLM

TINY = Gemma3Config(
    vocab_size=512,
    hidden_size=64,
    intermediate_size=128,
    num_hidden_layers=7,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=32,
    query_pre_attn_scalar=32,
    sliding_window=8,
    max_position_embeddings=4096,
)
"""Seven layers: a global one at index 5 and a trailing local one."""

TINY_SCALED = replace(TINY, rope_scaling_factor=8.0)
"""Like 4B and larger: positions of global layers divided by 8."""

TINY_NARROW = replace(TINY, num_key_value_heads=1, head_dim=48, query_pre_attn_scalar=48)
"""Like 270M: one key-value head, heads * head_dim != hidden_size."""

TINY_27B = replace(TINY, query_pre_attn_scalar=16)
"""Like 27B: scores are not scaled by the head dimension."""

TINY_CONFIGS = {"tiny": TINY, "scaled": TINY_SCALED, "narrow": TINY_NARROW, "27b": TINY_27B}


def tiny_model(config: Gemma3Config = TINY, *, seed: int = 0, dtype: torch.dtype = torch.float32) -> Gemma3ForCausalLM:
    """A random network in evaluation mode.

    Norm weights are random too (std 0.3): at their initial zero, a norm that forgets them would go unnoticed.
    """
    generator = torch.Generator().manual_seed(seed)
    model = Gemma3ForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            std = 0.3 if name.endswith("norm.weight") else 0.05
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)
    return model.to(dtype).eval()
