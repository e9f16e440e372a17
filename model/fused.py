"""The kernels of `model.kernels` as differentiable functions, for frozen gains: less memory is passed over, and kept.

Each keeps its inputs alone for the backward pass and computes the rest anew, where a chain of tensor operations keeps
every intermediate result. In bfloat16 the forward is a kernel too, whose values are rounded where the chain rounds
them. In float32 the forward stays the chain: a sum in another order is seen in the logits (1.6e-4 near 130 on the
270M), which are to be those of transformers to 1e-4; the gradient may differ from the chain's by its last bits.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from model import kernels
from model.rope import apply_rope


def serve(x: Tensor, *gains: Tensor) -> bool:
    """Whether the functions here take such an input: one on a CPU with kernels, and gains that do not train; in
    bfloat16, or in float32 where there is a gradient to be had."""
    trains = torch.is_grad_enabled() and any(gain.requires_grad for gain in gains)
    is_worth_it = x.dtype == torch.bfloat16 or (torch.is_grad_enabled() and x.requires_grad)
    return is_worth_it and not trains and kernels.available(x.dtype, x.device)


def norm_chain(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """`norm` by tensor operations."""
    gain = 1.0 + weight.float()
    return F.rms_norm(x.float(), gain.shape, gain, eps).to(x.dtype)


def gated_chain(gate: Tensor, up: Tensor) -> Tensor:
    """`gated` by tensor operations."""
    return F.gelu(gate, approximate="tanh") * up


def turned_chain(x: Tensor, weight: Tensor, rotation: tuple[Tensor, Tensor], eps: float) -> Tensor:
    """`turned` by tensor operations."""
    return apply_rope(norm_chain(x, weight, eps).transpose(1, 2), rotation)


def norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """RMSNorm over the last dimension with the gain 1 + weight, computed in float32 and rounded once."""
    return _Norm.apply(x, weight, eps)  # pyright: ignore[reportReturnType]


def gated(gate: Tensor, up: Tensor) -> Tensor:
    """gelu_tanh(gate) * up, elementwise."""
    return _Gated.apply(gate, up)  # pyright: ignore[reportReturnType]


def turned(x: Tensor, weight: Tensor, rotation: tuple[Tensor, Tensor], eps: float) -> Tensor:
    """[B, H, T, S] heads of [B, T, H, S], normed like `norm` and rotated by cosine and sine, [B, 1, T, S] each."""
    return _Turned.apply(x, weight, *rotation, eps)  # pyright: ignore[reportReturnType]


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.eps = eps
        if x.dtype == torch.float32:
            return norm_chain(x, weight, eps)
        return kernels.norm(_rows(x), _gain(weight), eps).view(x.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight = ctx.saved_tensors
        return kernels.norm_backward(_rows(x), _gain(weight), _rows(grads[0]), ctx.eps).view(x.shape), None, None


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(gate, up)
        if gate.dtype == torch.float32:
            return gated_chain(gate, up)
        return kernels.gate(_rows(gate), _rows(up)).view(gate.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        gate, up = ctx.saved_tensors
        grad_gate, grad_up = kernels.gate_backward(_rows(gate), _rows(up), _rows(grads[0]))
        return grad_gate.view(gate.shape), grad_up.view(gate.shape)


class _Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, cosine: Tensor, sine: Tensor, eps: float) -> Tensor:
        ctx.save_for_backward(x, weight, cosine, sine)
        ctx.eps = eps
        if x.dtype == torch.float32:
            return turned_chain(x, weight, (cosine, sine), eps)
        return kernels.turn(x.contiguous(), _gain(weight), (cosine.contiguous(), sine.contiguous()), eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight, cosine, sine = ctx.saved_tensors
        rotation = (cosine.contiguous(), sine.contiguous())
        grad_x = kernels.turn_backward(x.contiguous(), _gain(weight), rotation, grads[0].contiguous(), ctx.eps)
        return grad_x, None, None, None, None


def _gain(weight: Tensor) -> Tensor:
    return 1.0 + weight.float()


def _rows(x: Tensor) -> Tensor:
    """[R, D] contiguous, of [..., D]."""
    return x.reshape(-1, x.shape[-1]).contiguous()
