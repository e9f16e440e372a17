"""Fused kernels for what lies between matrix products: `kernels.c`, called with torch's tensors.

They are for the CPU, for float32 and bfloat16; autograd does not see them (`model.fused` tells it). `available()` says
whether they can be had; who calls has a plain path for where they cannot. Sizes: R rows, D hidden, F gate, H query and
K key-value heads of size S.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from model.kernels.build import load

BLOCK = 512
"""Tokens whose weights are summed up together when a token is drawn; as in kernels.c."""
_HEADS_AT_ONCE = 4
_SUFFIXES = {torch.float32: "float32", torch.bfloat16: "bfloat16"}
_SMALL = 1 << 14
"""Elements below which starting the other threads costs more than they save."""


def available(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether there are kernels for such tensors here. The first call compiles them."""
    return device.type == "cpu" and dtype in _SUFFIXES and load() is not None


def norm(x: Tensor, gain: Tensor, eps: float) -> Tensor:
    """[R, D] RMSNorm with the float32 gain [D], computed in float32 and rounded once."""
    out = torch.empty_like(x)
    rows, size = x.shape
    _call("norm", x, x, gain, out, rows, size, eps, _threads(x))
    return out


def add_norm_(x: Tensor, branch: Tensor, after: Tensor, before: Tensor, eps: float) -> Tensor:
    """Adds norm(branch) with gain `after` to x in place; returns norm(x) with gain `before`. All [R, D]."""
    out = torch.empty_like(x)
    rows, size = x.shape
    _call("add_norm", x, x, branch, after, before, out, rows, size, eps, _threads(x))
    return out


def norm_backward(x: Tensor, gain: Tensor, grad: Tensor, eps: float) -> Tensor:
    """[R, D] gradient of `norm` in x; the gain has none."""
    out = torch.empty_like(x)
    rows, size = x.shape
    _call("norm_backward", x, x, gain, grad, out, rows, size, eps, _threads(x))
    return out


def gate(gate: Tensor, up: Tensor) -> Tensor:
    """[R, F] gelu_tanh(gate) * up; both [R, F], whose rows may be parts of longer ones."""
    rows, size = gate.shape
    assert gate.stride() == up.stride() == (gate.stride(0), 1)
    out = gate.new_empty((rows, size))
    _call("gate", gate, gate, up, gate.stride(0), out, rows, size, _threads(out))
    return out


