"""Judged texts as tokens, and as rows of a batch: what a reward model reads in training is what it reads in use.

A judged text is a conversation and one answer to it: <bos>, the turns, the header of the model's turn, the answer, and
<end_of_turn>, where it is pooled. The newline that chat templates put behind that token is not there: a sampled answer
has none. An answer that was cut off has no <end_of_turn>, and is pooled at its last token.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from model.attention import Layout
from model.chat import Message
from model.errors import ModelError
from model.tokenizer import Tokenizer
from rlhf.errors import ConfigError, DataError
from rlhf.pairs import BadRow, Pair

_log = logging.getLogger(__name__)

Tokens = Sequence[int]


def encode_judged(tokenizer: Tokenizer, context: Sequence[Message], answer: str, *, complete: bool = True) -> Tokens:
    """Ids of a judged text: exactly one BOS, control tokens written in it are ordinary characters.

    Args:
        complete: False for an answer that was cut off: no end of the turn follows it.
    Raises:
        DataError: if a cut-off answer is empty: there is nothing to pool.
    """
    said = tokenizer.encode_plain(answer.strip())
    if not said and not complete:
        raise DataError("a cut-off answer is empty; there is nothing to judge")
    # Four bytes a token: a data set's tokens are all in memory.
    return array("i", [*tokenizer.encode_chat(context), *said, *[tokenizer.end_of_turn_id] * complete])


@dataclass(frozen=True, kw_only=True, slots=True)
class PairTokens:
    """A pair as the network reads it."""

    sides: tuple[Tokens, Tokens]
    """The chosen text and the rejected one."""
    context_tokens: int
    """How many tokens at the beginning of both are the conversation; what follows is answer."""
    answer_tokens: tuple[int, int]
    """How long the two answers are, for the length bias."""
    margin: float
    kind: str


def encode_pairs(
    pairs: Sequence[Pair], tokenizer: Tokenizer, *, max_tokens: int, on_long: Literal["error", "drop", "cut"] = "error"
) -> list[PairTokens]:
    """The pairs as tokens, checked.

    Args:
        max_tokens: of a conversation with an answer.
        on_long: what becomes of a pair with a longer side: `error` stops, `drop` leaves the pair out and says how many,
            `cut` cuts the answer's end off, so that it counts as one that the sampler cut off.
    Raises:
        BadRow: naming the row, for a pair that is too long, that is no Unicode, or whose sides are the same tokens once
            they are cut.
        ConfigError: for an `on_long` that there is not.
    """
    if on_long not in ("error", "drop", "cut"):
        raise ConfigError(f"on_long is {on_long!r}; give error, drop or cut")
    kept: list[PairTokens] = []
    for pair in pairs:
        try:
            chosen, rejected = (encode_judged(tokenizer, pair.context, text) for text in (pair.chosen, pair.rejected))
        except ModelError as error:
            raise BadRow(f"{pair.place}: {error}") from error
        length = max(len(chosen), len(rejected))
        if length > max_tokens and on_long == "drop":
            continue
        if length > max_tokens and on_long == "error":
            raise BadRow(
                f"{pair.place} has {length} tokens, more than max_tokens={max_tokens}; raise it, or set on_long to "
                "drop or cut"
            )
        asked = len(tokenizer.encode_chat(pair.context))
        sides = (chosen[:max_tokens], rejected[:max_tokens])
        if sides[0] == sides[1]:
            raise BadRow(
                f"{pair.place}: both sides are the same {len(sides[0])} tokens once they are cut to "
                f"max_tokens={max_tokens} (the conversation alone has {asked}); raise max_tokens, or set on_long=drop"
            )
        lengths = (len(chosen) - asked, len(rejected) - asked)
        kept.append(
            PairTokens(sides=sides, context_tokens=asked, answer_tokens=lengths, margin=pair.margin, kind=pair.kind)
        )
    if len(kept) < len(pairs):
        _log.warning(
            "%d of %d pairs are longer than %d tokens and left out", len(pairs) - len(kept), len(pairs), max_tokens
        )
    if not kept:
        raise BadRow(f"all {len(pairs)} pairs are longer than max_tokens={max_tokens}; raise it, or set on_long=cut")
    return kept


class AnswerTokens(NamedTuple):
    """The M tokens of all answers in some rows, text after text."""

    row: Tensor
    """[M] int64: where the state stands that predicts each token."""
    column: Tensor
    """[M] int64."""
    token: Tensor
    """[M] int64: its id."""
    text: Tensor
    """[M] int64: the number of its text, of N."""

    def to(self, device: torch.device) -> AnswerTokens:
        return AnswerTokens(*(tensor.to(device) for tensor in self))


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedRows:
    """B rows of T tokens; every row holds some texts, their common beginning once in front of them.

    0 0 0 0 0 | 1 1 1 | 2 2 | padding          segments of a pair whose sides share five tokens
    """

    token_ids: Tensor
    """[B, T] int64, 0 where padded."""
    layout: Layout
    """Of [B, T] tensors; every text sees the common beginning (segment 0) and itself."""
    row: Tensor
    """[N] int64: where each text's pooled token stands, text after text."""
    column: Tensor
    """[N] int64."""
    answers: AnswerTokens | None = None
    """None where nobody asked what is answer and what was said before."""

    def to(self, device: torch.device) -> JudgedRows:
        layout = Layout(
            positions=self.layout.positions.to(device),
            segment_ids=self.layout.segment_ids.to(device),
            prefix_ids=self.layout.prefix_ids.to(device),
        )
        parts = {"token_ids": self.token_ids, "row": self.row, "column": self.column}
        answers = None if self.answers is None else self.answers.to(device)
        return replace(
            self, layout=layout, answers=answers, **{name: tensor.to(device) for name, tensor in parts.items()}
        )


