"""One token per row through the network, as decoding does it thousands of times: fewer products, fused steps between.

`Gemma3ForCausalLM.forward` goes this way by itself while a `Decoder` is active, for one new token per row behind a
cache and without a gradient. It computes what the modules compute, from the same weights: projections of the same
input are one product, with weights kept in the layout that the kernels read fastest, and what lies between two
products is one kernel. Where there are no kernels (a GPU, no C compiler) the modules do it.

Sizes: R rows, D hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from model import kernels
from model.attention import Layout
from model.cache import KVCache
from model.config import FULL
from model.kernels import Heads
from model.layers import RMSNorm
from model.lora_layer import LoraLinear
from model.products import FrozenLinear, PackedWeights, packed_product
from model.rope import rope_tables

if TYPE_CHECKING:
    from model.transformer import Block, Gemma3ForCausalLM


def fastest_decoding(model: Gemma3ForCausalLM) -> Decoder | PackedWeights:
    """What makes the network decode as fast as it can here, within its `active()`; nothing is copied before that."""
    if kernels.available(model.dtype, model.device):
        return Decoder(model)
    layers = [module for module in model.modules() if isinstance(module, FrozenLinear)]
    body = layers if model.dtype == torch.bfloat16 else ()
    return PackedWeights([(model, [model.head_weight]), *((layer, [layer.weight]) for layer in body)])


class Decoder:
    """The fused way through one network, for the time of a `with`. Nothing may train or switch roles meanwhile.

    Packed weights take the memory of the matrices again, from the first use on.
    """

    def __init__(self, model: Gemma3ForCausalLM) -> None:
        self.model = model
        self._blocks = [_Block(cast("Block", block)) for block in model.model.layers]
        owners = [projection for block in self._blocks for projection in block.projections]
        self._packed = PackedWeights([(model, [model.head_weight]), *((owner, owner.sources) for owner in owners)])
        self._tables: dict[str, tuple[Tensor, Tensor]] = {}

    @contextmanager
    def active(self) -> Iterator[None]:
        """Within it, the network decodes this way, with the role that is active now."""
        with self._packed.active():
            with torch.no_grad():
                for block in self._blocks:
                    block.refresh(self.model.dtype)
                self._final_gain = _gain(self.model.model.norm)
            try:
                self.model.decoder = self
                yield
            finally:
                self.model.decoder = None

    def release(self) -> None:
        """Gives the packed weights' memory back until they are used again."""
        self._packed.release()

    def step(self, token_ids: Int[Tensor, "R 1"], layout: Layout, cache: KVCache) -> Float[Tensor, "R 1 D"]:
        """The hidden states after the final norm of one new token per row, which the cache takes in."""
        positions = layout.positions[:, 0].contiguous()
        tables = self._rotation(cache.capacity)
        seen = {kind: cache.plan(kind, layout.positions) for kind in tables}
        x = self.model.model.embed_tokens(token_ids)[:, 0].contiguous()
        eps = self.model.config.rms_norm_eps
        normed = kernels.norm(x, self._blocks[0].gains[0], eps)
        following = [block.gains[0] for block in self._blocks[1:]] + [self._final_gain]
        for layer, (block, next_gain) in enumerate(zip(self._blocks, following, strict=True)):
            keys, values, slots = cache.storage(layer)
            attended = kernels.attend(
                block.qkv(normed),
                block.heads,
                tables[block.kind],
                keys,
                values,
                seen[block.kind],
                positions,
                slots[:, 0],
            )
            _, after_attention, before_mlp, after_mlp = block.gains
            normed = kernels.add_norm_(x, block.out(attended), after_attention, before_mlp, eps)
            gated = kernels.gate(*block.gate_up(normed).chunk(2, dim=1))
            normed = kernels.add_norm_(x, block.down(gated), after_mlp, next_gain, eps)
        return normed[:, None]

    def _rotation(self, length: int) -> dict[str, tuple[Tensor, Tensor]]:
        """Cosine and sine per kind of layer, [positions, head size] each, of at least so many positions."""
        if not self._tables or len(next(iter(self._tables.values()))[0]) < length:
            positions = torch.arange(length, device=self.model.device)[None]
            tables = rope_tables(self.model.config, positions, self.model.dtype)
            self._tables = {kind: (cosine[0, 0], sine[0, 0]) for kind, (cosine, sine) in tables.items()}
        return self._tables


class _Block:
    """One block: four products, and the gains of its norms."""

    def __init__(self, block: Block) -> None:
        self._block, attention, mlp = block, block.self_attn, block.mlp
        self.kind = attention.layer_type
        self.qkv = _Projection([attention.q_proj, attention.k_proj, attention.v_proj])
        self.out = _Projection([attention.o_proj])
        self.gate_up = _Projection([mlp.gate_proj, mlp.up_proj])
        self.down = _Projection([mlp.down_proj])
        self.projections = (self.qkv, self.out, self.gate_up, self.down)

    def refresh(self, dtype: torch.dtype) -> None:
        """Takes the active role's adapters, and the gains, as they are now."""
        block, attention = self._block, self._block.self_attn
        for projection in self.projections:
            projection.refresh(dtype)
        norms = (
            block.input_layernorm,
            block.post_attention_layernorm,
            block.pre_feedforward_layernorm,
            block.post_feedforward_layernorm,
        )
        self.gains = tuple(map(_gain, norms))
        self.heads = Heads(
            num_heads=attention.num_heads,
            num_kv_heads=attention.num_heads // attention.num_groups,
            size=attention.head_dim,
            query_gain=_gain(attention.q_norm),
            key_gain=_gain(attention.k_norm),
            window=0 if self.kind == FULL else attention.window,
            scale=attention.scale,
            eps=attention.q_norm.eps,
        )


class _Projection:
    """Linear layers that read the same input, as one product: [R, in] to their outputs side by side."""

    packed: Tensor | None = None

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        self._layers = layers
        self._is_adapted = False
        self._down = self._up = self._ends = torch.empty(0)

    @property
    def sources(self) -> list[Tensor]:
        """The frozen weights, [out, in] each, in the order of the outputs."""
        return [
            layer.get_parameter("base_layer.weight" if isinstance(layer, LoraLinear) else "weight")
            for layer in self._layers
        ]

    def refresh(self, dtype: torch.dtype) -> None:
        """Takes the active role's adapters: A matrices one below the other, times their scaling, and B matrices side by
        side, each in the columns of its own outputs. Ranks below the largest are filled up with zeros."""
        found = [layer.active_weights(dtype) if isinstance(layer, LoraLinear) else None for layer in self._layers]
        self._is_adapted = any(part is not None for part in found)
        if not self._is_adapted:
            return
        sources = self.sources
        none = [(source.new_zeros((0, source.shape[1])), source.new_zeros((len(source), 0))) for source in sources]
        parts = [part or empty for part, empty in zip(found, none, strict=True)]
        rank = max(len(down) for down, _ in parts)
        self._down = torch.cat([F.pad(down, (0, 0, 0, rank - len(down))) for down, _ in parts])
        self._up = torch.cat([F.pad(up, (0, rank - up.shape[1])) for _, up in parts]).t().contiguous()
        self._ends = torch.tensor([len(source) for source in sources]).cumsum(0)

    def __call__(self, x: Tensor) -> Tensor:
        assert self.packed is not None, "no product before the weights are packed"
        out = packed_product(x, self.packed)
        if self._is_adapted:
            kernels.adapt_(out, x, self._down, self._up, self._ends)
        return out


def _gain(norm: RMSNorm) -> Tensor:
    return 1.0 + norm.weight.float()
