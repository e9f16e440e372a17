"""Keys and values of tokens already seen: full length for global layers, a ring of one window for local ones.

A row is one sequence. The slot of position p is p % size, padding is never stored, and every slot knows its position,
so left and right padding, rows of different lengths and prompts fed in chunks are the same case.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import FULL, Gemma3Config

_EMPTY = -1


@dataclass(frozen=True, slots=True)
class _Write:
    """How the tokens of one forward enter the layers of one kind."""

    slots: Tensor
    """[B, T] slot per token; the spare last slot for tokens that are not kept."""
    num_seen: int
    """Slots in use after the write."""
    before_write: bool
    """Attend over the old ring and the new tokens side by side: the write would overwrite keys still in some window."""


class KVCache:
    """Preallocated cache of B rows, at most `max_rows`, and at most `capacity` positions each.

    `Gemma3ForCausalLM.forward` calls `plan` once per kind of layer and `extend` once per layer. Rows come and go in the
    same memory, of `max_rows` (by default the first `num_rows`): a prompt's row becomes one per completion.
    """

    def __init__(
        self,
        config: Gemma3Config,
        num_rows: int,
        capacity: int,
        *,
        dtype: torch.dtype,
        device: torch.device | str = "cpu",
        max_rows: int | None = None,
    ) -> None:
        self.capacity, self.num_rows = capacity, num_rows
        self.max_rows = num_rows if max_rows is None else max_rows
        self._kinds = config.layer_types
        self._size = {kind: capacity if kind == FULL else min(capacity, config.sliding_window) for kind in self._kinds}
        # One spare slot takes what must not be stored (padding); its position stays empty, so nothing ever sees it.
        self._positions = {
            kind: torch.full((self.max_rows, size + 1), _EMPTY, device=device) for kind, size in self._size.items()
        }
        shape = (self.max_rows, config.num_key_value_heads)
        self._keys = [
            torch.zeros(*shape, self._size[kind] + 1, config.head_dim, dtype=dtype, device=device)
            for kind in self._kinds
        ]
        self._values = [torch.zeros_like(keys) for keys in self._keys]
        self._writes: dict[str, _Write] = {}

    def plan(self, kind: str, positions: Tensor) -> Tensor:
        """Note the new tokens' positions; returns the [B, S] positions of the keys they attend over.

        Args:
            positions: [B, T] int64, -1 for padding; each row continues where its last forward ended.

        Raises:
            ValueError: if a position lies beyond the capacity.
        """
        size, stored = self._size[kind], self._positions[kind][: self.num_rows]
        end = int(positions.max()) + 1
        if end > self.capacity:
            raise ValueError(
                f"position {end - 1} does not fit in a cache of {self.capacity} tokens; allocate a larger one"
            )
        kept = positions >= 0
        if positions.shape[1] > size:
            kept &= positions > positions.amax(1, keepdim=True) - size
        slots = torch.where(kept, positions % size, size)
        before_write = end > size and positions.shape[1] > 1
        keys = torch.cat((stored[:, :size], positions), dim=1) if before_write else None
        stored.scatter_(1, slots, torch.where(kept, positions, _EMPTY))
        num_seen = size if int(stored.max()) >= size else int(stored.max()) + 1
        self._writes[kind] = _Write(slots=slots, num_seen=num_seen, before_write=before_write)
        return stored[:, :num_seen] if keys is None else keys

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store [B, heads, T, head_dim] keys and values; returns those that the new tokens attend over."""
        kind = self._kinds[layer]
        write, size = self._writes[kind], self._size[kind]
        keys, values = self._stored(layer)
        seen = None
        if write.before_write:
            seen = torch.cat((keys[:, :, :size], k), dim=2), torch.cat((values[:, :, :size], v), dim=2)
        rows = torch.arange(k.shape[0], device=k.device)[:, None]
        keys[rows, :, write.slots] = k.transpose(1, 2).to(keys.dtype)
        values[rows, :, write.slots] = v.transpose(1, 2).to(values.dtype)
        return seen or (keys[:, :, : write.num_seen], values[:, :, : write.num_seen])

    def storage(self, layer: int) -> tuple[Tensor, Tensor, Tensor]:
        """For a kernel that writes by itself what `extend` would: the layer's keys and values,
        [B, heads, slots, head_dim] each, and the [B, T] int64 slots of the planned tokens."""
        return *self._stored(layer), self._writes[self._kinds[layer]].slots

    def select_(self, rows: Tensor) -> None:
        """Keeps the given rows, in that order (int64 indices), in the same memory.

        A prompt's row is named once per completion; finished completions leave by not being named.

        Raises:
            ValueError: for more rows than there is memory for.
        """
        if len(rows) > self.max_rows:
            raise ValueError(f"{len(rows)} rows do not fit in a cache of {self.max_rows}; give max_rows at its making")
        moved = (rows != torch.arange(len(rows), device=rows.device)).nonzero()
        first = int(moved[0, 0]) if len(moved) else len(rows)
        for stored in (*self._positions.values(), *self._keys, *self._values):
            stored[first : len(rows)] = stored[rows[first:]]
        self.num_rows = len(rows)
        self._writes = {}

    def _stored(self, layer: int) -> tuple[Tensor, Tensor]:
        """The layer's keys and values, [B, heads, slots, head_dim] each."""
        return self._keys[layer][: self.num_rows], self._values[layer][: self.num_rows]
