"""Attention run by run, for rows of several sequences: only what may be seen is multiplied.

A run is a stretch of a row whose tokens are of one segment with one prefix. A token sees keys of its own segment and of
its prefix alone, so a row of a prompt (P tokens) and G completions of it (C tokens each) takes P^2 + G * C * (P + C)
products of queries and keys, where one mask over the whole row takes (P + G * C)^2.

Sizes: B rows, T tokens, H heads, S head size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_SAVED = 4096
"""Products of a query and a key that every run must save: about what one more call to attention costs."""
_PADDING = -1


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one row, and the runs of the same row whose keys its tokens may see."""

    start: int
    length: int
    segment: int
    prefix: int
    seen: tuple[int, ...] = ()
    """Places among the row's runs."""

    @property
    def columns(self) -> slice:
        return slice(self.start, self.start + self.length)


def runs_of(segment_ids: Tensor, prefix_ids: Tensor, positions: Tensor) -> list[list[Run]] | None:
    """The runs of every row; None where they save too little, as where every row is one sequence.

    Args:
        segment_ids, prefix_ids, positions: [B, T] int64 of a `Layout`.
    """
    rows = [
        _row_runs(list(zip(segments, prefixes, (position < 0 for position in places), strict=True)))
        for segments, prefixes, places in zip(
            segment_ids.tolist(), prefix_ids.tolist(), positions.tolist(), strict=True
        )
    ]
    num_runs = sum(len(row) for row in rows)
    needed = sum(run.length * sum(row[i].length for i in run.seen) for row in rows for run in row)
    is_plain = all(len({run.segment for run in row if run.seen}) < 2 for row in rows)
    return None if is_plain or positions.numel() * positions.shape[1] - needed < LEAST_SAVED * num_runs else rows


def _row_runs(tokens: Sequence[tuple[int, int, bool]]) -> list[Run]:
    runs, start = list[Run](), 0
    for (segment, prefix, is_padding), members in groupby(tokens):
        length = len(list(members))
        runs.append(Run(start, length, _PADDING if is_padding else segment, prefix))
        start += length
    return [replace(run, seen=_seen(run, runs)) for run in runs]


def _seen(run: Run, runs: Sequence[Run]) -> tuple[int, ...]:
    own = {run.segment, run.prefix} - {_PADDING} if run.segment != _PADDING else set[int]()
    return tuple(i for i, other in enumerate(runs) if other.segment in own)


def attend_by_runs(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    rows: Sequence[Sequence[Run]],
    masks: Sequence[Sequence[Tensor | None]],
    scale: float,
) -> Tensor:
    """[B, H, T, S] attention output; zero at padding.

    Args:
        q: [B, H, T, S]; k, v: [B, K, T, S], whose heads are shared by H / K heads of q.
        masks: per run the [length, keys] bool mask of what it sees, None for plain causal over its own keys.
    """
    sides = zip(q.unbind(0), k.unbind(0), v.unbind(0), rows, masks, strict=True)
    return torch.stack([_row_output(*side, scale) for side in sides])


def _row_output(
    q: Tensor, k: Tensor, v: Tensor, runs: Sequence[Run], masks: Sequence[Tensor | None], scale: float
) -> Tensor:
    # `split`, whose backward is one concatenation; a slice's backward fills a tensor of the row's size.
    lengths = [run.length for run in runs]
    queries, keys, values = q.split(lengths, 1), k.split(lengths, 1), v.split(lengths, 1)
    parts: list[Tensor] = []
    for place, (run, mask) in enumerate(zip(runs, masks, strict=True)):
        if not run.seen:
            parts.append(torch.zeros_like(queries[place]))
            continue
        own_keys, own_values = (torch.cat([side[i] for i in run.seen], 1) for side in (keys, values))
        out = F.scaled_dot_product_attention(
            queries[place][None], own_keys[None], own_values[None], attn_mask=mask, is_causal=mask is None, scale=scale,
            enable_gqa=q.shape[0] != k.shape[0],
        )  # fmt: skip
        parts.append(out[0])
    return torch.cat(parts, 1)
