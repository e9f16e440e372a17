"""Networks with an adapter that does something."""

from __future__ import annotations

import torch

from model.lora import AdapterRoles, LoraSpec
from model.transformer import Gemma3ForCausalLM


def sharing(model: Gemma3ForCausalLM) -> Gemma3ForCausalLM:
    """Another network on the same weight tensors, so that adapters on it leave the first one as it is."""
    with torch.device("meta"):
        other = Gemma3ForCausalLM(model.config)
    other.load_state_dict(model.state_dict(), assign=True)
    return other.eval()


def with_adapter(model: Gemma3ForCausalLM, *, std: float = 0.1) -> AdapterRoles:
    """The network with an active policy, of which B is random too."""
    roles = AdapterRoles(model)
    roles.add("policy", LoraSpec(rank=4, alpha=16), seed=0)
    generator = torch.Generator().manual_seed(3)
    for tensor in roles.state_dict("policy").values():
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * std)
    roles.activate("policy")
    return roles
