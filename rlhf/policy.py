"""The policy: one network, its adapter, and the reference that is the same network with another adapter or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from model.base_mark import BaseMark, check_state, state_of
from model.lora import AdapterRoles
from model.transformer import Gemma3ForCausalLM

POLICY = "policy"
REFERENCE = "reference"


class Policy:
    """A network whose active adapter is trained; the base's weights never change.

    Args:
        reference_role: adapter that stands for the reference, or None for the bare base.
    """

    def __init__(self, model: Gemma3ForCausalLM, roles: AdapterRoles, *, reference_role: str | None = None) -> None:
        self.model = model
        self.roles = roles
        self.reference_role = reference_role
        roles.activate(POLICY)

    def freeze_reference(self) -> None:
        """Make the policy as it is now the reference: the KL to it is exactly 0 until the next update."""
        if REFERENCE in self.roles.names:
            self.roles.load_state_dict(REFERENCE, self.roles.state_dict(POLICY))
        else:
            self.roles.snapshot(POLICY, REFERENCE)
        self.reference_role = REFERENCE

    @contextmanager
    def as_reference(self) -> Iterator[None]:
        """Inside, the network computes what the reference would."""
        with self.roles.using(self.reference_role):
            yield

    @contextmanager
    def as_base(self) -> Iterator[None]:
        """Inside, the network is the untouched base."""
        with self.roles.using(None):
            yield

    def parameters(self) -> list[nn.Parameter]:
        return self.roles.parameters(POLICY)

    def state_dict(self) -> dict[str, dict[str, Tensor]]:
        """The adapters of the policy and, when it has one of its own, of the reference; and the base's mark."""
        state = {POLICY: self.roles.state_dict(POLICY), **state_of(self.model)}
        if self.reference_role is not None:
            state[REFERENCE] = self.roles.state_dict(self.reference_role)
        return state

    def load_state_dict(self, state: dict[str, dict[str, Tensor]]) -> None:
        """Takes over what `state_dict` returned.

        Raises:
            CheckpointFormatError: if it is of another base.
        """
        check_state("the run's checkpoint", state, BaseMark.of(self.model))
        self.roles.load_state_dict(POLICY, state[POLICY])
        if REFERENCE in state:
            self.freeze_reference()
            self.roles.load_state_dict(REFERENCE, state[REFERENCE])
