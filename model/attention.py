"""Grouped-query attention with QK-norm; one forward for training, prefill and decoding.

Who sees whom is decided by positions and segments alone, so padding, packing, prompts shared by their completions and
caches are the same case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model import fused
from model.cache import KVCache
from model.config import FULL, Gemma3Config
from model.layers import RMSNorm
from model.products import FrozenLinear
from model.rope import rope_tables
from model.runs import Batch, Run, attend_by_runs, batches_of, runs_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where every token of a [B, T] batch stands.

    A token sees a key when the key is not padding, lies 0 <= distance (< window on local layers) before it, and belongs
    to the token's own segment or to its prefix segment. No real token sees padding; a padding token sees everything, so
    that no row is empty.

    >>> layout = Layout.packed([3, 2])
    >>> layout.positions.tolist(), layout.segment_ids.tolist()
    ([[0, 1, 2, 0, 1]], [[0, 0, 0, 1, 1]])
    """

    positions: Tensor
    """[B, T] int64 within the sequence, -1 for padding."""
    segment_ids: Tensor
    """[B, T] int64."""
    prefix_ids: Tensor
    """[B, T] int64: the other segment a token sees; its own where there is none."""

    @classmethod
    def causal(cls, num_rows: int, length: int, device: torch.device | str = "cpu") -> Layout:
        positions = torch.arange(length, device=device).expand(num_rows, length)
        return cls.at(positions)

    @classmethod
    def at(cls, positions: Tensor) -> Layout:
        """Rows that are single sequences, at the given [B, T] positions (-1 for padding): what a cache continues."""
        zeros = torch.zeros_like(positions)
        return cls(positions=positions, segment_ids=zeros, prefix_ids=zeros)

    @classmethod
    def padded(cls, attention_mask: Tensor) -> Layout:
        """From a [B, T] mask of real tokens, padded left, right or both; the first real token has position 0."""
        real = attention_mask.bool()
        positions = torch.where(real, real.cumsum(-1) - 1, -1)
        return cls.at(positions)

    @classmethod
    def packed(cls, lengths: Sequence[int]) -> Layout:
        """One row of sequences laid end to end that do not see each other."""
        positions = torch.cat([torch.arange(n) for n in lengths])[None]
        segments = torch.cat([torch.full((n,), i) for i, n in enumerate(lengths)])[None]
        return cls(positions=positions, segment_ids=segments, prefix_ids=segments)


def visible(layout: Layout, key_positions: Tensor, key_segments: Tensor | None, window: int | None) -> Tensor:
    """The [B, 1, T, S] bool mask of keys that each token may see.

    Args:
        key_positions: [B, S] int64, -1 for padding and empty cache slots.
        key_segments: [B, S] int64; None when a row is one sequence, as in a cache.
        window: keys within reach on local layers, the token itself included; None on global layers.
    """
    q_pos, k_pos = layout.positions[:, :, None], key_positions[:, None, :]
    distance = q_pos - k_pos
    mask = (k_pos >= 0) & (distance >= 0)
    if window is not None:
        mask &= distance < window
    if key_segments is not None:
        k_seg = key_segments[:, None, :]
        mask &= (layout.segment_ids[:, :, None] == k_seg) | (layout.prefix_ids[:, :, None] == k_seg)
    # A padding token has no key at all; softmax over nothing is NaN in some kernels, and 0 * NaN poisons real tokens.
    mask |= q_pos < 0
    return mask[:, None]


@dataclass(frozen=True, slots=True)
class AttentionContext:
    """What the layers of one forward share: rotation tables and masks per kind of layer, and the cache."""

    rope: dict[str, tuple[Tensor, Tensor]]
    masks: dict[str, Tensor | None]
    cache: KVCache | None
    runs: dict[str, list[list[Run]]] = field(default_factory=dict)
    """The kinds of layer whose attention goes by runs, and by `batches`, instead of a mask."""
    batches: dict[str, list[list[Batch]]] = field(default_factory=dict)

    @classmethod
    def build(
        cls, config: Gemma3Config, layout: Layout, cache: KVCache | None, dtype: torch.dtype, plain_causal: bool
    ) -> AttentionContext:
        """Args: plain_causal: no padding, one segment, no cache: SDPA's own causal path serves within the window."""
        context = cls(rope=rope_tables(config, layout.positions, dtype), masks={}, cache=cache)
        num_tokens = layout.positions.shape[1]
        for kind in dict.fromkeys(config.layer_types):
            window = None if kind == FULL else config.sliding_window
            if plain_causal and (window is None or num_tokens <= window):
                context.masks[kind] = None
            elif cache is not None:
                context.masks[kind] = visible(layout, cache.plan(kind, layout.positions), None, window)
            elif (runs := _runs(layout, window)) is not None:
                context.runs[kind] = runs
                heads_per_key = config.num_attention_heads // config.num_key_value_heads
                context.batches[kind] = [
                    batches_of(row, _run_masks(layout, b, row, window), heads_per_key) for b, row in enumerate(runs)
                ]
            else:
                context.masks[kind] = visible(layout, layout.positions, layout.segment_ids, window)
        return context


