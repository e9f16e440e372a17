"""Samples to tensors: what completions share stands once in front of them, and is computed once.

Sizes: B rows, T tokens of a row that the network reads, C completion tokens of a row. A row with three completions of
one prompt that all open with the token x (segment numbers above what the network reads, then what the loss reads):

    0 0 0 0 0 | 1 1 | 2 | 3 3 3 | padding
    p r o m x | a b | c | d e f |
    x a b | x c | x d e f | padding

Every completion sees its prompt's segment and itself (`Layout.prefix_ids`), so the gradient equals that of separate
rows. Equal completions stand once among what the network reads, and each for itself in what the loss reads. Several
prompts may share a row, one behind the other; they do not see each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from rlhf.types import CreditedSample, FinishReason, TrainBatch


def collate(
    samples: Sequence[CreditedSample],
    *,
    max_row_tokens: int,
    skip_zero_advantage: bool = False,
    pack_prompts: bool = False,
) -> TrainBatch:
    """Lay the samples of a minibatch out in rows, longest row first.

    Args:
        max_row_tokens: completions of one prompt share a row up to this length; 0 gives every completion its own row.
        pack_prompts: different prompts share a row up to that length, too.
        skip_zero_advantage: leave out completions whose gradient is exactly zero. They stay in the two counts that the
            loss divides by. Only right when the loss has no other term than the advantage's.
    """
    kept = [(i, s) for i, s in enumerate(samples) if not (skip_zero_advantage and s.advantage == 0.0)]
    blocks: list[_Block] = []
    for _, members in groupby(kept, key=lambda pair: pair[1].group):
        blocks.extend(_split(list(members), max_row_tokens))
    blocks.sort(key=_block_length, reverse=True)
    rows = _side_by_side(blocks, max_row_tokens) if pack_prompts else [[block] for block in blocks]
    rows.sort(key=_row_length, reverse=True)
    return _fill(rows, num_samples=len(samples), num_loss_tokens=sum(len(s.completion.token_ids) for s in samples))


def micro_batches(batch: TrainBatch, max_tokens: int) -> list[TrainBatch]:
    """Consecutive rows cut where B * T would pass `max_tokens`, each trimmed to its own longest row.

    The counts stay those of the whole minibatch, so the sum of the slices' losses is the minibatch's loss.
    """
    lengths = (batch.positions >= 0).sum(-1).tolist()
    slices, start = [], 0
    while start < batch.num_rows:
        stop = min(batch.num_rows, start + max(1, max_tokens // lengths[start]))
        slices.append(batch.rows(slice(start, stop)).trimmed())
        start = stop
    return slices


def placed_micro_batches(batch: TrainBatch, max_tokens: int) -> Iterator[tuple[tuple[slice, slice], TrainBatch]]:
    """The micro-batches, each with its place among the [B, C] of the batch."""
    start = 0
    for micro in micro_batches(batch, max_tokens):
        rows, num_targets = micro.targets.shape
        yield (slice(start, start + rows), slice(num_targets)), micro
        start += rows


_Member = tuple[int, CreditedSample]
_Block = list[_Member]
"""Completions of one prompt, which stand behind it."""


def _texts(block: _Block) -> dict[tuple[int, ...], None]:
    """The block's different completions, in order: equal ones are computed once."""
    return dict.fromkeys(sample.completion.token_ids for _, sample in block)


def _opening(texts: Collection[tuple[int, ...]]) -> int:
    """How many tokens all of the texts begin with."""
    return next((i for i, column in enumerate(zip(*texts, strict=False)) if len(set(column)) > 1), min(map(len, texts)))


def _block_length(block: _Block) -> int:
    texts = _texts(block)
    opening = _opening(texts)
    return len(block[0][1].prompt.token_ids) + opening + sum(len(text) - opening for text in texts)


def _row_length(row: Sequence[_Block]) -> int:
    return sum(map(_block_length, row))


def _split(members: list[_Member], max_row_tokens: int) -> list[_Block]:
    """Cut one prompt's completions into blocks of at most `max_row_tokens` (a block has at least one completion)."""
    blocks: list[_Block] = [[]]
    for member in members:
        if blocks[-1] and _block_length([*blocks[-1], member]) > max_row_tokens:
            blocks.append([])
        blocks[-1].append(member)
    return blocks


