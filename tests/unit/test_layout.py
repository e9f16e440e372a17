"""Who sees whom: masks worked out by hand, and what one changed token can reach."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from model.attention import Layout, visible
from model.cache import KVCache
from model.config import FULL, SLIDING
from model.testing import TINY, tiny_model


def seen(layout: Layout, window: int | None = None) -> list[str]:
    """The mask of a one-row layout, one string per token, `x` where it sees the key."""
    mask = visible(layout, layout.positions, layout.segment_ids, window)
    assert mask.shape == (1, 1, layout.positions.shape[1], layout.positions.shape[1])
    return ["".join("x" if key else "." for key in row) for row in mask[0, 0].tolist()]


def test_causal_layout_sees_itself_and_the_past() -> None:
    assert seen(Layout.causal(1, 4)) == ["x...", "xx..", "xxx.", "xxxx"]


def test_window_counts_the_token_itself() -> None:
    assert seen(Layout.causal(1, 5), window=2) == ["x....", "xx...", ".xx..", "..xx.", "...xx"]
    assert seen(Layout.causal(1, 3), window=1) == ["x..", ".x.", "..x"]


def test_packed_sequences_do_not_see_each_other() -> None:
    layout = Layout.packed([3, 2])
    assert layout.positions.tolist() == [[0, 1, 2, 0, 1]]
    assert seen(layout) == ["x....", "xx...", "xxx..", "...x.", "...xx"]


def test_padding_is_seen_by_no_real_token_and_no_row_is_empty() -> None:
    left, right = (Layout.padded(torch.tensor([mask])) for mask in ([0, 0, 1, 1], [1, 1, 0, 0]))
    assert left.positions.tolist() == [[-1, -1, 0, 1]]
    assert right.positions.tolist() == [[0, 1, -1, -1]]
    assert seen(left)[2:] == ["..x.", "..xx"]
    assert seen(right)[:2] == ["x...", "xx.."]
    assert all("x" in row for row in seen(left, window=1) + seen(right, window=1))


def test_completions_see_their_shared_prompt_but_not_each_other() -> None:
    layout = Layout(
        positions=torch.tensor([[0, 1, 2, 3, 2]]),
        segment_ids=torch.tensor([[0, 0, 1, 1, 2]]),
        prefix_ids=torch.tensor([[0, 0, 0, 0, 0]]),
    )
    assert seen(layout) == ["x....", "xx...", "xxx..", "xxxx.", "xx..x"]
    assert seen(layout, window=2) == ["x....", "xx...", ".xx..", "..xx.", ".x..x"]


def changed(before: Tensor, after: Tensor) -> list[int]:
    """Positions of a [1, T, D] tensor at which any number differs at all."""
    return (before != after).any(-1)[0].nonzero()[:, 0].tolist()


@pytest.mark.parametrize("length", [8, 24])
@pytest.mark.parametrize(("kind", "reach"), [(SLIDING, 8), (FULL, 24)])
def test_one_token_reaches_exactly_its_window_through_one_layer(kind: str, reach: int, length: int) -> None:
    model = tiny_model(replace(TINY, num_hidden_layers=1, layer_types=(kind,)))
    token_ids = torch.randint(1, 512, (1, length))
    with torch.no_grad():
        before = model(token_ids)
        for position in (0, 5, length - 1):
            other = token_ids.clone()
            other[0, position] = (token_ids[0, position] + 1) % 512
            assert changed(before, model(other)) == list(range(position, min(position + reach, length)))


@pytest.mark.parametrize("chunk", [1, 3, 7, 8, 9])
@pytest.mark.parametrize(("kind", "reach"), [(SLIDING, 8), (FULL, 24)])
def test_one_token_reaches_exactly_its_window_through_a_cache(kind: str, reach: int, chunk: int) -> None:
    config = replace(TINY, num_hidden_layers=1, layer_types=(kind,))
    model = tiny_model(config)

    def in_chunks(token_ids: Tensor) -> Tensor:
        cache, positions = KVCache(config, 1, 24, dtype=torch.float32), Layout.causal(1, 24).positions
        hidden = []
        for start in range(0, 24, chunk):
            new = slice(start, start + chunk)
            zeros = torch.zeros_like(positions[:, new])
            layout = Layout(positions=positions[:, new], segment_ids=zeros, prefix_ids=zeros)
            hidden.append(model(token_ids[:, new], layout, cache))
        return torch.cat(hidden, 1)

    token_ids = torch.randint(1, 512, (1, 24))
    with torch.no_grad():
        before = in_chunks(token_ids)
        for position in (0, 5, 23):
            other = token_ids.clone()
            other[0, position] = (token_ids[0, position] + 1) % 512
            assert changed(before, in_chunks(other)) == list(range(position, min(position + reach, 24)))
