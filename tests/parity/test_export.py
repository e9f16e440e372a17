"""Exported files in the programs that people load them with: transformers and llama.cpp."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from gguf import TokenType
from transformers import AutoModelForCausalLM, AutoTokenizer

from model.card import CardFacts
from model.chat import Message
from model.config import Gemma3Config
from model.export import export_checkpoint
from model.lora import AdapterRoles
from model.testing import TINY, TINY_NARROW, TINY_SCALED, tiny_model
from model.testing_tokenizer import tiny_tokenizer
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from tests.parity.adapters import sharing, with_adapter
from tests.parity.llama_cpp import LlamaCpp

CHAT: list[Message] = [{"role": "user", "content": "What is 2 plus 3?"}]
NUM_TOKENS = 24
"""Three windows of the tiny networks."""

CONFIGS = pytest.mark.parametrize("config", [TINY, TINY_SCALED, TINY_NARROW], ids=["tiny", "scaled", "narrow"])


def speaking_model(config: Gemma3Config) -> Gemma3ForCausalLM:
    """A tiny network that is sure of its next token (logits 11 times as large) and never says bytes or control tokens.

    llama.cpp's server does not list tokens that are no whole character.
    """
    model = tiny_model(config)
    silent = [i for i, kind in enumerate(tiny_tokenizer().vocabulary.token_types) if kind is not TokenType.NORMAL]
    with torch.no_grad():
        model.model.norm.weight.add_(10.0)
        model.model.embed_tokens.weight[silent] = 0.0
    return model


def export(roles: AdapterRoles, tokenizer: Tokenizer, folder: Path, *formats: str) -> None:
    card = CardFacts(name="exported", data="", training="", results="")
    export_checkpoint(
        roles.model,
        roles,
        "policy",
        tokenizer,
        folder,
        base_name="google/gemma-3-270m",
        card=card,
        formats=formats,
        merged_dtype=torch.float32,
        gguf_dtype=torch.float32,
    )


@torch.no_grad()
def greedy(model: Gemma3ForCausalLM, prompt_ids: Sequence[int], num_tokens: int) -> tuple[int, ...]:
    """Our completion by full forwards, without a cache."""
    token_ids = list(prompt_ids)
    for _ in range(num_tokens):
        token_ids.append(int(model.logits(model(torch.tensor([token_ids]))[0, -1]).argmax()))
    return tuple(token_ids[len(prompt_ids) :])


@CONFIGS
def test_the_merged_folder_gives_our_logits_and_tokens_in_transformers(config: Gemma3Config, tmp_path: Path) -> None:
    roles, tokenizer = with_adapter(speaking_model(config)), tiny_tokenizer()
    export(roles, tokenizer, tmp_path, "merged")
    theirs, report = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", output_loading_info=True)
    assert not any(report[problem] for problem in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert theirs.generation_config.eos_token_id == [1, 106]
    prompt_ids = AutoTokenizer.from_pretrained(tmp_path / "merged").apply_chat_template(
        CHAT, add_generation_prompt=True, return_dict=False
    )
    assert prompt_ids == tokenizer.encode_chat(CHAT)
    ours = greedy(roles.model, prompt_ids, NUM_TOKENS)
    prompt = torch.tensor([prompt_ids])
    completed = theirs.generate(prompt, do_sample=False, max_new_tokens=NUM_TOKENS)[0, len(prompt_ids) :]
    assert tuple(completed.tolist()) == ours
    with torch.no_grad():
        logits = roles.model.logits(roles.model(prompt))
        torch.testing.assert_close(logits, theirs(prompt).logits, atol=1e-4, rtol=0)
        with roles.using(None):
            assert (logits - roles.model.logits(roles.model(prompt))).abs().max() > 1.0
            assert greedy(roles.model, prompt_ids, NUM_TOKENS) != ours


@CONFIGS
def test_the_gguf_gives_our_tokens_and_logprobs_in_llama_cpp(config: Gemma3Config, tmp_path: Path) -> None:
    roles, tokenizer = with_adapter(speaking_model(config)), tiny_tokenizer()
    export(roles, tokenizer, tmp_path, "gguf")
    llama = LlamaCpp(tmp_path / "exported.gguf")
    prompt_ids = tokenizer.encode("What is 2 plus 3?", add_bos=True)
    theirs = llama.complete(prompt_ids, NUM_TOKENS, num_probs=config.vocab_size)
    assert theirs.token_ids == greedy(roles.model, prompt_ids, NUM_TOKENS)
    token_ids = torch.tensor([[*prompt_ids, *theirs.token_ids]])
    with torch.no_grad():
        logprobs = roles.model.logits(roles.model(token_ids)).log_softmax(-1)[0, len(prompt_ids) - 1 : -1]
    listed = torch.tensor([[step[i] for i in range(config.vocab_size)] for step in theirs.logprobs])
    # ggml looks GELU up in a float16 table; 0.037 was the largest difference seen, at logits 11 times the usual.
    torch.testing.assert_close(listed, logprobs, atol=0.06, rtol=0)
    with roles.using(None):
        assert greedy(roles.model, prompt_ids, NUM_TOKENS) != theirs.token_ids


@CONFIGS
def test_llama_cpp_answers_a_chat_as_we_do(config: Gemma3Config, tmp_path: Path) -> None:
    """Template and vocabulary are the file's own."""
    roles, tokenizer = with_adapter(speaking_model(config)), tiny_tokenizer()
    export(roles, tokenizer, tmp_path, "gguf")
    prompt_ids = tokenizer.encode_chat(CHAT)
    theirs = LlamaCpp(tmp_path / "exported.gguf").chat(CHAT, NUM_TOKENS)
    assert theirs.num_prompt_tokens == len(prompt_ids)
    assert theirs.token_ids == greedy(roles.model, prompt_ids, NUM_TOKENS)


@pytest.mark.real
@pytest.mark.slow
def test_the_real_270m_gives_our_tokens_in_transformers_and_llama_cpp(
    gemma_270m: Gemma3ForCausalLM, gemma_270m_tokenizer: Tokenizer, tmp_path: Path
) -> None:
    roles = with_adapter(sharing(gemma_270m), std=0.01)
    texts = ("The capital of France is", "Q: 17 + 25 =\nA: 42\n\nQ: 8 + 64 =\nA:")
    prompts = [gemma_270m_tokenizer.encode(text, add_bos=True) for text in texts]
    ours = [greedy(roles.model, prompt_ids, 16) for prompt_ids in prompts]
    with roles.using(None):
        assert greedy(roles.model, prompts[0], 16) != ours[0]
    export(roles, gemma_270m_tokenizer, tmp_path, "merged")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    for prompt_ids, completion in zip(prompts, ours, strict=True):
        theirs = merged.generate(torch.tensor([prompt_ids]), do_sample=False, max_new_tokens=16)
        assert tuple(theirs[0, len(prompt_ids) :].tolist()) == completion
    del merged
    shutil.rmtree(tmp_path / "merged")  # a gigabyte, as the next one
    export(roles, gemma_270m_tokenizer, tmp_path, "gguf")
    llama = LlamaCpp(tmp_path / "exported.gguf")
    assert [llama.complete(prompt_ids, 16).token_ids for prompt_ids in prompts] == ours
    (tmp_path / "exported.gguf").unlink()
