"""llama.cpp as an independent reader of our GGUF files, through its server in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, kw_only=True, slots=True)
class LlamaCompletion:
    token_ids: tuple[int, ...]
    """Without the token that ended it."""
    logprobs: tuple[dict[int, float], ...]
    """Per token sampled: the most likely ids and their log-probabilities in nats."""
    num_prompt_tokens: int


class LlamaCpp:
    """A loaded GGUF: one thread, float32 keys and values, greedy."""

    def __init__(self, path: Path) -> None:
        xllamacpp = pytest.importorskip("xllamacpp")
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx, params.n_parallel, params.warmup, params.verbosity = 256, 1, False, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        self._server = xllamacpp.Server(params)

    def complete(self, prompt_ids: Sequence[int], num_tokens: int, num_probs: int = 1) -> LlamaCompletion:
        """At most `num_tokens` greedy tokens after the prompt."""
        request = {"prompt": list(prompt_ids), "n_predict": num_tokens, "n_probs": num_probs}
        return _read(self._server.handle_completions(request | _GREEDY))

    def chat(self, messages: Sequence[Any], num_tokens: int) -> LlamaCompletion:
        """Like `complete`, with the prompt made by the file's own chat template and tokenizer."""
        request = {"messages": list(messages), "max_tokens": num_tokens, "logprobs": True, "top_logprobs": 1}
        return _read(self._server.handle_chat_completions(request | _GREEDY))


_GREEDY = {"temperature": 0.0, "cache_prompt": False}


def _read(answer: dict[str, Any]) -> LlamaCompletion:
    assert "choices" in answer, answer
    content = answer["choices"][0]["logprobs"]["content"]
    return LlamaCompletion(
        token_ids=tuple(token["id"] for token in content),
        logprobs=tuple({top["id"]: top["logprob"] for top in token["top_logprobs"]} for token in content),
        num_prompt_tokens=answer["usage"]["prompt_tokens"],
    )
