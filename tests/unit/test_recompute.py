"""Activations that are computed again: the same bits, less memory, and the role that acted."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.attention import Layout
from model.cache import KVCache
from model.errors import ModelError
from model.lora import AdapterRoles, LoraSpec
from model.recompute import parse_activations
from model.testing import TINY, tiny_model
from model.transformer import Gemma3ForCausalLM

TOKENS = torch.randint(0, TINY.vocab_size, (2, 24), generator=torch.Generator().manual_seed(1))
PACKED = Layout.packed([10, 14])


def with_roles(kept: float | None, dtype: torch.dtype = torch.float32, dropout: float = 0.0) -> AdapterRoles:
    roles = AdapterRoles(tiny_model(dtype=dtype))
    for seed, role in enumerate(("policy", "critic")):
        roles.add(role, LoraSpec(rank=4, alpha=8, dropout=dropout), seed=seed)
        generator = torch.Generator().manual_seed(seed + 7)
        with torch.no_grad():
            for parameter in roles.parameters(role):
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    roles.model.model.kept_activations = kept
    return roles


def gradients(roles: AdapterRoles, role: str, tokens: Tensor = TOKENS, layout: Layout | None = None) -> list[Tensor]:
    """Of a loss whose backward runs when another role acts already."""
    with roles.using(role):
        loss = roles.model(tokens, layout).float().square().mean()
    loss.backward()
    found = [p.grad for p in roles.parameters(role)]
    for parameter in roles.parameters(role):
        parameter.grad = None
    assert all(grad is not None for grad in found)
    return [grad for grad in found if grad is not None]


def kept_bytes(model: Gemma3ForCausalLM, tokens: Tensor = TOKENS) -> int:
    """What the forward's graph holds, each storage once, the weights not."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    held: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        if (place := tensor.untyped_storage().data_ptr()) not in weights:
            held[place] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(tokens)
    return sum(tensor.untyped_storage().nbytes() for tensor in held.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [None, PACKED], ids=["rows", "packed"])
@pytest.mark.parametrize("kept", [0.0, 1.0, 200_000.0, 1e12])
def test_gradients_are_the_same_bits_whatever_is_kept(kept: float, layout: Layout | None, dtype: torch.dtype) -> None:
    tokens = TOKENS if layout is None else TOKENS[:1]
    expected = gradients(with_roles(None, dtype), "policy", tokens, layout)
    found = gradients(with_roles(kept, dtype), "policy", tokens, layout)
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))


@pytest.mark.parametrize("role", ["policy", "critic"])
def test_a_role_that_no_longer_acts_comes_back_for_its_own_backward_alone(role: str) -> None:
    roles = with_roles(0.0)
    roles.activate("policy")
    found = gradients(roles, role)
    assert roles.active == "policy"
    assert all(torch.equal(a, b) for a, b in zip(gradients(with_roles(None), role), found, strict=True))


def test_dropout_drops_the_same_numbers_again() -> None:
    found = []
    for kept in (None, 0.0):
        roles = with_roles(kept, dropout=0.5)
        roles.model.train()
        torch.manual_seed(3)
        found.append(gradients(roles, "policy"))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_less_is_held_the_less_may_be_kept() -> None:
    def held(kept: float | None) -> int:
        roles = with_roles(kept)
        roles.activate("policy")
        return kept_bytes(roles.model)

    everything, inputs_alone = held(None), held(0.0)
    assert inputs_alone < everything / 5
    per_block = everything / TINY.num_hidden_layers
    # The hooks that measure the first block, and checkpoint's own, hide their blocks from the hooks here.
    assert 1.8 * per_block < held(3.5 * per_block) < 2.5 * per_block, "of three that are kept, two are seen"
    assert held(1.0) < 0.5 * per_block


def test_without_a_gradient_or_with_a_cache_nothing_is_computed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    model = with_roles(0.0).model
    monkeypatch.setattr("model.recompute._recomputed", _refuse)
    with torch.no_grad():
        model(TOKENS)
    cache = KVCache(TINY, num_rows=2, capacity=64, dtype=torch.float32)
    model(TOKENS, Layout.causal(2, 24), cache)
    with pytest.raises(AssertionError, match="computed again"):
        model(TOKENS)


def _refuse(*_: object) -> Tensor:
    raise AssertionError("computed again")


@pytest.mark.parametrize("setting", ["all", 0, -1.0, float("nan"), True, None])
def test_a_setting_that_is_none_names_the_choices(setting: object) -> None:
    with pytest.raises(ModelError, match="give keep"):
        parse_activations(setting)  # pyright: ignore[reportArgumentType]
