"""The LoRA branch in the network's own dtype: peft's layer, with fewer passes over memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from peft.tuners.lora.layer import Linear
from torch import Tensor, nn


class LoraLinear(Linear):
    """peft's LoRA linear layer whose forward is base(x) + (x A^T * scale) B^T in x's dtype.

    peft widens x to the adapter's float32, multiplies in float32, and scales and narrows a tensor of the output's size.
    Here the float32 master copies of A and B are rounded to x's dtype for
    the two products, as autocast would, and only a [tokens, rank] tensor is scaled. In float32 nothing is rounded.
    """

    held: tuple[Tensor, Tensor] | None = None
    """The active role's A and B in the network's dtype, while `hold` keeps them."""

    def weights(self, role: str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        a, b = (part.get_submodule(role).get_parameter("weight").to(dtype) for part in (self.lora_A, self.lora_B))
        return a, b

    def active_weights(self, dtype: torch.dtype) -> tuple[Tensor, Tensor] | None:
        """The active role's A times its scaling, and its B, in `dtype`; None where no role acts."""
        active = self.active_adapters
        if not active or active[0] not in self.lora_A:
            return None
        a, b = self.weights(active[0], torch.float32)
        return (a * self.scaling[active[0]]).to(dtype), b.to(dtype)

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        active = self.active_adapters
        if not active or active[0] not in self.lora_A:
            return self.base_layer(x)
        role = active[0]
        assert not self.merged, "adapters are merged into files, never in place"
        assert not self.disable_adapters, "roles are switched by AdapterRoles"
        base = self.base_layer(x)
        a, b = self.held or self.weights(role, x.dtype)
        low_rank = F.linear(self.lora_dropout[role](x), a) * self.scaling[role]
        update = torch.addmm(base.flatten(0, -2), low_rank.flatten(0, -2), b.T)
        return update.view(base.shape)


@contextmanager
def hold(model: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Within it, the active roles' weights are rounded once and not at every call; nothing may train or switch them."""
    layers = [m for m in model.modules() if isinstance(m, LoraLinear) and m.active_adapters]
    try:
        for layer in layers:
            role = layer.active_adapters[0]
            layer.held = layer.weights(role, dtype) if role in layer.lora_A else None
        yield
    finally:
        for layer in layers:
            layer.held = None
