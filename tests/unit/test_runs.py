"""Attention run by run equals attention under one mask over the whole row, in values and gradients."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

import model.attention
import model.runs
from model.attention import Layout
from model.config import FULL, SLIDING
from model.lora import AdapterRoles, LoraSpec
from model.runs import batches_of, runs_of
from model.testing import TINY, tiny_model


@pytest.fixture(autouse=True)
def any_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.runs, "LEAST_SAVED", -(10**9))


def layout(*rows: list[tuple[int, int, int]]) -> Layout:
    """From (segment, prefix, position) per token; rows are padded to the longest."""
    length = max(map(len, rows))
    tokens = torch.tensor([[*row, *[(0, 0, -1)] * (length - len(row))] for row in rows])
    return Layout(segment_ids=tokens[..., 0], prefix_ids=tokens[..., 1], positions=tokens[..., 2])


def group(prompt: int, *completions: int) -> list[tuple[int, int, int]]:
    """A prompt and completions that share it."""
    shared = [(0, 0, i) for i in range(prompt)]
    return shared + [(n, 0, prompt + i) for n, length in enumerate(completions, start=1) for i in range(length)]


def packed(*lengths: int) -> list[tuple[int, int, int]]:
    return [(n, n, i) for n, length in enumerate(lengths) for i in range(length)]


LAYOUTS = {
    "groups of different sizes": layout(group(5, 3, 1, 7), group(2, 4), group(11, 9, 12)),
    "longer than the window": layout(group(20, 15, 3)),
    "packed sequences": layout(packed(4, 13, 1), packed(9)),
    "a group beside packed ones": layout(group(3, 2, 2), packed(6, 2)),
    "padding before and between": layout([(0, 0, -1), *group(3, 2), (5, 5, -1), (5, 5, -1), *packed(4)[:0], (7, 7, 0)]),
    "a segment in two stretches": layout([(1, 1, 0), (2, 2, 0), (2, 2, 1), (1, 1, 1), (3, 1, 2), (2, 2, 2)]),
    "a completion before its prompt": layout([(1, 0, 2), (1, 0, 3), (0, 0, 0), (0, 0, 1)]),
    "positions that fall": layout([(0, 0, 3), (0, 0, 1), (0, 0, 2), (1, 0, 5), (1, 0, 4)]),
    "an empty row": layout(group(3, 2), []),
}
LONG_LAYOUTS = {
    "one sequence": layout(packed(29)),
    "sequences padded on either side": layout(packed(29), [(0, 0, -1)] * 4 + packed(19), packed(8)),
    "a group": layout(group(21, 17, 3, 25)),
    "packed sequences": layout(packed(17, 16, 4, 9), packed(30)),
    "two stretches far apart": layout(
        [*packed(12), *[(5, 5, i) for i in range(10)], *[(0, 0, 12 + i) for i in range(9)]]
    ),
    "positions with gaps": layout([(0, 0, 3 * i) for i in range(20)]),
}


def states_and_gradients(given: Layout, dtype: torch.dtype) -> tuple[Tensor, list[Tensor]]:
    """Hidden states of the real tokens, and the adapter's gradients of a weighted sum of them."""
    kinds = (SLIDING, FULL, SLIDING)
    network = tiny_model(replace(TINY, num_hidden_layers=3, layer_types=kinds), dtype=dtype)
    roles = AdapterRoles(network)
    roles.add("policy", LoraSpec(rank=2, alpha=4), seed=0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in roles.parameters("policy"):
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    roles.activate("policy")
    tokens = torch.randint(0, 512, given.positions.shape, generator=generator)
    states = network(tokens, given)[given.positions >= 0]
    (states * torch.randn(states.shape, generator=generator)).sum().backward()
    return states.detach(), [parameter.grad for parameter in roles.parameters("policy") if parameter.grad is not None]


@pytest.mark.parametrize("given", LAYOUTS.values(), ids=LAYOUTS)
def test_run_by_run_equals_one_mask(given: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runs_of(given.segment_ids, given.prefix_ids, given.positions) is not None
    states, gradients = states_and_gradients(given, torch.float32)
    monkeypatch.setattr(model.attention, "runs_of", lambda *_: None)
    expected, expected_gradients = states_and_gradients(given, torch.float32)
    torch.testing.assert_close(states, expected, rtol=2e-5, atol=2e-5)
    assert len(gradients) == len(expected_gradients) == 42
    for gradient, other in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("piece", [3, 8, 512])
@pytest.mark.parametrize("given", LONG_LAYOUTS.values(), ids=LONG_LAYOUTS)
def test_long_runs_in_pieces_equal_one_mask(given: Layout, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.runs, "PIECE", piece)
    assert runs_of(given.segment_ids, given.prefix_ids, given.positions, TINY.sliding_window) is not None
    states, gradients = states_and_gradients(given, torch.float32)
    monkeypatch.setattr(model.attention, "runs_of", lambda *_: None)
    expected, expected_gradients = states_and_gradients(given, torch.float32)
    torch.testing.assert_close(states, expected, rtol=2e-5, atol=2e-5)
    for gradient, other in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-4)


def test_a_piece_sees_what_its_window_reaches_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.runs, "PIECE", 10)
    given = layout(group(30, 25))
    rows = runs_of(given.segment_ids, given.prefix_ids, given.positions, 12)
    assert rows is not None
    assert [(run.start, run.length, run.seen) for run in rows[0]] == [
        (0, 10, (0,)), (10, 10, (0, 1)), (20, 10, (0, 1, 2)),
        (30, 10, (1, 2, 3)), (40, 10, (2, 3, 4)), (50, 5, (3, 4, 5)),
    ]  # fmt: skip


