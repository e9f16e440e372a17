"""A cached forward continues exactly where it stopped, however the tokens were cut, padded or copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from model.attention import Layout
from model.cache import KVCache
from model.config import SLIDING, Gemma3Config
from model.testing import TINY, TINY_CONFIGS, tiny_model
from model.transformer import Gemma3ForCausalLM

W = TINY.sliding_window
ATOL = 2e-5
"""Of logits of size 2; float32 noise measured at 4e-6."""


def new_cache(config: Gemma3Config, num_rows: int, capacity: int, max_rows: int | None = None) -> KVCache:
    return KVCache(config, num_rows, capacity, dtype=torch.float32, max_rows=max_rows)


def at(positions: Tensor) -> Layout:
    zeros = torch.zeros_like(positions)
    return Layout(positions=positions, segment_ids=zeros, prefix_ids=zeros)


@torch.no_grad()
def in_chunks(
    model: Gemma3ForCausalLM, cache: KVCache, token_ids: Tensor, positions: Tensor, chunks: Sequence[int]
) -> Tensor:
    """[B, T, V] logits of tokens fed through the cache in chunks of the given sizes, the last one repeated."""
    logits, start, sizes = [], 0, list(chunks)
    while start < token_ids.shape[1]:
        size = sizes.pop(0) if len(sizes) > 1 else sizes[0]
        new = slice(start, start + size)
        logits.append(model.logits(model(token_ids[:, new], at(positions[:, new]), cache)))
        start += size
    return torch.cat(logits, 1)


@torch.no_grad()
def in_one_go(model: Gemma3ForCausalLM, token_ids: Tensor) -> Tensor:
    return model.logits(model(token_ids))


def assert_close(actual: Tensor, expected: Tensor) -> None:
    assert torch.isfinite(actual).all()
    torch.testing.assert_close(actual, expected, atol=ATOL, rtol=0)


CHUNKS = [[1], [2], [W - 1], [W], [W + 1], [2 * W + 3], [5 * W], [5, W, 1, 1, W + 3, 1], [3 * W, 1], [1, W, 2 * W, 1]]


@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
@pytest.mark.parametrize("name", TINY_CONFIGS)
def test_cached_chunks_equal_one_forward(name: str, chunks: list[int]) -> None:
    model = tiny_model(TINY_CONFIGS[name])
    token_ids = torch.randint(1, 512, (2, 5 * W))
    expected = in_one_go(model, token_ids)
    positions = Layout.causal(2, 5 * W).positions
    cache = new_cache(model.config, 2, 5 * W)
    assert_close(in_chunks(model, cache, token_ids, positions, chunks), expected)


@pytest.mark.parametrize("capacity", [W - 1, W, W + 1])
def test_capacity_around_the_window_makes_no_difference(capacity: int) -> None:
    model = tiny_model()
    token_ids = torch.randint(1, 512, (1, capacity))
    expected = in_one_go(model, token_ids)
    for chunks in ([1], [3], [capacity]):
        cache = new_cache(TINY, 1, capacity)
        positions = Layout.causal(1, capacity).positions
        assert_close(in_chunks(model, cache, token_ids, positions, chunks), expected)


LENGTHS = (5 * W, 2, W - 1, W, W + 1, 3 * W + 5)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("chunks", [[1], [3], [W], [W + 1], [5 * W], [2 * W, 5, 1]], ids=str)
def test_rows_of_different_lengths_equal_the_unpadded_rows(side: str, chunks: list[int]) -> None:
    model = tiny_model()
    rows = [torch.randint(1, 512, (1, length)) for length in LENGTHS]
    total = max(LENGTHS)
    token_ids, mask = torch.zeros(len(rows), total, dtype=torch.int64), torch.zeros(len(rows), total)
    places = [slice(total - n, total) if side == "left" else slice(0, n) for n in LENGTHS]
    for i, (row, place) in enumerate(zip(rows, places, strict=True)):
        token_ids[i, place], mask[i, place] = row[0], 1
    cache = new_cache(TINY, len(rows), total)
    logits = in_chunks(model, cache, token_ids, Layout.padded(mask).positions, chunks)
    assert torch.isfinite(logits).all()
    for i, (row, place) in enumerate(zip(rows, places, strict=True)):
        assert_close(logits[i : i + 1, place], in_one_go(model, row))


@pytest.mark.parametrize("side", ["left", "right"])
def test_prompts_of_different_lengths_decode_on_from_their_own_positions(side: str) -> None:
    model = tiny_model()
    lengths, num_new = (3, W, 2 * W + 3), W + 4
    rows = [torch.randint(1, 512, (1, n + num_new)) for n in lengths]
    width = max(lengths)
    prompts, mask = torch.zeros(3, width, dtype=torch.int64), torch.zeros(3, width)
    for i, (row, n) in enumerate(zip(rows, lengths, strict=True)):
        place = slice(width - n, width) if side == "left" else slice(0, n)
        prompts[i, place], mask[i, place] = row[0, :n], 1
    completions = torch.cat([row[:, n:] for row, n in zip(rows, lengths, strict=True)])
    positions = torch.tensor(lengths)[:, None] + torch.arange(num_new)

    cache = new_cache(TINY, 3, width + num_new)
    in_chunks(model, cache, prompts, Layout.padded(mask).positions, [width])
    logits = in_chunks(model, cache, completions, positions, [1])
    for i, (row, n) in enumerate(zip(rows, lengths, strict=True)):
        assert_close(logits[i : i + 1], in_one_go(model, row)[:, n:])


def test_a_finished_row_may_idle_as_padding_while_others_decode() -> None:
    model = tiny_model()
    token_ids = torch.randint(1, 512, (2, 3 * W))
    positions = Layout.causal(2, 3 * W).positions.clone()
    positions[0, 5 : 2 * W] = -1
    positions[0, 2 * W :] = torch.arange(5, 5 + W)
    logits = in_chunks(model, new_cache(TINY, 2, 3 * W), token_ids, positions, [W, 1])
    real = torch.cat((token_ids[:1, :5], token_ids[:1, 2 * W :]), 1)
    assert_close(torch.cat((logits[:1, :5], logits[:1, 2 * W :]), 1), in_one_go(model, real))
    assert_close(logits[1:], in_one_go(model, token_ids[1:]))


def test_a_first_chunk_of_nothing_but_padding_is_harmless() -> None:
    model = tiny_model()
    token_ids = torch.randint(1, 512, (2, 2 * W))
    positions = torch.cat((torch.full((2, W), -1), Layout.causal(2, W).positions), 1)
    logits = in_chunks(model, new_cache(TINY, 2, W), token_ids, positions, [W])
    assert torch.isfinite(logits).all()
    assert_close(logits[:, W:], in_one_go(model, token_ids[:, W:]))


@pytest.mark.parametrize("prompt_length", [3, W, 2 * W + 1])
def test_forked_rows_continue_like_separate_runs(prompt_length: int) -> None:
    model = tiny_model()
    num_new, group_size = W + 3, 3
    prompts = torch.randint(1, 512, (2, prompt_length))
    completions = torch.randint(1, 512, (2 * group_size, num_new))
    cache = new_cache(TINY, 2, prompt_length + num_new, max_rows=6)
    in_chunks(model, cache, prompts, Layout.causal(2, prompt_length).positions, [prompt_length])
    cache.select_(torch.arange(2).repeat_interleave(group_size))
    assert cache.num_rows == 6
    positions = prompt_length + Layout.causal(6, num_new).positions
    logits = in_chunks(model, cache, completions, positions, [1])
    whole = torch.cat((prompts.repeat_interleave(group_size, 0), completions), 1)
    assert_close(logits, in_one_go(model, whole)[:, prompt_length:])


def test_selected_rows_continue_in_the_order_asked_for() -> None:
    model = tiny_model()
    token_ids = torch.randint(1, 512, (4, 3 * W))
    positions = Layout.causal(4, 3 * W).positions
    cache = new_cache(TINY, 4, 3 * W)
    in_chunks(model, cache, token_ids[:, :W], positions[:, :W], [W])
    rows = torch.tensor([3, 0, 3])
    cache.select_(rows)
    rest = in_chunks(model, cache, token_ids[rows, W:], positions[:3, W:], [1])
    assert_close(rest, in_one_go(model, token_ids[rows])[:, W:])


def test_rows_that_come_and_go_take_no_new_memory() -> None:
    cache = new_cache(TINY, 2, W, max_rows=3)
    before = [cache._keys[layer].data_ptr() for layer in range(TINY.num_hidden_layers)]
    for rows in ([0, 1, 0], [2], [0, 0]):
        cache.select_(torch.tensor(rows))
        assert cache.num_rows == len(rows)
    assert [cache._keys[layer].data_ptr() for layer in range(TINY.num_hidden_layers)] == before


def test_more_rows_than_there_is_memory_for_are_refused() -> None:
    with pytest.raises(ValueError, match=r"3 rows do not fit in a cache of 2; give max_rows"):
        new_cache(TINY, 2, W).select_(torch.tensor([0, 1, 0]))


def test_changing_one_row_leaves_the_others_bit_equal() -> None:
    model = tiny_model()
    prompts, completions = torch.randint(1, 512, (2, W + 2)), torch.randint(1, 512, (6, W))

    def run(prompts: Tensor, completions: Tensor) -> Tensor:
        cache = new_cache(TINY, 2, 2 * W + 2, max_rows=6)
        in_chunks(model, cache, prompts, Layout.causal(2, W + 2).positions, [4])
        positions = W + 2 + Layout.causal(6, W).positions
        cache.select_(torch.arange(2).repeat_interleave(3))
        return in_chunks(model, cache, completions, positions, [1])

    before = run(prompts, completions)
    other_prompts, other_completions = prompts.clone(), completions.clone()
    other_prompts[1] = other_prompts[1].flip(0)
    other_completions[0] = other_completions[0].flip(0)
    after = run(other_prompts, other_completions)
    assert torch.equal(after[1:3], before[1:3])
    assert not torch.isclose(after[[0, 3, 4, 5]], before[[0, 3, 4, 5]]).all(-1).all(-1).any()


def test_local_layers_hold_one_window_and_global_layers_the_capacity() -> None:
    cache = new_cache(replace(TINY, sliding_window=8), 2, 1000)
    num_elements = sum(keys.numel() for keys in cache._keys)
    per_token = 2 * TINY.num_key_value_heads * TINY.head_dim
    num_local = TINY.layer_types.count(SLIDING)
    spare = per_token * TINY.num_hidden_layers
    assert num_elements - spare == per_token * (num_local * 8 + 1 * 1000)


@pytest.mark.parametrize("side", ["left", "right"])
def test_no_two_stored_tokens_share_a_slot(side: str) -> None:
    """Which of two writes to one slot wins is undefined on a GPU."""
    cache = new_cache(TINY, 1, 4 * W)
    positions = torch.arange(3 * W + 2)
    padding = torch.full((W - 2,), -1)
    cache.plan(SLIDING, torch.cat((padding, positions) if side == "left" else (positions, padding))[None])
    slots = cache._writes[SLIDING].slots[0]
    stored = slots[slots < W]
    assert sorted(stored.tolist()) == list(range(W))


def test_a_position_beyond_the_capacity_is_refused_before_anything_is_written() -> None:
    model = tiny_model()
    cache = new_cache(TINY, 1, 4)
    with pytest.raises(ValueError, match=r"position 4 .* cache of 4 tokens"):
        in_chunks(model, cache, torch.ones(1, 5, dtype=torch.int64), Layout.causal(1, 5).positions, [5])
    token_ids = torch.randint(1, 512, (1, 4))
    expected = in_one_go(model, token_ids)
    assert_close(in_chunks(model, cache, token_ids, Layout.causal(1, 4).positions, [2]), expected)


def test_a_cache_without_a_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a layout"):
        tiny_model()(torch.ones(1, 2, dtype=torch.int64), cache=new_cache(TINY, 1, 4))
