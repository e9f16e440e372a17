"""Products with frozen weights: other kernels, the same numbers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from model.products import FrozenLinear, PackedWeights, packed_product, product, transposed_product

FLOATS = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)], ids=["float32", "bfloat16"]
)


def matrix(*shape: int, dtype: torch.dtype, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


@FLOATS
@pytest.mark.parametrize("rows", [1, 7, 64])
def test_products_are_those_of_float64(rows: int, dtype: torch.dtype, tolerance: float) -> None:
    x, back, weight = matrix(rows, 96, dtype=dtype), matrix(rows, 200, dtype=dtype), matrix(200, 96, dtype=dtype)
    exact = x.double() @ weight.double().T
    torch.testing.assert_close(product(x, weight).double(), exact, rtol=tolerance, atol=10 * tolerance)
    exact = back.double() @ weight.double()
    torch.testing.assert_close(transposed_product(back, weight).double(), exact, rtol=tolerance, atol=10 * tolerance)


@FLOATS
@torch.inference_mode()
def test_a_packed_layer_multiplies_like_the_plain_one(dtype: torch.dtype, tolerance: float) -> None:
    layer, x = FrozenLinear(96, 200).to(dtype), matrix(3, 5, 96, dtype=dtype)
    layer.requires_grad_(False)
    plain = F.linear(x, layer.weight)
    with PackedWeights([(layer, [layer.weight])]).active():
        packed = layer(x)
    torch.testing.assert_close(packed, plain, rtol=tolerance, atol=10 * tolerance)
    assert layer.packed is None


def test_a_weight_that_has_changed_is_packed_again() -> None:
    layer, x = FrozenLinear(16, 8), matrix(2, 16, dtype=torch.float32)
    packed = PackedWeights([(layer, [layer.weight])])
    with torch.no_grad(), packed.active():
        layer(x)
    with torch.no_grad():
        layer.weight.mul_(3.0)
        with packed.active():
            torch.testing.assert_close(layer(x), F.linear(x, layer.weight))


@FLOATS
@torch.inference_mode()
def test_layers_packed_together_are_one_product(dtype: torch.dtype, tolerance: float) -> None:
    class Both:
        packed: torch.Tensor | None = None

    weights = [matrix(rows, 96, dtype=dtype, seed=rows) for rows in (40, 8)]
    x, owner = matrix(5, 96, dtype=dtype), Both()
    with PackedWeights([(owner, weights)]).active():
        assert owner.packed is not None
        found = packed_product(x, owner.packed)
    plain = torch.cat([F.linear(x, weight) for weight in weights], dim=1)
    torch.testing.assert_close(found, plain, rtol=tolerance, atol=10 * tolerance)
