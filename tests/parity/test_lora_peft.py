"""Adapters against transformers and peft, an independent implementation of the network and the reader of our files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor

from model.config import Gemma3Config
from model.lora import AdapterRoles
from model.testing import TINY, TINY_CONFIGS, tiny_model
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from tests.parity.adapters import sharing, with_adapter
from tests.parity.tracer import transformers_twin

TOKENS = torch.randint(1, TINY.vocab_size, (2, 3 * TINY.sliding_window), generator=torch.Generator().manual_seed(1))

CONFIGS = pytest.mark.parametrize("config", TINY_CONFIGS.values(), ids=TINY_CONFIGS.keys())


def logits_of(roles: AdapterRoles, role: str | None, token_ids: Tensor = TOKENS) -> Tensor:
    with torch.no_grad(), roles.using(role):
        return roles.model.logits(roles.model(token_ids))


@torch.no_grad()
def peft_logits(network: PeftModel, token_ids: Tensor = TOKENS) -> Tensor:
    return network(token_ids, use_cache=False).logits


def loss(logits: Tensor, token_ids: Tensor) -> Tensor:
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), token_ids[:, 1:].flatten())


def assert_same_gradients(roles: AdapterRoles, token_ids: Tensor, twin: PeftModel) -> None:
    """Every adapter tensor's gradient within 1e-4 of peft's, relative to its norm."""
    loss(roles.model.logits(roles.model(token_ids)), token_ids).backward()
    loss(twin(token_ids, use_cache=False).logits, token_ids).backward()
    theirs = {name.replace(".default.", "."): p.grad for name, p in twin.named_parameters() if p.requires_grad}
    ours = dict(zip(roles.state_dict("policy"), roles.parameters("policy"), strict=True))
    assert ours.keys() == theirs.keys()
    for name, parameter in ours.items():
        reference = theirs[name]
        assert reference is not None
        assert parameter.grad is not None, name
        assert reference.norm() > 0, name
        error = (parameter.grad - reference).norm() / reference.norm()
        assert error <= 1e-4, f"{name}: relative gradient error {error:.2g}"
    assert all(parameter.grad is None for _, parameter in roles.base_parameters())


@CONFIGS
def test_a_saved_adapter_gives_our_logits_in_peft(config: Gemma3Config, tmp_path: Path) -> None:
    model = tiny_model(config)
    twin = transformers_twin(model)
    roles = with_adapter(model)
    roles.save("policy", tmp_path, base_name="google/gemma-3-270m")
    loaded = PeftModel.from_pretrained(twin, str(tmp_path))
    ours = logits_of(roles, "policy")
    torch.testing.assert_close(ours, peft_logits(loaded), atol=1e-5, rtol=0)
    assert (ours - logits_of(roles, None)).abs().max() > 0.1
    with loaded.disable_adapter():
        torch.testing.assert_close(logits_of(roles, None), peft_logits(loaded), atol=1e-5, rtol=0)


@CONFIGS
def test_adapter_gradients_are_those_of_peft(config: Gemma3Config, tmp_path: Path) -> None:
    model = tiny_model(config)
    twin = transformers_twin(model)
    roles = with_adapter(model)
    roles.save("policy", tmp_path, base_name="google/gemma-3-270m")
    assert_same_gradients(roles, TOKENS, PeftModel.from_pretrained(twin, str(tmp_path), is_trainable=True))


@pytest.mark.real
@pytest.mark.slow
def test_adapter_gradients_on_the_real_270m_are_those_of_peft(
    gemma_270m: Gemma3ForCausalLM, gemma_270m_tokenizer: Tokenizer, tmp_path: Path
) -> None:
    text = "The history of the Roman Empire is long and complicated. In 27 BC, Augustus became the first emperor, and"
    token_ids = torch.tensor([gemma_270m_tokenizer.encode(text, add_bos=True)])
    roles = with_adapter(sharing(gemma_270m), std=0.02)
    roles.save("policy", tmp_path, base_name="google/gemma-3-270m")
    twin = transformers_twin(sharing(gemma_270m), attention="sdpa")
    loaded = PeftModel.from_pretrained(twin, str(tmp_path), is_trainable=True)
    ours = logits_of(roles, "policy", token_ids)
    torch.testing.assert_close(ours, peft_logits(loaded, token_ids), atol=1e-4, rtol=0)
    assert (ours - logits_of(roles, None, token_ids)).abs().max() > 0.1
    assert_same_gradients(roles, token_ids, loaded)


@pytest.mark.parametrize(
    "options",
    [
        {"target_modules": "all-linear"},
        {"target_modules": r".*self_attn\.(q_proj|v_proj)"},
        {"target_modules": ["down_proj"], "use_rslora": True},
    ],
    ids=["all-linear", "pattern", "rank-stabilized"],
)
def test_an_adapter_that_peft_made_gives_its_logits_here(options: dict[str, object], tmp_path: Path) -> None:
    model = tiny_model()
    twin = transformers_twin(model)
    theirs = get_peft_model(
        twin, LoraConfig(r=4, lora_alpha=6, init_lora_weights=False, task_type="CAUSAL_LM", **options)
    )
    theirs.save_pretrained(str(tmp_path))
    roles = AdapterRoles(model)
    roles.load("policy", tmp_path)
    ours = logits_of(roles, "policy")
    torch.testing.assert_close(ours, peft_logits(theirs.eval()), atol=1e-5, rtol=0)
    assert not torch.allclose(ours, logits_of(roles, None), atol=1e-3)
