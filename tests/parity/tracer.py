"""The reference network, and the first module at which two networks part ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Gemma3ForCausalLM as TransformersGemma3
from transformers import Gemma3TextConfig
from transformers.initialization import no_init_weights

from model.transformer import Gemma3ForCausalLM


def transformers_twin(model: Gemma3ForCausalLM, attention: str = "eager") -> TransformersGemma3:
    """transformers' network on the same weight tensors (shared storage, gradients of its own), in evaluation mode."""
    config = Gemma3TextConfig(**model.config.to_hf())
    config._attn_implementation = attention
    with no_init_weights():  # seven seconds at 270M, for numbers that are replaced at once
        twin = TransformersGemma3(config)
    missing, unexpected = twin.load_state_dict(model.state_dict(), strict=False, assign=True)
    assert (missing, unexpected) == (["lm_head.weight"], [])
    twin.tie_weights()
    return twin.requires_grad_(True).eval()


def first_divergence(
    native: Gemma3ForCausalLM, twin: TransformersGemma3, token_ids: Tensor, *, rtol: float
) -> str | None:
    """Where two networks first differ, in order of execution: `module.name: difference`; None if nowhere.

    Every module's output is compared, from the embedding to the final norm, on plain causal rows. The difference is the
    largest one over the reference's largest value, because the residual stream grows from layer to layer.
    """
    with torch.no_grad(), recorded(native) as ours, recorded(twin) as theirs:
        native(token_ids)
        twin(token_ids, use_cache=False)
    for name, output in ours.items():
        reference = theirs[name]
        if name.endswith(("q_norm", "k_norm")):
            reference = reference.transpose(1, 2)  # transformers norms after it moved the heads forward
        difference = ((output - reference).abs().max() / reference.abs().max()).item()
        if not difference <= rtol:  # so that NaN counts as different
            return f"{name}: {difference:.3g}"
    return None


@contextmanager
def recorded(network: nn.Module) -> Iterator[dict[str, Tensor]]:
    """The outputs of all modules below `network.model` by name, in the order in which they finish."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            outputs[name] = (output[0] if isinstance(output, tuple) else output).detach()

        return hook

    modules = dict(network.get_submodule("model").named_modules())
    skipped = ("", "layers")
    handles = [
        module.register_forward_hook(keep(name))
        for name, module in modules.items()
        if name not in skipped and not name.endswith(("act_fn", "rotary_emb"))
    ]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