def gate_backward(gate: Tensor, up: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """[R, F] each: the gradients of `gate` in its arguments, which are contiguous here."""
    grad_gate, grad_up = torch.empty_like(gate), torch.empty_like(up)
    rows, size = gate.shape
    _call("gate_backward", gate, gate, up, grad, grad_gate, grad_up, rows, size, _threads(gate))
    return grad_gate, grad_up


def turn(x: Tensor, gain: Tensor, rotation: tuple[Tensor, Tensor], eps: float) -> Tensor:
    """[B, H, T, S] heads of [B, T, H, S], normed and rotated; cosine and sine are [B, T, S] each."""
    rows, length, heads, size = x.shape
    out = x.new_empty((rows, heads, length, size))
    _call("turn_all", x, x, gain, *rotation, out, rows, length, heads, size, eps, _threads(x))
    return out


def turn_backward(x: Tensor, gain: Tensor, rotation: tuple[Tensor, Tensor], grad: Tensor, eps: float) -> Tensor:
    """[B, T, H, S] gradient of `turn` in x, of its [B, H, T, S] gradient in the output."""
    rows, length, heads, size = x.shape
    out = torch.empty_like(x)
    _call("turn_all_backward", x, x, gain, *rotation, grad, out, rows, length, heads, size, eps, _threads(x))
    return out


@dataclass(frozen=True, slots=True)
class Heads:
    """What one layer's attention is made of."""

    num_heads: int
    num_kv_heads: int
    size: int
    query_gain: Tensor
    """[S] float32, as for `norm`."""
    key_gain: Tensor
    window: int
    """Keys within reach, the token's own included; 0 for all."""
    scale: float
    eps: float


def attend(
    qkv: Tensor,
    heads: Heads,
    rotation: tuple[Tensor, Tensor],
    keys: Tensor,
    values: Tensor,
    key_positions: Tensor,
    positions: Tensor,
    slots: Tensor,
) -> Tensor:
    """[R, H * S]: one new token per row enters the cache and attends over it.

    Args:
        qkv: [R, (H + 2K) * S] projections, neither normed nor rotated.
        rotation: cosine and sine, [positions, S] each.
        keys, values: [R, K, room, S], written at `slots`.
        key_positions: [R, N] int64 of the first N slots, the new tokens' among them; -1 where a slot is empty.
        positions, slots: [R] int64.
    """
    rows, num_keys = key_positions.shape
    out = qkv.new_empty((rows, heads.num_heads * heads.size))
    scratch = torch.empty(rows * _HEADS_AT_ONCE * (2 * heads.size + num_keys), dtype=torch.float32)
    assert key_positions.stride(1) == 1
    _call(
        "attend", qkv, qkv, heads.query_gain, heads.key_gain, *rotation, keys, values, key_positions[:, 0],
        key_positions.stride(0), positions, slots, out, scratch, rows, heads.num_heads, heads.num_kv_heads, heads.size,
        keys.shape[2], num_keys, heads.window, heads.scale, heads.eps, torch.get_num_threads() if rows > 1 else 1,
    )  # fmt: skip
    return out


def adapt_(out: Tensor, x: Tensor, down: Tensor, up: Tensor, ends: Tensor) -> None:
    """Adds low-rank updates to projections of one input that lie side by side: out += (x down^T) up, part by part.

    Args:
        out: [R, O]; the columns before ends[p], from the part before it on, are those of part p.
        x: [R, I].
        down: [P * rank, I], the scaling in it; one part's rows below the other's.
        up: [rank, O].
        ends: [P] int64.
    """
    rows, size = x.shape
    rank, parts = len(up), len(ends)
    threads = torch.get_num_threads() if x.numel() + out.numel() >= _SMALL else 1
    scratch = torch.empty(rows * (parts * rank + threads * size), dtype=torch.float32)
    _call("adapt", x, x, down, up, ends, parts, out, scratch, rows, size, rank, out.shape[1], threads)


def weigh(logits: Tensor, sharpness: float, forbidden: Tensor) -> tuple[Tensor, Tensor]:
    """([R] float32 largest logit, [R, blocks] float64 sums of e^((logit - largest) * sharpness) per BLOCK tokens,
    without the `forbidden` ones, [N] int64)."""
    rows, size = logits.shape
    largest = torch.empty(rows, dtype=torch.float32)
    sums = torch.empty((rows, -(-size // BLOCK)), dtype=torch.float64)
    threads = torch.get_num_threads() if rows > 1 else 1
    _call("weigh", logits, logits, sharpness, forbidden, len(forbidden), largest, sums, rows, size, threads)
    return largest, sums


def pick(
    logits: Tensor,
    sharpness: float,
    largest: Tensor,
    index: Tensor,
    block: Tensor,
    before: Tensor,
    aim: Tensor,
    forbidden: Tensor,
) -> tuple[Tensor, Tensor]:
    """Per draw n the token, [N] int64, and its weight, [N] float64: the first token of block[n] at which the running
    sum of row index[n]'s weights passes aim[n], where the blocks before it sum up to before[n]."""
    tokens = torch.empty_like(index)
    weights = torch.empty(index.shape, dtype=torch.float64)
    _call(
        "pick", logits, logits, sharpness, largest, index, block, before, aim, forbidden, len(forbidden), tokens,
        weights, len(index), logits.shape[1],
    )  # fmt: skip
    return tokens, weights


def soften_(
    logits: Tensor,
    weighed: Tensor | None,
    sharpness: float,
    largest: Tensor,
    total: Tensor,
    weighed_total: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """A tile of logits [R, V] enters a softmax that runs over tiles, and becomes its weights e^(l - largest) in place,
    l = logit * sharpness.

    Args:
        weighed: [R, V], becomes (l - largest) times the weight; None if not wanted.
        largest, total: [R] float32, the largest l so far (-inf at first) and the sum of weights, brought up to date.
        weighed_total: [R] float32, the sum of `weighed`, brought up to date; None with `weighed`.

    Returns:
        [R] float32 each: by how much the largest has fallen behind (0 or less; 0 at the first tile), and the factor for
        what was summed up before (0 at the first tile).
    """
    rows, size = logits.shape
    shift, rescale = torch.empty_like(largest), torch.empty_like(largest)
    assert logits.is_contiguous()
    _call(
        "soften", logits, logits, logits if weighed is None else weighed, sharpness, largest, shift, rescale, total,
        total if weighed_total is None else weighed_total, int(weighed is not None), rows, size, _threads(logits),
    )  # fmt: skip
    return shift, rescale


def _threads(x: Tensor) -> int:
    return torch.get_num_threads() if x.numel() >= _SMALL else 1


_FUNCTIONS: dict[tuple[str, torch.dtype], Callable[..., None]] = {}


def _call(name: str, like: Tensor, *args: Tensor | int | float) -> None:
    """Calls a kernel of the dtype of `like`; tensors go as pointers. Decoding does this 150 times a token."""
    function = _FUNCTIONS.get((name, like.dtype))
    if function is None:
        library = load()
        assert library is not None, "ask available() first"
        function = getattr(library, f"{name}_{_SUFFIXES[like.dtype]}")
        function.argtypes = [_kind(arg) for arg in args]
        function.restype = None
        _FUNCTIONS[name, like.dtype] = function
    function(*[arg.data_ptr() if isinstance(arg, Tensor) else arg for arg in args])


def _kind(arg: Tensor | int | float) -> Any:
    """What an argument is in C: every call of a kernel has the same kinds in the same places."""
    if isinstance(arg, Tensor):
        return ctypes.c_void_p
    return ctypes.c_float if isinstance(arg, float) else ctypes.c_int64
