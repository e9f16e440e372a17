"""The fused steps between products: the values and gradients of the chains of operations that they stand for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from model import fused, kernels
from model.layers import RMSNorm
from model.lora import AdapterRoles, LoraSpec
from model.rope import apply_rope
from model.testing import tiny_model

pytestmark = pytest.mark.skipif(
    not kernels.available(torch.float32, torch.device("cpu")), reason="no C compiler, so no fused kernels"
)
DTYPES = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)], ids=["float32", "bfloat16"]
)
SIZE, HALF = 34, 17
"""No multiple of a vector's width."""


def numbers(*shape: int, seed: int, spread: float = 1.0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * spread


def angles(rows: int, length: int) -> tuple[Tensor, Tensor]:
    half = numbers(rows, 1, length, HALF, seed=9, spread=3.0)
    both = torch.cat((half, half), dim=-1)
    return both.cos(), both.sin()


def plain_norm(x: Tensor, weight: Tensor) -> Tensor:
    return x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt() * (1.0 + weight)


def compare(
    ours: Callable[..., Tensor],
    plain: Callable[..., Tensor],
    inputs: list[Tensor],
    dtype: torch.dtype,
    tolerance: float,
) -> None:
    """Values and gradients against the same in float64, of inputs that are exact in `dtype`."""
    inputs = [given.to(dtype) for given in inputs]
    narrow = [given.clone().requires_grad_() for given in inputs]
    wide = [given.double().requires_grad_() for given in inputs]
    out, expected = ours(*narrow), plain(*wide)
    weights = numbers(*out.shape, seed=5).to(dtype)
    (out * weights).sum().backward()
    (expected * weights.double()).sum().backward()
    assert out.dtype == dtype
    torch.testing.assert_close(out.double(), expected, rtol=tolerance, atol=tolerance)
    for one, other in zip(narrow, wide, strict=True):
        assert one.grad is not None
        assert other.grad is not None
        torch.testing.assert_close(one.grad.double(), other.grad, rtol=tolerance, atol=tolerance)


@DTYPES
@pytest.mark.parametrize("shape", [(3, SIZE), (2, 5, SIZE), (700, SIZE), (1, 1, 1)])
def test_norm(shape: tuple[int, ...], dtype: torch.dtype, tolerance: float) -> None:
    weight = numbers(shape[-1], seed=1, spread=0.3).float()
    inputs = [numbers(*shape, seed=2, spread=3.0)]
    compare(lambda x: fused.norm(x, weight, 1e-6), lambda x: plain_norm(x, weight.double()), inputs, dtype, tolerance)


@DTYPES
@pytest.mark.parametrize("spread", [1.0, 30.0])
def test_gated(spread: float, dtype: torch.dtype, tolerance: float) -> None:
    inputs = [numbers(3, 7, SIZE, seed=3, spread=spread), numbers(3, 7, SIZE, seed=4)]
    compare(fused.gated, lambda gate, up: F.gelu(gate, approximate="tanh") * up, inputs, dtype, tolerance)


@DTYPES
@pytest.mark.parametrize(("rows", "length", "heads"), [(2, 3, 4), (1, 1, 1), (2, 600, 2)])
def test_turned(rows: int, length: int, heads: int, dtype: torch.dtype, tolerance: float) -> None:
    weight = numbers(SIZE, seed=1, spread=0.3).float()
    cosine, sine = (table.to(dtype) for table in angles(rows, length))

    def plain(x: Tensor) -> Tensor:
        return apply_rope(plain_norm(x, weight.double()).transpose(1, 2), (cosine.double(), sine.double()))

    inputs = [numbers(rows, length, heads, SIZE, seed=2, spread=3.0)]
    compare(lambda x: fused.turned(x, weight, (cosine, sine), 1e-6), plain, inputs, dtype, tolerance)


def test_parts_of_longer_rows_and_turned_inputs_are_read_right() -> None:
    whole = numbers(4, 2 * SIZE, seed=6).float()
    gate, up = whole.chunk(2, dim=1)
    torch.testing.assert_close(fused.gated(gate, up), F.gelu(gate, approximate="tanh") * up)
    turned_round = numbers(SIZE, 4, seed=7).float().t()
    weight = torch.zeros(SIZE)
    torch.testing.assert_close(fused.norm(turned_round, weight, 1e-6), plain_norm(turned_round, weight))


def test_a_gain_that_trains_is_left_to_autograd() -> None:
    norm = RMSNorm(SIZE, 1e-6).bfloat16()
    norm(numbers(3, SIZE, seed=1).bfloat16()).sum().backward()
    assert norm.weight.grad is not None
    assert float(norm.weight.grad.abs().sum()) > 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_other_dtypes_go_the_plain_way_bit_for_bit(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    network, tokens = tiny_model(dtype=dtype).requires_grad_(False), torch.arange(2, 30)[None]
    states = network(tokens)
    monkeypatch.setattr(kernels, "available", lambda *_: False)
    assert torch.equal(network(tokens), states)


def test_in_float32_kernels_move_no_state_and_gradients_by_their_last_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    network, tokens = tiny_model(dtype=torch.float32), torch.arange(2, 30)[None]
    roles = AdapterRoles(network)
    roles.add("policy", LoraSpec(rank=2, alpha=4), seed=0)
    with torch.no_grad():
        for number, parameter in enumerate(roles.parameters("policy")):
            parameter.copy_(numbers(*parameter.shape, seed=number, spread=0.1))
    roles.activate("policy")
    calls, backward = list[int](), kernels.norm_backward
    monkeypatch.setattr(kernels, "norm_backward", lambda *args: calls.append(1) or backward(*args))

    def states_and_gradients() -> tuple[Tensor, list[Tensor]]:
        states = network(tokens)
        found = torch.autograd.grad((states * numbers(*states.shape, seed=5).float()).sum(), roles.parameters("policy"))
        return states.detach(), list(found)

    states, gradients = states_and_gradients()
    assert len(calls) == 4 * 7  # all but those of queries and keys, and the first, whose input has no gradient
    monkeypatch.setattr(kernels, "available", lambda *_: False)
    plain_states, plain_gradients = states_and_gradients()
    assert len(calls) == 4 * 7
    assert torch.equal(states, plain_states)
    for gradient, other in zip(gradients, plain_gradients, strict=True):
        assert float((gradient - other).norm()) <= 2e-6 * float(other.norm())


def test_a_bfloat16_network_is_as_near_to_float64_with_kernels_as_without(monkeypatch: pytest.MonkeyPatch) -> None:
    network, tokens = tiny_model(dtype=torch.bfloat16).requires_grad_(False), torch.arange(2, 30)[None]
    calls, norm = list[int](), kernels.norm
    monkeypatch.setattr(kernels, "norm", lambda *args: calls.append(1) or norm(*args))
    fused_states = network(tokens)
    assert len(calls) == 4 * 7 + 1  # all norms but those of queries and keys, which are turned at once
    monkeypatch.setattr(kernels, "available", lambda *_: False)
    plain_states = network(tokens)
    assert len(calls) == 4 * 7 + 1
    exact = network.double()(tokens)
    errors = [float((states.double() - exact).norm() / exact.norm()) for states in (fused_states, plain_states)]
    assert errors[0] < 1.2 * errors[1] < 0.05


@pytest.mark.parametrize("rows", [1, 6, 19])
@pytest.mark.parametrize("threads", [1, 2])
@DTYPES
def test_adapters_are_added_part_by_part(rows: int, threads: int, dtype: torch.dtype, tolerance: float) -> None:
    """Parts wider, narrower and no multiple of a block of columns; more rows than are taken at a time, and fewer."""
    before, widths, rank, size = torch.get_num_threads(), (130, 3, 64), 5, 1100
    x, out = numbers(rows, size, seed=1).to(dtype), numbers(rows, sum(widths), seed=2).to(dtype)
    down, up = numbers(3 * rank, size, seed=3, spread=0.03).to(dtype), numbers(rank, sum(widths), seed=4).to(dtype)
    low = (x.double() @ down.double().T).to(dtype).double().split(rank, dim=1)
    parts = [one @ other for one, other in zip(low, up.double().split(widths, dim=1), strict=True)]
    expected = out.double() + torch.cat(parts, dim=1)
    try:
        torch.set_num_threads(threads)
        kernels.adapt_(out, x, down, up, torch.tensor(widths).cumsum(0))
    finally:
        torch.set_num_threads(before)
    torch.testing.assert_close(out.double(), expected, rtol=tolerance, atol=tolerance)
