"""Attention run by run, for rows of several sequences: only what may be seen is multiplied.

A run is a stretch of a row whose tokens are of one segment with one prefix. A token sees keys of its own segment and of
its prefix alone, so a row of a prompt (P tokens) and G completions of it (C tokens each) takes P^2 + G * C * (P + C)
products of queries and keys, where one mask over the whole row takes (P + G * C)^2. Long runs go in pieces, each of
which is multiplied with the pieces within its reach alone: on layers with a window time is linear in a run's length.

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
PIECE = 256
"""Tokens of a piece, or the window where that is shorter (docs/lab-log.md: 512 and 128 were no faster over all)."""
_PADDING = -1
_ROUNDED_TO = 16
"""Runs whose lengths are the same when rounded up to a multiple of this go together."""


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


def runs_of(
    segment_ids: Tensor, prefix_ids: Tensor, positions: Tensor, window: int | None = None
) -> list[list[Run]] | None:
    """The runs of every row, long ones in pieces; None where they save too little, as where rows are short sequences.

    Args:
        segment_ids, prefix_ids, positions: [B, T] int64 of a `Layout`.
        window: how many keys back a token sees, itself included; None for all.
    """
    tokens = zip(segment_ids.tolist(), prefix_ids.tolist(), positions.tolist(), strict=True)
    whole, rows = list[list[Run]](), list[list[Run]]()
    for segments, prefixes, places in tokens:
        whole.append(_row_runs(list(zip(segments, prefixes, (place < 0 for place in places), strict=True))))
        rows.append(_pieces(whole[-1], places, window))
    num_runs = sum(map(len, rows))
    needed = sum(run.length * sum(row[i].length for i in run.seen) for row in rows for run in row)
    is_plain = rows == whole and all(len({run.segment for run in row if run.seen}) < 2 for row in rows)
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


def _pieces(runs: Sequence[Run], positions: Sequence[int], window: int | None) -> list[Run]:
    """The runs in pieces, each of which sees only pieces with a key within reach of one of its tokens.

    A run that sees itself alone and wholly stays in one piece: that is plain causal attention, which halves by itself.
    """
    most = min(window or PIECE, PIECE)
    pieces, pieces_in = list[Run](), list[list[int]]()
    for place, run in enumerate(runs):
        is_alone = run.seen in ((), (place,)) and (window is None or run.length <= window)
        size = run.length if is_alone else most
        starts = range(run.start, run.start + run.length, size)
        pieces_in.append(list(range(len(pieces), len(pieces) + len(starts))))
        pieces += [replace(run, start=at, length=min(size, run.start + run.length - at)) for at in starts]
    reach = [(min(held), max(held)) for held in (positions[piece.columns] for piece in pieces)]

    def is_within(key: int, query: int) -> bool:
        (first_key, last_key), (first, last) = reach[key], reach[query]
        return first_key <= last and (window is None or last_key > first - window)

    return [
        replace(pieces[own], seen=tuple(i for other in run.seen for i in pieces_in[other] if is_within(i, own)))
        for run, owns in zip(runs, pieces_in, strict=True)
        for own in owns
    ]


@dataclass(frozen=True, slots=True)
class Batch:
    """Runs of one row that go through attention together, each filled up to the longest of them."""

    places: tuple[int, ...]
    """Among the row's runs."""
    length: int
    num_keys: int
    mask: Tensor | None
    """[runs, 1, G * length, num_keys] bool for G query heads per key head, one below the other; None: plain causal."""