def _side_by_side(blocks: Sequence[_Block], max_row_tokens: int) -> list[list[_Block]]:
    """Rows of blocks, which come longest first: each goes to the first row that has room for it."""
    rows, room = list[list[_Block]](), list[int]()
    for block in blocks:
        length = _block_length(block)
        place = next((i for i, left in enumerate(room) if length <= left), len(rows))
        if place == len(rows):
            rows.append([])
            room.append(max_row_tokens)
        rows[place].append(block)
        room[place] -= length
    return rows


def _fill(rows: Sequence[Sequence[_Block]], *, num_samples: int, num_loss_tokens: int) -> TrainBatch:
    read = len(rows), max(map(_row_length, rows), default=0)
    losses = [sum(len(sample.completion.token_ids) for block in row for _, sample in block) for row in rows]
    lost = len(rows), max(losses, default=0)
    batch = TrainBatch(
        token_ids=torch.zeros(read, dtype=torch.int64),
        positions=torch.full(read, -1),
        segment_ids=torch.zeros(read, dtype=torch.int64),
        prefix_ids=torch.zeros(read, dtype=torch.int64),
        targets=torch.zeros(lost, dtype=torch.int64),
        predictor=torch.zeros(lost, dtype=torch.int64),
        completion_mask=torch.zeros(lost, dtype=torch.bool),
        sample_ids=torch.full(lost, -1),
        advantages=torch.zeros(lost),
        sampling_logprobs=torch.zeros(lost),
        open_ends=torch.full(lost, -1),
        num_samples=num_samples,
        num_loss_tokens=num_loss_tokens,
    )
    for b, row in enumerate(rows):
        read_to = lost_to = segment = 0
        for block in row:
            read_to, lost_to, segment = _fill_block(batch, b, block, read_to, lost_to, segment)
    return batch


def _fill_block(
    batch: TrainBatch, b: int, block: _Block, start: int, target: int, segment: int
) -> tuple[int, int, int]:
    """Write the shared segment, then the rest of every different completion, then what the loss reads into row b.

    Args:
        start, target, segment: the first free column of what the network and of what the loss reads, and the first
            segment number.

    Returns:
        The same for the next block.
    """
    texts = _texts(block)
    opening, prompt = _opening(texts), block[0][1].prompt.token_ids
    shared = len(prompt) + opening
    column, prefix = start + shared, segment
    batch.token_ids[b, start:column] = torch.tensor([*prompt, *next(iter(texts))[:opening]])
    batch.positions[b, start:column] = torch.arange(shared)
    batch.segment_ids[b, start:column] = prefix
    states: dict[tuple[int, ...], Tensor] = {}
    for segment, text in enumerate(texts, start=prefix + 1):
        own = slice(column, column + len(text) - opening)
        batch.token_ids[b, own] = torch.tensor(text[opening:], dtype=torch.int64)
        batch.positions[b, own] = torch.arange(shared, len(prompt) + len(text))
        batch.segment_ids[b, own] = segment
        # The opening is predicted within the shared segment, as is the first token behind it.
        within, behind = torch.arange(len(prompt) - 1, shared) + start, torch.arange(own.start, own.stop)
        states[text] = torch.cat((within, behind))  # one before each of its tokens, and one behind the last
        column = own.stop
    batch.prefix_ids[b, start:column] = prefix
    for sample_id, sample in block:
        tokens = sample.completion.token_ids
        span = slice(target, target + len(tokens))
        batch.targets[b, span] = torch.tensor(tokens)
        batch.predictor[b, span] = states[tokens][:-1]
        batch.completion_mask[b, span] = True
        batch.sample_ids[b, span] = sample_id
        batch.advantages[b, span] = sample.advantage
        batch.sampling_logprobs[b, span] = torch.tensor(sample.completion.sampling_logprobs)
        if batch.open_ends is not None and tokens and sample.completion.finish_reason is FinishReason.LENGTH:
            batch.open_ends[b, span.stop - 1] = states[tokens][-1]
        target = span.stop
    return column, target, segment + 1
