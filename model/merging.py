"""Merging adapters that started from one point, on their low-rank products and so exactly.

An adapter's weights are the products B A, not A and B: averaging the factors apart gives the product of averages, which
is another network. A `Delta` holds every layer's product as two factors of any rank; a sum of products is the factors
side by side, so nothing is ever multiplied out, and nothing is lost until `to_adapter` is asked for a smaller rank.

Sources: averaging reward models: Ramé et al. 2024 (WARM), arXiv:2401.12187. Spherical interpolation of task vectors,
layer by layer, and interpolation toward the start: Ramé et al. 2024 (WARP), arXiv:2406.16768, sections 3.2 and 3.3.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from model.adapter_files import PEFT_PREFIX, LoraSpec
from model.errors import ModelError

_PARALLEL = 1e-6
"""Below this sine two task vectors are one direction, and the spherical path between them is the straight one."""


@dataclass(frozen=True, slots=True)
class Factors:
    """One layer's product: out @ inp."""

    out: Float[Tensor, "out rank"]
    inp: Float[Tensor, "rank in"]

    def dense(self) -> Float[Tensor, "out in"]:
        return self.out @ self.inp

    def inner(self, other: Factors) -> float:
        """<self, other>, the sum over all elements of their products multiplied, without computing the products."""
        return float(((self.out.T @ other.out) * (self.inp @ other.inp.T)).sum())


Delta = Mapping[str, Factors]
"""What an adapter adds to the base: parameter name without `.weight` to its product, in float64."""


def read_delta(spec: LoraSpec, tensors: Mapping[str, Tensor]) -> Delta:
    """The products of an adapter's tensors (peft's names), the scale alpha / rank included."""
    modules = dict.fromkeys(key.removeprefix(PEFT_PREFIX).split(".lora_")[0] for key in tensors)
    scale = spec.alpha / spec.rank
    return {
        module: Factors(
            tensors[f"{PEFT_PREFIX}{module}.lora_B.weight"].double() * scale,
            tensors[f"{PEFT_PREFIX}{module}.lora_A.weight"].double(),
        )
        for module in modules
    }


def weighted(parts: Sequence[tuple[float, Delta]]) -> Delta:
    """sum_i c_i delta_i; parts of weight 0 leave no trace.

    Raises:
        ModelError: if the adapters do not have the same layers.
    """
    first = parts[0][1]
    for _, other in parts[1:]:
        if first.keys() != other.keys():
            odd = sorted(first.keys() ^ other.keys())[0]
            raise ModelError(f"only one of the adapters has {odd}; adapters of one shape and base can be merged")
    used = [(weight, delta) for weight, delta in parts if weight] or [(0.0, first)]
    return {
        name: Factors(
            torch.cat([weight * delta[name].out for weight, delta in used], dim=1),
            torch.cat([delta[name].inp for _, delta in used], dim=0),
        )
        for name in first
    }


def average(deltas: Sequence[Delta]) -> Delta:
    """The mean of the products: the adapter whose merged weights are the mean of the merged weights (WARM)."""
    return weighted([(1 / len(deltas), delta) for delta in deltas])


def slerp(one: Delta, other: Delta, share: float) -> Delta:
    """From `one` (share 0) to `other` (share 1) along the arc between them, in every transformer layer by itself.

        sin((1 - share) Omega) / sin Omega * one + sin(share Omega) / sin Omega * other

    Omega is the angle between the two, the modules of a layer taken together. At 90 degrees, where independently
    trained task vectors nearly are, this keeps the length of vectors of equal length, of which a mean would leave
    0.71. The ends are exact, and parallel or empty vectors are interpolated in a straight line.
    """
    if one.keys() != other.keys():
        weighted([(1.0, one), (1.0, other)])  # says which layer is missing
    layers: dict[str, list[str]] = defaultdict(list)
    for name in one:
        layers[_layer_of(name)].append(name)
    merged: dict[str, Factors] = {}
    for names in layers.values():
        mine, theirs = ({name: delta[name] for name in names} for delta in (one, other))
        first, second = _arc(mine, theirs, share)
        merged |= weighted([(first, mine), (second, theirs)])
    return {name: merged[name] for name in one}


def _layer_of(module: str) -> str:
    found = re.search(r"\blayers\.\d+\b", module)
    return found[0] if found else module


def _arc(one: Delta, other: Delta, share: float) -> tuple[float, float]:
    """The two weights of spherical interpolation."""
    squares = [sum(delta[name].inner(delta[name]) for name in delta) for delta in (one, other)]
    norm = math.sqrt(max(0.0, squares[0] * squares[1]))
    if share in (0.0, 1.0) or norm == 0.0:
        return 1 - share, share
    cosine = sum(one[name].inner(other[name]) for name in one) / norm
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(angle) < _PARALLEL:
        return 1 - share, share
    return math.sin((1 - share) * angle) / math.sin(angle), math.sin(share * angle) / math.sin(angle)


def slerp_all(deltas: Sequence[Delta]) -> Delta:
    """Spherical interpolation of any number: each next one enters with share 1 / (how many it makes)."""
    merged = deltas[0]
    for count, delta in enumerate(deltas[1:], start=2):
        merged = slerp(merged, delta, 1 / count)
    return merged


def to_adapter(delta: Delta, rank: int | None = None) -> tuple[LoraSpec, dict[str, Tensor], float]:
    """An adapter whose products are those of `delta`, and how much of them is lost.

    Args:
        rank: None keeps the products exactly, at the sum of the ranks that went in (or the layers' own size, where that
            is smaller for all of them); a smaller one keeps the best approximation of that rank (Eckart and Young).

    Returns:
        Shape, tensors (float32, peft's names), and the relative distance in the Frobenius norm over all layers.
    """
    exact = max(min(factors.out.shape[1], *factors.out.shape[:1], factors.inp.shape[1]) for factors in delta.values())
    size = exact if rank is None else rank
    tensors: dict[str, Tensor] = {}
    lost = kept = 0.0
    for name, factors in delta.items():
        out, inp, left_out, whole = _compressed(factors, size)
        lost, kept = lost + left_out, kept + whole
        tensors[f"{PEFT_PREFIX}{name}.lora_A.weight"] = inp.float()
        tensors[f"{PEFT_PREFIX}{name}.lora_B.weight"] = out.float()
    targets = tuple(dict.fromkeys(name.rpartition(".")[2] for name in delta))
    return LoraSpec(rank=size, alpha=size, targets=targets), tensors, math.sqrt(lost / kept) if kept else 0.0


def _compressed(factors: Factors, rank: int) -> tuple[Tensor, Tensor, float, float]:
    """Factors of exactly this rank (padded with zeros), the squared norm that they leave out, and the whole one."""
    left, upper = torch.linalg.qr(factors.out)
    right, lower = torch.linalg.qr(factors.inp.T)
    u, singular, vh = torch.linalg.svd(upper @ lower.T)
    found = min(rank, len(singular))
    root = singular[:found].sqrt()
    out, inp = left @ u[:, :found] * root, root[:, None] * vh[:found] @ right.T
    pad = rank - found
    out, inp = torch.nn.functional.pad(out, (0, pad)), torch.nn.functional.pad(inp, (0, 0, 0, pad))
    squares = singular.square()
    return out, inp, float(squares[found:].sum()), float(squares.sum())