def test_products_grow_with_the_length_where_a_window_bounds_them() -> None:
    def products(length: int) -> int:
        given = layout(packed(length))
        rows = runs_of(given.segment_ids, given.prefix_ids, given.positions, 512)
        assert rows is not None
        return sum(run.length * sum(rows[0][i].length for i in run.seen) for run in rows[0])

    assert products(8192) < 2.2 * products(4096) < 0.5 * 4096**2


def test_rows_of_one_sequence_have_no_runs() -> None:
    for plain in (Layout.causal(2, 5), Layout.padded(torch.tensor([[0, 1, 1], [1, 1, 0]])), layout(packed(4))):
        assert runs_of(plain.segment_ids, plain.prefix_ids, plain.positions) is None


def test_runs_that_save_too_little_are_not_worth_their_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.runs, "LEAST_SAVED", 4096)
    short, long = layout(group(20, *[7] * 8)), layout(group(90, *[64] * 8))
    assert runs_of(short.segment_ids, short.prefix_ids, short.positions) is None
    assert runs_of(long.segment_ids, long.prefix_ids, long.positions) is not None


def test_a_run_sees_its_own_segment_and_its_prefix_alone() -> None:
    rows = runs_of(
        *(getattr(LAYOUTS["groups of different sizes"], n) for n in ("segment_ids", "prefix_ids", "positions"))
    )
    assert rows is not None
    assert [(run.start, run.length, run.seen) for run in rows[0]] == [
        (0, 5, (0,)), (5, 3, (0, 1)), (8, 1, (0, 2)), (9, 7, (0, 3)), (16, 16, ()),
    ]  # fmt: skip


@pytest.mark.parametrize("most_scores", [1, 400, 10**9])
def test_runs_of_similar_length_go_together_and_none_twice(most_scores: int) -> None:
    given = layout(group(20, 3, 16, 17, 9, 40), packed(6, 6, 4))
    rows = runs_of(given.segment_ids, given.prefix_ids, given.positions)
    assert rows is not None
    for row in rows:
        keys = [sum(row[i].length for i in run.seen) for run in row]
        masks = [
            None if run.seen == (place,) else torch.ones((run.length, keys[place]), dtype=torch.bool)
            for place, run in enumerate(row)
        ]
        batches = batches_of(row, masks, 2, most_scores)
        assert sorted(place for batch in batches for place in batch.places) == [i for i, r in enumerate(row) if r.seen]
        for batch in batches:
            assert max(row[place].length for place in batch.places) <= batch.length
            assert max(keys[place] for place in batch.places) <= batch.num_keys
            assert len(batch.places) == 1 or 2 * len(batch.places) * batch.length * batch.num_keys <= most_scores
            if batch.mask is not None:
                assert batch.mask.shape == (len(batch.places), 1, 2 * batch.length, batch.num_keys)
                assert bool(batch.mask.any(-1).all())
                for place, mask in zip(batch.places, batch.mask[:, 0], strict=True):
                    assert not bool(mask[: row[place].length, keys[place] :].any())


def test_runs_in_many_small_batches_equal_one_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    given = LAYOUTS["groups of different sizes"]
    monkeypatch.setattr(model.attention, "batches_of", lambda *found: batches_of(*found, most_scores=100))
    states, _ = states_and_gradients(given, torch.float32)
    monkeypatch.setattr(model.attention, "runs_of", lambda *_: None)
    expected, _ = states_and_gradients(given, torch.float32)
    torch.testing.assert_close(states, expected, rtol=2e-5, atol=2e-5)