def _runs(layout: Layout, window: int | None) -> list[list[Run]] | None:
    if layout.positions.device.type != "cpu":  # many small calls: measured on a CPU alone
        return None
    return runs_of(layout.segment_ids, layout.prefix_ids, layout.positions, window)


def _run_masks(layout: Layout, row: int, runs: Sequence[Run], window: int | None) -> list[Tensor | None]:
    """Per run of a row the [tokens, keys] mask; None where a token sees its own run up to itself."""
    masks: list[Tensor | None] = []
    for place, run in enumerate(runs):
        own = Layout.at(layout.positions[row : row + 1, run.columns])
        fits = run.seen == (place,) and (window is None or run.length <= window)
        if not run.seen or (fits and bool((own.positions.diff() == 1).all())):
            masks.append(None)
            continue
        keys = torch.cat([layout.positions[row : row + 1, runs[i].columns] for i in run.seen], 1)
        masks.append(visible(own, keys, None, window)[0, 0])
    return masks


class Attention(nn.Module):
    """Project, norm queries and keys per head, rotate, attend, project back."""

    def __init__(self, config: Gemma3Config, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.layer_type = config.layer_types[layer]
        self.head_dim = config.head_dim
        self.scale = config.attention_scale
        self.num_heads = config.num_attention_heads
        self.num_groups = config.num_attention_heads // config.num_key_value_heads
        self.window = config.sliding_window
        width, kv_width = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
        self.q_proj = FrozenLinear(config.hidden_size, width)
        self.k_proj = FrozenLinear(config.hidden_size, kv_width)
        self.v_proj = FrozenLinear(config.hidden_size, kv_width)
        self.o_proj = FrozenLinear(width, config.hidden_size)
        self.q_norm = RMSNorm(config.head_dim, config.rms_norm_eps)
        self.k_norm = RMSNorm(config.head_dim, config.rms_norm_eps)

    def forward(self, x: Tensor, context: AttentionContext) -> Tensor:
        num_rows, length, _ = x.shape
        heads = (num_rows, length, -1, self.head_dim)
        rope = context.rope[self.layer_type]
        q = self._turned(self.q_proj(x).view(heads), self.q_norm, rope)
        k = self._turned(self.k_proj(x).view(heads), self.k_norm, rope)
        v = self.v_proj(x).view(heads).transpose(1, 2)
        if context.cache is not None:
            k, v = context.cache.extend(self.layer, k, v)
        if (runs := context.runs.get(self.layer_type)) is not None:
            out = attend_by_runs(q, k, v, runs, context.batches[self.layer_type], self.scale)
        else:
            out = self._attend(q, k, v, context.masks[self.layer_type])
        return self.o_proj(out.transpose(1, 2).reshape(num_rows, length, -1))

    def _turned(self, x: Tensor, norm: RMSNorm, rope: tuple[Tensor, Tensor]) -> Tensor:
        """[B, heads, T, head_dim], normed and rotated, of [B, T, heads, head_dim]."""
        if fused.serve(x, norm.weight):
            return fused.turned(x, norm.weight, rope, norm.eps)
        return fused.turned_chain(x, norm.weight, rope, norm.eps)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        """[B, heads, T, head_dim] attention output; the query heads of one group share their key-value head."""
        if q.shape[2] == 1 and mask is not None:
            # Decoding: fold the group's query heads into the query axis, so that keys are not repeated in memory.
            folded = q.reshape(q.shape[0], -1, self.num_groups, self.head_dim)
            out = F.scaled_dot_product_attention(folded, k, v, attn_mask=mask, scale=self.scale)
            return out.reshape(q.shape)
        return F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None, scale=self.scale, enable_gqa=self.num_groups > 1
        )
