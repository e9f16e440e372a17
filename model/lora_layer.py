"""The LoRA branch of a linear layer, for any number of roles, in the network's own dtype.

The parameters' names are peft's, and so is the mathematics; peft's own layer is the tests' oracle. It is not used here
because importing it takes two seconds and 130 MB of every process, and leaves little of it after what is changed below.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import skip_init


class LoraLinear(nn.Module):
    """base(x) + (dropout(x) A^T * scaling) B^T in x's dtype, A and B those of the active role; base(x) without one.

    peft widens x to the adapter's float32, multiplies in float32, and scales and narrows a tensor of the output's size.
    Here the float32 master copies of A and B are rounded to x's dtype for the two products, as autocast would, and only
    a [tokens, rank] tensor is scaled. In float32 nothing is rounded.

    Source: Hu et al. 2021, arXiv:2106.09685, section 4.1.

    Args:
        base_layer: the frozen layer, without a bias.
        active: the role that acts, or none; shared by all layers of a network and read at every forward.
    """

    held: tuple[Tensor, Tensor] | None = None
    """The active role's A and B in the network's dtype, while `hold` keeps them."""

    def __init__(self, base_layer: nn.Linear, active: list[str]) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.lora_A, self.lora_B, self.lora_dropout = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        self.scaling: dict[str, float] = {}
        self.roles = active

    def add(self, role: str, *, rank: int, scaling: float, dropout: float) -> None:
        """Makes room for a role: its float32 A and B, whose values are not set, on the base's device."""
        device, (num_out, num_in) = self.base_layer.weight.device, self.base_layer.weight.shape
        settings = {"bias": False, "device": device, "dtype": torch.float32}
        self.lora_A[role] = skip_init(nn.Linear, num_in, rank, **settings)
        self.lora_B[role] = skip_init(nn.Linear, rank, num_out, **settings)
        self.lora_dropout[role] = nn.Dropout(dropout) if dropout else nn.Identity()
        self.scaling[role] = scaling

    @property
    def active_role(self) -> str | None:
        """The role that acts on a forward, if it has an adapter in this layer."""
        return self.roles[0] if self.roles and self.roles[0] in self.scaling else None

    def master(self, role: str) -> tuple[nn.Parameter, nn.Parameter]:
        """The role's float32 A [rank, in] and B [out, rank]."""
        a, b = (part.get_submodule(role).get_parameter("weight") for part in (self.lora_A, self.lora_B))
        return a, b

    def weights(self, role: str, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        a, b = self.master(role)
        return a.to(dtype), b.to(dtype)

    def active_weights(self, dtype: torch.dtype) -> tuple[Tensor, Tensor] | None:
        """The active role's A times its scaling, and its B, in `dtype`; None where no role acts."""
        if (role := self.active_role) is None:
            return None
        a, b = self.master(role)
        return (a * self.scaling[role]).to(dtype), b.to(dtype)

    def delta(self, role: str) -> Tensor:
        """[out, in] float32 scaling * B A: what the role adds to the base's weight."""
        a, b = self.master(role)
        return (b @ a) * self.scaling[role]

    def forward(self, x: Tensor) -> Tensor:
        base = self.base_layer(x)
        if (role := self.active_role) is None:
            return base
        a, b = self.held or self.weights(role, x.dtype)
        low_rank = F.linear(self.lora_dropout[role](x), a) * self.scaling[role]
        update = torch.addmm(base.flatten(0, -2), low_rank.flatten(0, -2), b.T)
        return update.view(base.shape)


def as_it_acts(module: nn.Module) -> AbstractContextManager[None]:
    """A context in which the role that acts on the module's layers now acts again, whatever acts by then."""
    layer = next((m for m in module.modules() if isinstance(m, LoraLinear)), None)
    return nullcontext() if layer is None else _acting(layer.roles, list(layer.roles))


@contextmanager
def _acting(roles: list[str], then: list[str]) -> Iterator[None]:
    now = list(roles)
    roles[:] = then
    try:
        yield
    finally:
        roles[:] = now


@contextmanager
def hold(model: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Within it, the active roles' weights are rounded once and not at every call; nothing may train or switch them."""
    layers = [m for m in model.modules() if isinstance(m, LoraLinear)]
    try:
        for layer in layers:
            layer.held = None if layer.active_role is None else layer.weights(layer.active_role, dtype)
        yield
    finally:
        for layer in layers:
            layer.held = None
