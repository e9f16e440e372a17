"""Merged adapters beside the same arithmetic on the whole weight matrices."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from model.adapter_files import PEFT_PREFIX, LoraSpec
from model.errors import ModelError
from model.merging import Delta, Factors, average, read_delta, slerp, slerp_all, to_adapter, weighted

MODULES = {
    "model.layers.0.self_attn.q_proj": (12, 10),
    "model.layers.0.mlp.up_proj": (14, 10),
    "model.layers.1.self_attn.q_proj": (12, 10),
}
SPEC = LoraSpec(rank=3, alpha=6, targets=("q_proj", "up_proj"))


def adapter(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for module, (num_out, num_in) in MODULES.items():
        tensors[f"{PEFT_PREFIX}{module}.lora_A.weight"] = torch.randn((3, num_in), generator=generator)
        tensors[f"{PEFT_PREFIX}{module}.lora_B.weight"] = torch.randn((num_out, 3), generator=generator)
    return tensors


def delta_of(seed: int) -> Delta:
    return read_delta(SPEC, adapter(seed))


def dense(delta: Delta) -> dict[str, Tensor]:
    return {name: factors.dense() for name, factors in delta.items()}


def assert_same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-10, atol=1e-10)


def layer_vector(weights: dict[str, Tensor], layer: int) -> Tensor:
    return torch.cat([value.flatten() for name, value in weights.items() if f"layers.{layer}." in name])


def test_a_delta_is_what_the_adapter_adds_with_its_scale() -> None:
    tensors, name = adapter(0), "model.layers.0.mlp.up_proj"
    a, b = (tensors[f"{PEFT_PREFIX}{name}.lora_{side}.weight"] for side in "AB")
    torch.testing.assert_close(delta_of(0)[name].dense().float(), 2 * b @ a)


def test_the_average_is_that_of_the_products_and_not_of_the_factors() -> None:
    deltas = [delta_of(seed) for seed in range(3)]
    expected = {name: torch.stack([d[name].dense() for d in deltas]).mean(0) for name in MODULES}
    assert_same(dense(average(deltas)), expected)


def test_the_average_of_one_adapter_with_itself_is_the_adapter() -> None:
    assert_same(dense(average([delta_of(0)] * 4)), dense(delta_of(0)))


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_slerp_is_the_formula_on_the_whole_weights_of_each_layer(share: float) -> None:
    one, other = dense(delta_of(0)), dense(delta_of(1))
    merged = dense(slerp(delta_of(0), delta_of(1), share))
    for layer in (0, 1):
        a, b = layer_vector(one, layer), layer_vector(other, layer)
        angle = torch.acos(torch.dot(a, b) / (a.norm() * b.norm()))
        expected = (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)
        torch.testing.assert_close(layer_vector(merged, layer), expected, rtol=1e-9, atol=1e-9)


def test_the_ends_of_the_arc_are_exact() -> None:
    one, other = delta_of(0), delta_of(1)
    for share, end in ((0.0, one), (1.0, other)):
        found = dense(slerp(one, other, share))
        assert all(torch.equal(found[name], end[name].dense()) for name in MODULES)


def test_at_ninety_degrees_the_length_is_kept() -> None:
    """Two products whose rows live in different halves of the output."""
    top, bottom = torch.zeros(4, 2, dtype=torch.float64), torch.zeros(4, 2, dtype=torch.float64)
    top[:2], bottom[2:] = torch.eye(2), torch.eye(2)
    inp = torch.randn((2, 5), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    one, other = ({"model.layers.0.q": Factors(out, inp)} for out in (top, bottom))
    length = one["model.layers.0.q"].dense().norm()
    for share in (0.1, 0.5, 0.7):
        merged = slerp(one, other, share)["model.layers.0.q"].dense()
        assert merged.norm().item() == pytest.approx(length.item(), rel=1e-12)
    straight = weighted([(0.5, one), (0.5, other)])["model.layers.0.q"].dense()
    assert straight.norm().item() == pytest.approx(length.item() / math.sqrt(2), rel=1e-12)


def test_parallel_and_empty_vectors_are_interpolated_in_a_straight_line() -> None:
    one = delta_of(0)
    longer, nothing = weighted([(3.0, one)]), weighted([(0.0, one)])
    assert_same(dense(slerp(one, longer, 0.5)), dense(weighted([(2.0, one)])))
    assert_same(dense(slerp(one, nothing, 0.25)), dense(weighted([(0.75, one)])))


def test_three_are_merged_two_by_two_with_falling_shares() -> None:
    deltas = [delta_of(seed) for seed in range(3)]
    expected = slerp(slerp(deltas[0], deltas[1], 1 / 2), deltas[2], 1 / 3)
    assert_same(dense(slerp_all(deltas)), dense(expected))


def test_without_a_rank_the_adapter_loses_nothing() -> None:
    merged = average([delta_of(0), delta_of(1)])
    spec, tensors, lost = to_adapter(merged)
    assert (spec.rank, spec.alpha, spec.targets) == (6, 6, ("q_proj", "up_proj"))
    assert lost == 0.0
    back = read_delta(spec, tensors)
    for name in MODULES:
        torch.testing.assert_close(back[name].dense(), merged[name].dense(), rtol=1e-5, atol=1e-5)


def test_a_smaller_rank_is_the_best_of_its_rank_and_says_what_it_loses() -> None:
    merged = average([delta_of(0), delta_of(1)])
    spec, tensors, lost = to_adapter(merged, 2)
    back, squares, left_out = read_delta(spec, tensors), 0.0, 0.0
    for name, factors in merged.items():
        u, s, vh = torch.linalg.svd(factors.dense(), full_matrices=False)
        torch.testing.assert_close(back[name].dense(), u[:, :2] * s[:2] @ vh[:2], rtol=1e-5, atol=1e-5)
        squares, left_out = squares + float((s**2).sum()), left_out + float((s[2:] ** 2).sum())
    assert lost == pytest.approx(math.sqrt(left_out / squares), rel=1e-6)


def test_ranks_beyond_the_layers_own_size_are_not_kept() -> None:
    spec, tensors, _ = to_adapter(average([delta_of(seed) for seed in range(8)]))
    assert spec.rank == 10
    back = read_delta(spec, tensors)
    expected = average([delta_of(seed) for seed in range(8)])
    for name in MODULES:
        torch.testing.assert_close(back[name].dense(), expected[name].dense(), rtol=1e-4, atol=1e-4)


def test_adapters_of_different_layers_are_refused() -> None:
    less = {name: factors for name, factors in delta_of(1).items() if "layers.1" not in name}
    with pytest.raises(ModelError, match=r"only one of the adapters has model.layers.1.self_attn.q_proj"):
        slerp(delta_of(0), less, 0.5)
