"""The reference is the same network with another adapter or none."""

from __future__ import annotations

import torch

from rlhf.policy import POLICY, REFERENCE
from tests.rollouts import disturb, tiny_policy

TOKENS = torch.tensor([[2, 10, 20, 30]])


def test_the_base_is_the_reference_until_another_is_frozen() -> None:
    policy = tiny_policy()
    with torch.no_grad():
        with policy.as_base():
            base = policy.model(TOKENS)
        with policy.as_reference():
            assert torch.equal(policy.model(TOKENS), base)
        assert not torch.allclose(policy.model(TOKENS), base)


def test_a_frozen_reference_is_the_policy_of_that_moment_and_stays_so() -> None:
    policy = tiny_policy()
    with torch.no_grad():
        policy.freeze_reference()
        then = policy.model(TOKENS)
        with policy.as_reference():
            assert torch.equal(policy.model(TOKENS), then)
        disturb(policy)
        with policy.as_reference():
            assert torch.equal(policy.model(TOKENS), then)
        assert not torch.allclose(policy.model(TOKENS), then)
    assert not any(parameter.requires_grad for parameter in policy.roles.parameters(REFERENCE))


def test_a_state_brings_back_policy_and_reference() -> None:
    policy = tiny_policy()
    policy.freeze_reference()
    disturb(policy)
    state = {role: {k: v.clone() for k, v in tensors.items()} for role, tensors in policy.state_dict().items()}
    fresh = tiny_policy(trained=False)
    fresh.load_state_dict(state)
    with torch.no_grad():
        assert torch.equal(fresh.model(TOKENS), policy.model(TOKENS))
        with fresh.as_reference(), policy.as_reference():
            assert torch.equal(fresh.model(TOKENS), policy.model(TOKENS))
    assert fresh.roles.active == POLICY
