"""The network against transformers, an independent implementation, on tiny random networks in float32.

The windows are shorter than the texts and both kinds of layer are there. float64 is not compared: both sides compute
norms and rotation angles in float32 whatever the weights are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import Gemma3ForCausalLM as TransformersGemma3

from model.attention import Layout
from model.config import FULL, SLIDING, Gemma3Config
from model.rope import rope_tables
from model.testing import TINY, TINY_CONFIGS, TINY_SCALED, tiny_model
from model.transformer import Gemma3ForCausalLM
from tests.parity.tracer import first_divergence, transformers_twin

W = TINY.sliding_window
ATOL = 2e-5
"""Logits of size 2; transformers' own eager and SDPA paths differ by 3e-6."""

CONFIGS = pytest.mark.parametrize("config", TINY_CONFIGS.values(), ids=TINY_CONFIGS.keys())


def assert_close(actual: Tensor, expected: Tensor, atol: float = ATOL) -> None:
    assert torch.isfinite(actual).all()
    torch.testing.assert_close(actual, expected, atol=atol, rtol=0)


def assert_gradients_close(ours: Gemma3ForCausalLM, theirs: Iterable[tuple[str, Tensor | None]]) -> None:
    """Every parameter's gradient within 1e-4 of the reference, relative to the reference's norm."""
    expected = dict(theirs)
    for name, parameter in ours.named_parameters():
        reference, gradient = expected[name], parameter.grad
        assert reference is not None
        assert gradient is not None, name
        assert reference.norm() > 0, name
        error = (gradient - reference).norm() / reference.norm()
        assert error <= 1e-4, f"{name}: relative gradient error {error:.2g}"


def gradients(model: Gemma3ForCausalLM | TransformersGemma3) -> list[tuple[str, Tensor | None]]:
    return [(name, parameter.grad) for name, parameter in model.named_parameters()]


def next_token_loss(logits: Tensor, token_ids: Tensor) -> Tensor:
    """Sum over a [B, T] batch, so that losses of parts add up to the loss of the whole."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), token_ids[:, 1:].flatten(), reduction="sum")


@torch.no_grad()
def logits_of(model: Gemma3ForCausalLM, token_ids: Tensor, layout: Layout | None = None) -> Tensor:
    return model.logits(model(token_ids, layout))


@CONFIGS
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("length", [W - 1, W, W + 1, 3 * W, 5 * W])
def test_logits_equal_transformers(config: Gemma3Config, attention: str, length: int) -> None:
    model = tiny_model(config)
    token_ids = torch.randint(0, config.vocab_size, (2, length))
    with torch.no_grad():
        expected = transformers_twin(model, attention)(token_ids, use_cache=False).logits
    assert_close(logits_of(model, token_ids), expected)


@CONFIGS
def test_every_module_equals_transformers(config: Gemma3Config) -> None:
    model = tiny_model(config)
    token_ids = torch.randint(0, config.vocab_size, (2, 3 * W))
    assert first_divergence(model, transformers_twin(model), token_ids, rtol=1e-5) is None


def test_tracer_names_the_module_that_was_changed() -> None:
    model = tiny_model()
    twin = transformers_twin(model)
    weight = twin.model.layers[3].mlp.down_proj.weight
    twin.model.layers[3].mlp.down_proj.weight = torch.nn.Parameter(weight * 1.01)
    diverged = first_divergence(model, twin, torch.randint(0, 512, (1, 3 * W)), rtol=1e-5)
    assert diverged is not None
    assert diverged.startswith("layers.3.mlp.down_proj: ")


@CONFIGS
def test_gradients_of_every_parameter_equal_transformers(config: Gemma3Config) -> None:
    model = tiny_model(config)
    twin = transformers_twin(model)
    token_ids = torch.randint(1, config.vocab_size, (2, 3 * W))
    token_ids[0, 4] = token_ids[1, W + 3] = 0  # the padding row of the embedding, as input and as target
    next_token_loss(model.logits(model(token_ids)), token_ids).backward()
    next_token_loss(twin(token_ids, use_cache=False).logits, token_ids).backward()
    assert_gradients_close(model, gradients(twin))
    ours, theirs = model.head_weight.grad, twin.model.embed_tokens.weight.grad
    assert ours is not None
    assert theirs is not None
    assert_close(ours[0] / theirs[0].norm(), theirs[0] / theirs[0].norm(), atol=1e-4)


def padded_batch(rows: list[Tensor], side: str, width: int) -> tuple[Tensor, Tensor, list[slice]]:
    """Token ids and mask [B, width] of rows padded on one side, and where each row's tokens lie."""
    token_ids, mask, places = torch.zeros(len(rows), width, dtype=torch.int64), torch.zeros(len(rows), width), []
    for i, row in enumerate(rows):
        places.append(slice(width - len(row), width) if side == "left" else slice(0, len(row)))
        token_ids[i, places[i]], mask[i, places[i]] = row, 1
    return token_ids, mask.long(), places


