"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import settings

# A busy machine is no failure: no example has a deadline. The same commit tries the same examples, so that a red run is
# the change's fault; `make test ARGS="--hypothesis-profile=explore tests/property"` looks for new ones.
settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("default")

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public development data beside the checkout; skips where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no development data at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def gemma_270m_gguf() -> Path:
    """The real Gemma 3 270M base as a GGUF file."""
    from model.load import resolve_checkpoint

    return resolve_checkpoint("gemma-3-270m")
