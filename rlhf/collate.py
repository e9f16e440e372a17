"""Samples to tensors: a prompt stands once in front of the completions that share it, and is trained once.

Sizes: B rows, T row length. Figure of a row with three completions of one prompt (segment numbers above tokens):

    0 0 0 0 | 1 1 1 | 2 2 | 3 3 3 | padding
    prompt    first   second third

Every completion sees the prompt and itself (`Layout.prefix_ids`), so the gradient equals that of separate rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import torch

from rlhf.types import CreditedSample, TrainBatch


def collate(samples: Sequence[CreditedSample], *, max_row_tokens: int, skip_zero_advantage: bool = False) -> TrainBatch:
    """Lay the samples of a minibatch out in rows, longest row first.

    Args:
        max_row_tokens: completions of one prompt share a row up to this length; 0 gives every completion its own row.
        skip_zero_advantage: leave out completions whose gradient is exactly zero. They stay in the two counts that the
            loss divides by. Only right when the loss has no other term than the advantage's.
    """
    kept = [(i, s) for i, s in enumerate(samples) if not (skip_zero_advantage and s.advantage == 0.0)]
    rows: list[list[tuple[int, CreditedSample]]] = []
    for _, members in groupby(kept, key=lambda pair: pair[1].group):
        rows.extend(_split(list(members), max_row_tokens))
    rows.sort(key=_row_length, reverse=True)
    return _fill(rows, num_samples=len(samples), num_loss_tokens=sum(len(s.completion.token_ids) for s in samples))


def micro_batches(batch: TrainBatch, max_tokens: int) -> list[TrainBatch]:
    """Consecutive rows cut where B * T would pass `max_tokens`, each trimmed to its own longest row.

    The counts stay those of the whole minibatch, so the sum of the slices' losses is the minibatch's loss.
    """
    lengths = (batch.positions >= 0).sum(-1).tolist()
    slices, start = [], 0
    while start < batch.num_rows:
        length = lengths[start]
        stop = min(batch.num_rows, start + max(1, max_tokens // length))
        slices.append(batch.rows(slice(start, stop)).columns(length))
        start = stop
    return slices


def _row_length(row: Sequence[tuple[int, CreditedSample]]) -> int:
    return len(row[0][1].prompt.token_ids) + sum(len(s.completion.token_ids) for _, s in row)


def _split(members: list[tuple[int, CreditedSample]], max_row_tokens: int) -> list[list[tuple[int, CreditedSample]]]:
    """Cut one prompt's completions into rows of at most `max_row_tokens` (a row has at least one completion)."""
    rows: list[list[tuple[int, CreditedSample]]] = [[]]
    for member in members:
        if rows[-1] and _row_length([*rows[-1], member]) > max_row_tokens:
            rows.append([])
        rows[-1].append(member)
    return rows


def _fill(
    rows: Sequence[Sequence[tuple[int, CreditedSample]]], *, num_samples: int, num_loss_tokens: int
) -> TrainBatch:
    shape = (len(rows), max((_row_length(row) for row in rows), default=0))
    integers = {
        name: torch.zeros(shape, dtype=torch.int64) for name in ("token_ids", "segment_ids", "prefix_ids", "predictor")
    }
    batch = TrainBatch(
        **integers,
        positions=torch.full(shape, -1),
        completion_mask=torch.zeros(shape, dtype=torch.bool),
        sample_ids=torch.full(shape, -1),
        advantages=torch.zeros(shape),
        sampling_logprobs=torch.zeros(shape),
        num_samples=num_samples,
        num_loss_tokens=num_loss_tokens,
    )
    for b, row in enumerate(rows):
        prompt = row[0][1].prompt.token_ids
        batch.token_ids[b, : len(prompt)] = torch.tensor(prompt)
        batch.positions[b, : len(prompt)] = torch.arange(len(prompt))
        start = len(prompt)
        for segment, (sample_id, sample) in enumerate(row, start=1):
            start = _place(batch, b, start, segment, sample_id, sample)
    return batch


def _place(batch: TrainBatch, b: int, start: int, segment: int, sample_id: int, sample: CreditedSample) -> int:
    """Write one completion into row b from column `start`; returns the column after it."""
    num_prompt, tokens = len(sample.prompt.token_ids), sample.completion.token_ids
    span = slice(start, start + len(tokens))
    batch.token_ids[b, span] = torch.tensor(tokens)
    batch.positions[b, span] = torch.arange(num_prompt, num_prompt + len(tokens))
    batch.segment_ids[b, span] = segment
    batch.predictor[b, span] = torch.arange(start - 1, start + len(tokens) - 1)
    batch.predictor[b, start] = num_prompt - 1
    batch.completion_mask[b, span] = True
    batch.sample_ids[b, span] = sample_id
    batch.advantages[b, span] = sample.advantage
    batch.sampling_logprobs[b, span] = torch.tensor(sample.completion.sampling_logprobs)
    return span.stop
