"""The Gemma 3 text network: embed, blocks, norm, tied head. It never samples.

Module and parameter names are Hugging Face's, so loading is nearly the identity and adapters are portable.

Sizes: B rows, T tokens, D hidden, V vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from model.attention import Attention, AttentionContext, Layout
from model.cache import KVCache
from model.config import Gemma3Config
from model.layers import MLP, RMSNorm, ScaledEmbedding
from model.products import packed_product
from model.recompute import run_blocks

if TYPE_CHECKING:
    from model.decoding import Decoder


class Block(nn.Module):
    """Attention and MLP, each between a norm before it and a norm on its output."""

    def __init__(self, config: Gemma3Config, layer: int) -> None:
        super().__init__()
        size, eps = config.hidden_size, config.rms_norm_eps
        self.self_attn = Attention(config, layer)
        self.mlp = MLP(config)
        self.input_layernorm = RMSNorm(size, eps)
        self.post_attention_layernorm = RMSNorm(size, eps)
        self.pre_feedforward_layernorm = RMSNorm(size, eps)
        self.post_feedforward_layernorm = RMSNorm(size, eps)

    def forward(self, x: Tensor, context: AttentionContext) -> Tensor:
        x = x + self.post_attention_layernorm(self.self_attn(self.input_layernorm(x), context))
        return x + self.post_feedforward_layernorm(self.mlp(self.pre_feedforward_layernorm(x)))


class Gemma3Model(nn.Module):
    """Token ids to the hidden states after the final norm."""

    def __init__(self, config: Gemma3Config) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = ScaledEmbedding(config.vocab_size, config.hidden_size, config.pad_token_id)
        self.layers = nn.ModuleList(Block(config, layer) for layer in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.kept_activations: float | None = None
        """Bytes that a forward may keep for its backward, as `model.recompute.parse_activations` gives them."""

    def forward(self, token_ids: Tensor, layout: Layout | None, cache: KVCache | None) -> Tensor:
        plain = layout is None and cache is None
        if layout is None:
            layout = Layout.causal(*token_ids.shape, device=token_ids.device)
        x = self.embed_tokens(token_ids)
        context = AttentionContext.build(self.config, layout, cache, x.dtype, plain_causal=plain)
        return self.norm(run_blocks(self.layers, x, context, None if cache else self.kept_activations))


class Gemma3ForCausalLM(nn.Module):
    """The network with its tied head; `state_dict()` has Hugging Face's keys without `lm_head.weight`."""

    packed: Tensor | None = None
    """A copy of the head for decoding, while there is one."""
    decoder: Decoder | None = None
    """The fused way of one token per row, while it is active."""

    def __init__(self, config: Gemma3Config) -> None:
        super().__init__()
        self.config = config
        self.model = Gemma3Model(config)

    def forward(
        self, token_ids: Int[Tensor, "B T"], layout: Layout | None = None, cache: KVCache | None = None
    ) -> Float[Tensor, "B T D"]:
        """Hidden states after the final norm, in the weights' dtype.

        Args:
            token_ids: [B, T] int64; anything where `layout` says padding.
            layout: positions and segments; plain causal rows without padding when None (then no cache either).
            cache: holds what came before and takes these tokens in; rows must be single sequences.
        """
        if cache is not None and layout is None:
            raise ValueError("a forward with a cache needs a layout: the positions say where the tokens continue")
        if self.decoder is not None and _is_decoding(token_ids, layout, cache):
            return self.decoder.step(token_ids, cast(Layout, layout), cast(KVCache, cache))
        return self.model(token_ids, layout, cache)

    def logits(self, hidden: Float[Tensor, "*N D"]) -> Float[Tensor, "*N V"]:
        """Head of the given hidden states, in the weights' dtype; callers choose the rows that they need."""
        return F.linear(hidden, self.head_weight) if self.packed is None else packed_product(hidden, self.packed)

    @property
    def head_weight(self) -> Tensor:
        """[V, D] the embedding, which is the head too."""
        return self.model.embed_tokens.weight

    @property
    def dtype(self) -> torch.dtype:
        return self.head_weight.dtype

    @property
    def device(self) -> torch.device:
        return self.head_weight.device


def _is_decoding(token_ids: Tensor, layout: Layout | None, cache: KVCache | None) -> bool:
    """Whether a forward is one new token per row behind what a cache holds, without a gradient."""
    return cache is not None and layout is not None and token_ids.shape[1] == 1 and not torch.is_grad_enabled()
