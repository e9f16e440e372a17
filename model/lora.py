"""LoRA adapters as named roles on one base network, in peft's files.

Roles (policy, reference, later value and reward) share the base weights in memory; exactly one of them or none acts on
a forward, and switching between them copies nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from model.adapter_files import (
    ALL_LINEAR,
    PEFT_PREFIX,
    LoraSpec,
    check_adapter_base,
    check_tensors,
    read_adapter,
    write_adapter,
)
from model.base_mark import BaseMark
from model.errors import ModelError
from model.lora_layer import LoraLinear
from model.transformer import Gemma3ForCausalLM

__all__ = ["ALL_LINEAR", "AdapterRoles", "LoraSpec"]


class AdapterRoles:
    """The adapters of one network, by role. Making it freezes the base, which is never written to.

    Adapters are float32 whatever the base's dtype is: an update of a step is far below bfloat16's resolution.

    >>> from model.testing import tiny_model
    >>> roles = AdapterRoles(tiny_model())
    >>> roles.add("policy", LoraSpec(rank=4, alpha=8), seed=0)
    >>> roles.active is None
    True
    >>> with roles.using("policy"):
    ...     roles.active
    'policy'
    """

    def __init__(self, model: Gemma3ForCausalLM) -> None:
        assert not any(isinstance(m, LoraLinear) for m in model.modules()), "the network has its AdapterRoles already"
        self.model = model.requires_grad_(False)
        self._specs: dict[str, LoraSpec] = {}
        self._layers: dict[str, LoraLinear] = {}
        # All layers hold this very list, so that a switch is one assignment for the whole network. peft's own switch
        # walks the modules and flips requires_grad, so that a frozen reference would train.
        self._active: list[str] = []

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._specs)

    @property
    def active(self) -> str | None:
        """The role that acts on forwards; None for the base alone."""
        return self._active[0] if self._active else None

    def spec(self, role: str) -> LoraSpec:
        self._require(role)
        return self._specs[role]

    def add(self, role: str, spec: LoraSpec, *, seed: int, trainable: bool = True) -> None:
        """Adds a role that changes nothing yet: B is zero, A is drawn from `seed`. It is not activated.

        A depends on the seed alone, not on the device, the base's dtype or the global generator.

        Raises:
            ModelError: if the role exists.
        """
        if role in self._specs:
            raise ModelError(f"role {role!r} exists already; the roles are {self._listed()}")
        if not role or "." in role:
            raise ModelError(f"role {role!r} cannot name a module; use a word without dots")
        for layer in self._layers_for(spec):
            layer.add(role, rank=spec.rank, scaling=spec.alpha / spec.rank, dropout=spec.dropout)
        self._layers = {name: m for name, m in self.model.named_modules() if isinstance(m, LoraLinear)}
        self._specs[role] = spec
        self._draw(role, torch.Generator().manual_seed(seed))
        for parameter in self.parameters(role):
            parameter.requires_grad_(trainable)
        self.model.train(self.model.training)

    def load(self, role: str, folder: Path, *, trainable: bool = True) -> None:
        """Adds a role from a peft adapter folder, whoever wrote it. It is not activated.

        Raises:
            CheckpointFormatError: if a file is missing or broken, or the adapter was made for another network or (where
                it says so: those that `save` wrote do) trained on another base of this shape; the network is unchanged
                then.
            ModelError: if the role exists.
        """
        spec, tensors = read_adapter(folder, self.model.config)
        check_adapter_base(folder, BaseMark.of(self.model))
        self.add(role, spec, seed=0, trainable=trainable)
        self.load_state_dict(role, tensors)

    def save(self, role: str, folder: Path, *, base_name: str) -> None:
        """Writes the role as a peft adapter folder for `Gemma3ForCausalLM`; `base_name` is the base's hub name."""
        mark = BaseMark.of(self.model)
        write_adapter(folder, self.spec(role), self.state_dict(role), base_name=base_name, base=mark)

    def snapshot(self, source: str, role: str) -> None:
        """Adds a frozen copy of `source` as `role`, without dropout: the reference of an adapter that is trained on."""
        self.add(role, replace(self.spec(source), dropout=0.0), seed=0, trainable=False)
        self.load_state_dict(role, self.state_dict(source))

    def activate(self, role: str | None) -> None:
        """Lets `role` alone act on forwards; None switches every adapter off. No parameter changes."""
        if role is not None:
            self._require(role)
        self._active[:] = [] if role is None else [role]

    @contextmanager
    def using(self, role: str | None) -> Iterator[None]:
        """Like `activate` for one block; the role before it comes back, whatever happens inside."""
        before = self.active
        self.activate(role)
        try:
            yield
        finally:
            self.activate(before)

    def parameters(self, role: str) -> list[nn.Parameter]:
        """The role's float32 parameters in the order of `state_dict`."""
        return list(self._named(role).values())

    def state_dict(self, role: str) -> dict[str, Tensor]:
        """The role's tensors under the names of a peft adapter file; they share memory with the parameters."""
        return {key: parameter.detach() for key, parameter in self._named(role).items()}

    def load_state_dict(self, role: str, tensors: Mapping[str, Tensor]) -> None:
        """Copies tensors in; the parameters stay the same objects, so an optimizer keeps its hold on them.

        Raises:
            CheckpointFormatError: at the first tensor that is missing, unexpected or of another shape.
        """
        own = self._named(role)
        check_tensors(
            tensors, {key: tuple(parameter.shape) for key, parameter in own.items()}, f"state of role {role!r}"
        )
        with torch.no_grad():
            for key, parameter in own.items():
                parameter.copy_(tensors[key])

    def base_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The base's own parameters under Hugging Face's names, as if there were no adapters."""
        adapters = {id(p) for role in self._specs for p in self.parameters(role)}
        for name, parameter in self.model.named_parameters():
            if id(parameter) not in adapters:
                yield name.replace(".base_layer.", "."), parameter

    def delta(self, role: str, parameter_name: str) -> Tensor | None:
        """[out, in] float32 scale * B @ A that the role adds to a base parameter; None where it has no adapter."""
        self._require(role)
        layer = self._layers.get(parameter_name.removesuffix(".weight"))
        if layer is None or role not in layer.scaling:
            return None
        with torch.no_grad():
            return layer.delta(role)

    def _layers_for(self, spec: LoraSpec) -> list[LoraLinear]:
        """The layers that the spec names, in the network's order; what is still a plain layer is wrapped first."""
        found = list[LoraLinear]()
        for parent in list(self.model.modules()):
            for name, child in list(parent.named_children()):
                if name not in spec.targets:
                    continue
                if not isinstance(child, LoraLinear):
                    assert isinstance(child, nn.Linear), f"{name} is no linear layer"
                    child = LoraLinear(child, self._active)
                    setattr(parent, name, child)
                found.append(child)
        return found

    def _draw(self, role: str, generator: torch.Generator) -> None:
        """Makes B zero and draws A like `nn.Linear` would, from a generator of its own."""
        for key, parameter in self._named(role).items():
            drawn = torch.zeros(parameter.shape)
            if ".lora_A." in key:
                nn.init.kaiming_uniform_(drawn, a=math.sqrt(5), generator=generator)
            parameter.data.copy_(drawn)

    def _named(self, role: str) -> dict[str, nn.Parameter]:
        self._require(role)
        named = dict[str, nn.Parameter]()
        for name, layer in self._layers.items():
            if role in layer.scaling:
                a, b = layer.master(role)
                named |= {f"{PEFT_PREFIX}{name}.lora_A.weight": a, f"{PEFT_PREFIX}{name}.lora_B.weight": b}
        return named

    def _require(self, role: str) -> None:
        if role not in self._specs:
            raise ModelError(f"no role {role!r}; the roles are {self._listed()}; add or load it first")

    def _listed(self) -> str:
        return ", ".join(map(repr, self._specs)) or "none yet"
