"""The real Gemma 3 270M and its reference, once per session: 1.1 GB of float32 weights that both share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from transformers import Gemma3ForCausalLM as TransformersGemma3

    from model.tokenizer import Tokenizer
    from model.transformer import Gemma3ForCausalLM


@pytest.fixture(scope="session")
def gemma_270m(gemma_270m_gguf: Path) -> Gemma3ForCausalLM:
    """The native network in float32; tests leave its weights alone."""
    from model.load import load_model

    return load_model(gemma_270m_gguf)


@pytest.fixture(scope="session")
def gemma_270m_twin(gemma_270m: Gemma3ForCausalLM) -> TransformersGemma3:
    """transformers' network on the same tensors, with SDPA."""
    from tests.parity.tracer import transformers_twin

    return transformers_twin(gemma_270m, "sdpa")


@pytest.fixture(scope="session")
def gemma_270m_tokenizer(gemma_270m_gguf: Path) -> Tokenizer:
    from model.load import load_tokenizer

    return load_tokenizer(gemma_270m_gguf)
