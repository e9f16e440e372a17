"""The kernels of `model.kernels` as differentiable functions, for frozen gains: less memory is passed over, and kept.

Each keeps its inputs alone for the backward pass and computes the rest anew, where a chain of tensor operations keeps
every intermediate result. Values are rounded where the chain rounds them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from model import kernels


def serve(x: Tensor, *gains: Tensor) -> bool:
    """Whether the functions here take such an input: bfloat16 on a CPU with kernels, and gains that do not train.

    Not float32: there a sum in another order is seen in the logits (1.6e-4 near 130 on the 270M), which are to be those
    of transformers to 1e-4. In bfloat16 the rounding behind every step is far coarser than that.
    """
    trains = torch.is_grad_enabled() and any(gain.requires_grad for gain in gains)
    return x.dtype == torch.bfloat16 and kernels.available(x.dtype, x.device) and not trains


def norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """RMSNorm over the last dimension with the gain 1 + weight, computed in float32 and rounded once."""
    return _Norm.apply(x, 1.0 + weight.float(), eps)  # pyright: ignore[reportReturnType]


def gated(gate: Tensor, up: Tensor) -> Tensor:
    """gelu_tanh(gate) * up, elementwise."""
    return _Gated.apply(gate, up)  # pyright: ignore[reportReturnType]


def turned(x: Tensor, weight: Tensor, rotation: tuple[Tensor, Tensor], eps: float) -> Tensor:
    """[B, H, T, S] heads of [B, T, H, S], normed like `norm` and rotated by cosine and sine, [B, 1, T, S] each."""
    return _Turned.apply(x, 1.0 + weight.float(), *rotation, eps)  # pyright: ignore[reportReturnType]


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, eps: float) -> Tensor:
        ctx.save_for_backward(x, gain)
        ctx.eps = eps
        return kernels.norm(_rows(x), gain, eps).view(x.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, gain = ctx.saved_tensors
        return kernels.norm_backward(_rows(x), gain, _rows(grads[0]), ctx.eps).view(x.shape), None, None


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor) -> Tensor:
        ctx.save_for_backward(gate, up)
        return kernels.gate(_rows(gate), _rows(up)).view(gate.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        gate, up = ctx.saved_tensors
        grad_gate, grad_up = kernels.gate_backward(_rows(gate), _rows(up), _rows(grads[0]))
        return grad_gate.view(gate.shape), grad_up.view(gate.shape)


class _Turned(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, cosine: Tensor, sine: Tensor, eps: float) -> Tensor:
        ctx.save_for_backward(x, gain, cosine, sine)
        ctx.eps = eps
        return kernels.turn(x.contiguous(), gain, (cosine.contiguous(), sine.contiguous()), eps)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, gain, cosine, sine = ctx.saved_tensors
        rotation = (cosine.contiguous(), sine.contiguous())
        grad_x = kernels.turn_backward(x.contiguous(), gain, rotation, grads[0].contiguous(), ctx.eps)
        return grad_x, None, None, None, None


def _rows(x: Tensor) -> Tensor:
    """[R, D] contiguous, of [..., D]."""
    return x.reshape(-1, x.shape[-1]).contiguous()