def lay_out(groups: Sequence[Sequence[Tokens]], contexts: Sequence[int] | None = None) -> JudgedRows:
    """One row per group of texts. Padding is on the right and is known by positions, never by a token's id.

    Args:
        contexts: of every group, with how many tokens of conversation its texts begin.
    """
    shape = len(groups), max(map(row_length, groups))
    token_ids, segment_ids = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)
    positions = torch.full(shape, -1)
    rows, pooled = [], []
    answers = list[tuple[int, int, int, int]]()
    for index, texts in enumerate(groups):
        shared = _shared(texts)
        pieces = [texts[0][:shared], *(text[shared:] for text in texts)]
        stop = 0
        for segment, piece in enumerate(pieces):
            start, stop = stop, stop + len(piece)
            token_ids[index, start:stop] = torch.tensor(piece, dtype=torch.int64)
            segment_ids[index, start:stop] = segment
            first = shared if segment else 0
            positions[index, start:stop] = torch.arange(first, first + len(piece))
            if segment and contexts is not None:
                text, columns = texts[segment - 1], [*range(shared), *range(start, stop)]
                predicted = zip(columns[contexts[index] - 1 : -1], text[contexts[index] :], strict=True)
                answers += [(index, column, token, len(rows)) for column, token in predicted]
            if segment:
                rows.append(index)
                pooled.append(stop - 1)
    layout = Layout(positions=positions, segment_ids=segment_ids, prefix_ids=torch.zeros_like(segment_ids))
    return JudgedRows(
        token_ids=token_ids,
        layout=layout,
        row=torch.tensor(rows),
        column=torch.tensor(pooled),
        answers=AnswerTokens(*torch.tensor(answers).unbind(-1)) if answers else None,
    )


def row_length(texts: Sequence[Tokens]) -> int:
    """Tokens that the network reads for a group of texts."""
    shared = _shared(texts)
    return shared + sum(len(text) - shared for text in texts)


def in_batches(groups: Sequence[Sequence[Tokens]], max_tokens: int) -> list[list[int]]:
    """Indices of the groups, the longest first, cut where rows times the longest row would pass `max_tokens`."""
    lengths = [row_length(texts) for texts in groups]
    order = sorted(range(len(groups)), key=lambda index: -lengths[index])
    batches, start = [], 0
    while start < len(order):
        size = max(1, max_tokens // lengths[order[start]])
        batches.append(order[start : start + size])
        start += size
    return batches


def _shared(texts: Sequence[Tokens]) -> int:
    """How many tokens all texts begin with, their last ones left out: each is pooled at a token of its own."""
    longest = min(map(len, texts)) - 1
    first = texts[0]
    for text in texts[1:]:
        longest = next((i for i in range(longest) if text[i] != first[i]), longest)
    return longest