@CONFIGS
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_up_to_two_and_a_half_windows_changes_nothing(config: Gemma3Config, side: str) -> None:
    model = tiny_model(config)
    twin = transformers_twin(model)
    width = 5 * W
    rows = [torch.randint(1, config.vocab_size, (width - pad,)) for pad in (0, 1, 3, W - 1, W, W + 1, 5 * W // 2)]
    token_ids, mask, places = padded_batch(rows, side, width)
    padded = logits_of(model, token_ids, Layout.padded(mask))
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        reference = twin(token_ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
    assert torch.isfinite(padded).all()
    for i, (row, place) in enumerate(zip(rows, places, strict=True)):
        assert_close(padded[i : i + 1, place], logits_of(model, row[None]))
        assert_close(padded[i, place], reference[i, place])


@pytest.mark.parametrize("side", ["left", "right"])
def test_gradients_stay_finite_and_equal_where_a_whole_window_is_padding(side: str) -> None:
    rows = [torch.randint(1, 512, (n,)) for n in (2, 4 * W, W)]
    padded, separate = tiny_model(), tiny_model()
    token_ids, mask, places = padded_batch([*rows, torch.tensor([], dtype=torch.int64)], side, 4 * W)
    logits = padded.logits(padded(token_ids, Layout.padded(mask)))
    assert torch.isfinite(logits).all()
    for i, (row, place) in enumerate(zip(rows, places, strict=False)):
        next_token_loss(logits[i : i + 1, place], row[None]).backward(retain_graph=True)
        next_token_loss(separate.logits(separate(row[None])), row[None]).backward()
    assert_gradients_close(padded, gradients(separate))


LENGTHS = [3, 2 * W + 1, 1, W, W + 1]


@CONFIGS
def test_packed_sequences_equal_separate_ones_and_transformers_packing(config: Gemma3Config) -> None:
    model = tiny_model(config)
    rows = [torch.randint(0, config.vocab_size, (1, n)) for n in LENGTHS]
    layout = Layout.packed(LENGTHS)
    packed = logits_of(model, torch.cat(rows, 1), layout)
    assert_close(packed, torch.cat([logits_of(model, row) for row in rows], 1))
    with torch.no_grad():  # transformers honours restarting positions only without a mask and without a cache
        expected = transformers_twin(model)(torch.cat(rows, 1), position_ids=layout.positions, use_cache=False).logits
    assert_close(packed, expected)


def test_changing_one_packed_sequence_leaves_the_others_bit_equal() -> None:
    model = tiny_model()
    token_ids = torch.randint(0, 512, (1, sum(LENGTHS)))
    layout = Layout.packed(LENGTHS)
    before = logits_of(model, token_ids, layout)
    changed = token_ids.clone()
    changed[:, 3 : 3 + 2 * W + 1] = changed[:, 3 : 3 + 2 * W + 1].flip(1)
    after = logits_of(model, changed, layout)
    others = layout.segment_ids != 1
    assert torch.equal(after[others], before[others])
    assert not torch.equal(after[~others], before[~others])


def prefix_layout(prompt_length: int, lengths: list[int]) -> Layout:
    """One row: a prompt (segment 0), then completions that continue its positions and see it."""
    positions = torch.cat([torch.arange(prompt_length), *(prompt_length + torch.arange(n) for n in lengths)])
    sizes = torch.tensor([prompt_length, *lengths])
    segments = torch.arange(len(sizes)).repeat_interleave(sizes)
    return Layout(positions=positions[None], segment_ids=segments[None], prefix_ids=torch.zeros_like(segments)[None])


@CONFIGS
@pytest.mark.parametrize("prompt_length", [2, W, 2 * W + 3])
def test_completions_after_a_shared_prompt_equal_separate_sequences(config: Gemma3Config, prompt_length: int) -> None:
    shared, separate = tiny_model(config), tiny_model(config)
    lengths = [W + 2, 3]
    prompt = torch.randint(1, config.vocab_size, (1, prompt_length))
    completions = [torch.randint(1, config.vocab_size, (1, n)) for n in lengths]
    row = torch.cat((prompt, *completions), 1)
    together = shared.logits(shared(row, prefix_layout(prompt_length, lengths))).split([prompt_length, *lengths], 1)
    for part, completion in zip(together[1:], completions, strict=True):
        alone = separate.logits(separate(torch.cat((prompt, completion), 1)))[:, prompt_length:]
        assert_close(part, alone)
        next_token_loss(part, completion).backward(retain_graph=True)
        next_token_loss(alone, completion).backward()
    for (name, ours), (_, theirs) in zip(gradients(shared), gradients(separate), strict=True):
        assert ours is not None
        assert theirs is not None
        assert (ours - theirs).norm() <= 1e-5 * theirs.norm(), name


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_positions_of_a_hundred_thousand_equal_transformers(attention: str) -> None:
    model = tiny_model(TINY_SCALED)
    token_ids = torch.randint(0, 512, (1, 3 * W))
    near = Layout.causal(1, 3 * W)
    far = replace(near, positions=near.positions + 100_000)
    with torch.no_grad():
        twin = transformers_twin(model, attention)
        expected = twin(token_ids, position_ids=far.positions, use_cache=False).logits
    assert_close(logits_of(model, token_ids, far), expected)
    # Only distances matter; what differs is the rounding of angles of 100,000 radians in float32.
    assert_close(logits_of(model, token_ids, far), logits_of(model, token_ids), atol=0.01)


@pytest.mark.parametrize(("kind", "theta", "factor", "atol"), [(SLIDING, 1e4, 1, 1e-2), (FULL, 1e6, 8, 1e-3)])
def test_rotation_at_a_hundred_thousand_is_close_to_float64(kind: str, theta: float, factor: int, atol: float) -> None:
    config = replace(TINY_SCALED, head_dim=256)
    cos, sin = rope_tables(config, torch.tensor([[100_000]]), torch.float32)[kind]
    exponent = torch.arange(0, 256, 2, dtype=torch.float64) / 256
    angles = (100_000 / factor * theta**-exponent).repeat(2)
    assert_close(cos[0, 0, 0].double(), angles.cos(), atol=atol)
    assert_close(sin[0, 0, 0].double(), angles.sin(), atol=atol)


def test_rotation_in_bfloat16_is_rounded_once_from_float32() -> None:
    """bfloat16 positions are exact only to 256, bfloat16 frequencies nowhere."""
    positions = torch.tensor([[257, 1001, 30_001]])
    exact, rounded = (rope_tables(TINY_SCALED, positions, dtype) for dtype in (torch.float32, torch.bfloat16))
    for kind in (SLIDING, FULL):
        for table, expected in zip(rounded[kind], exact[kind], strict=True):
            assert torch.equal(table, expected.bfloat16())


def test_embedding_in_bfloat16_is_scaled_by_the_rounded_root_as_in_transformers() -> None:
    model = tiny_model(replace(TINY, hidden_size=80), dtype=torch.bfloat16)  # sqrt(80) = 8.944 -> 8.9375
    token_ids = torch.arange(512)[None]
    ours, theirs = model.model.embed_tokens(token_ids), transformers_twin(model).model.embed_tokens(token_ids)
    assert torch.equal(ours, theirs)
    assert torch.equal(ours, model.head_weight[None] * 8.9375)


def test_a_network_made_on_the_meta_device_computes_the_same_once_it_has_weights() -> None:
    source = tiny_model(TINY_SCALED)
    with torch.device("meta"):
        empty = Gemma3ForCausalLM(TINY_SCALED)
    empty.load_state_dict(source.state_dict(), assign=True)
    token_ids = torch.randint(0, 512, (1, 3 * W))
    assert torch.equal(logits_of(empty, token_ids), logits_of(source, token_ids))


@CONFIGS
def test_bfloat16_differs_from_transformers_by_less_than_its_two_attentions_do(config: Gemma3Config) -> None:
    """Rounding happens in the same places: scale of the embedding, norms, rotation tables, residuals."""
    token_ids = torch.randint(0, config.vocab_size, (4, 5 * W))
    exact = logits_of(tiny_model(config), token_ids)
    rounded = tiny_model(config, dtype=torch.bfloat16)
    ours = logits_of(rounded, token_ids)
    assert ours.dtype == torch.bfloat16
    with torch.no_grad():
        eager, sdpa = (
            transformers_twin(rounded, attention)(token_ids, use_cache=False).logits.float()
            for attention in ("eager", "sdpa")
        )
    control = (eager - sdpa).abs().mean()
    assert 0 < (ours.float() - exact).abs().mean() <= 1.1 * (sdpa - exact).abs().mean()
    assert (ours.float() - sdpa).abs().mean() <= control