def batches_of(
    runs: Sequence[Run], masks: Sequence[Tensor | None], heads_per_key: int, most_scores: int = 1 << 22
) -> list[Batch]:
    """Runs of similar length put together, none in two batches and those that see nothing in none.

    Args:
        masks: per run the [length, keys] bool mask of what it sees, None for plain causal over its own keys.
        most_scores: products of queries and keys, all heads', that one batch may have; a single run may have more.
    """
    seeing = [place for place, run in enumerate(runs) if run.seen]
    plain = [place for place in seeing if masks[place] is None]
    batches = list[Batch]()
    for length in sorted({runs[place].length for place in plain}):
        same = [place for place in plain if runs[place].length == length]
        batches += [Batch(tuple(part), length, length, None) for part in _parts(same, most_scores // length**2)]
    masked = sorted((place for place in seeing if masks[place] is not None), key=lambda place: runs[place].length)
    for _, similar in groupby(masked, key=lambda place: -(-runs[place].length // _ROUNDED_TO)):
        places = list(similar)
        length = max(runs[place].length for place in places)
        num_keys = max(sum(runs[i].length for i in runs[place].seen) for place in places)
        for part in _parts(places, most_scores // (heads_per_key * length * num_keys)):
            filled = torch.stack([_filled(masks[place], length, num_keys) for place in part])
            batches.append(Batch(tuple(part), length, num_keys, filled.repeat(1, heads_per_key, 1)[:, None]))
    return batches


def _parts(places: Sequence[int], size: int) -> list[Sequence[int]]:
    return [places[start : start + max(size, 1)] for start in range(0, len(places), max(size, 1))]


def _filled(mask: Tensor | None, length: int, num_keys: int) -> Tensor:
    """The mask with more keys, which no token sees, and more tokens, which see all: no row of it is empty."""
    assert mask is not None, "a plain run has no mask to fill up"
    wide = F.pad(mask, (0, num_keys - mask.shape[1]), value=False)
    return F.pad(wide, (0, 0, 0, length - mask.shape[0]), value=True)


def attend_by_runs(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    rows: Sequence[Sequence[Run]],
    batches: Sequence[Sequence[Batch]],
    scale: float,
) -> Tensor:
    """[B, H, T, S] attention output; zero at padding.

    Args:
        q: [B, H, T, S]; k, v: [B, K, T, S], whose heads are shared by H / K heads of q.
        batches: of each row's runs, by `batches_of`.
    """
    sides = zip(q.unbind(0), k.unbind(0), v.unbind(0), rows, batches, strict=True)
    return torch.stack([_row_output(*side, scale) for side in sides])


def _row_output(q: Tensor, k: Tensor, v: Tensor, runs: Sequence[Run], batches: Sequence[Batch], scale: float) -> Tensor:
    # `split`, whose backward is one concatenation; a slice's backward fills a tensor of the row's size.
    lengths = [run.length for run in runs]
    queries, keys, values = q.split(lengths, 1), k.split(lengths, 1), v.split(lengths, 1)
    parts: list[Tensor | None] = [None if run.seen else torch.zeros_like(queries[i]) for i, run in enumerate(runs)]
    for batch in batches:
        own_queries = torch.stack([_lengthened(queries[place], batch.length) for place in batch.places])
        own_keys, own_values = (
            torch.stack(
                [
                    _lengthened(torch.cat([side[i] for i in runs[place].seen], 1), batch.num_keys)
                    for place in batch.places
                ]
            )
            for side in (keys, values)
        )
        out = _attend(own_queries, own_keys, own_values, batch.mask, scale)
        for place, own in zip(batch.places, out.unbind(0), strict=True):
            parts[place] = own[:, : runs[place].length]
    return torch.cat([part for part in parts if part is not None], 1)


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """[runs, H, length, S]. With a mask, the query heads of one key head are folded into the query axis: three times as
    fast in bfloat16 as `enable_gqa` run by run."""
    if mask is None:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=q.shape[1] != k.shape[1])
    folded = q.reshape(k.shape[0], k.shape[1], -1, q.shape[-1])
    return F.scaled_dot_product_attention(folded, k, v, attn_mask=mask, scale=scale).reshape(q.shape)


def _lengthened(x: Tensor, length: int) -> Tensor:
    """[heads, length, S] with zeros behind."""
    return x if x.shape[1] == length else F.pad(x, (0, 0, 0, length - x.shape[1]))
