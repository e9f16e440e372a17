"""What a process pays for before its first token: the slow packages stay out until something needs them."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("peft", "transformers", "torch._dynamo", "datasets", "wandb", "matplotlib")


def modules_after(program: str) -> set[str]:
    whole = f"{program}\nimport sys\nprint(*[name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_jobs_import_no_slow_package() -> None:
    assert modules_after("import jobs.parts, rlhf.sampler") == set()


def test_a_network_with_adapters_is_made_and_sampled_from_without_one() -> None:
    program = """
import torch
from model.lora import AdapterRoles, LoraSpec
from model.testing import TINY
from model.transformer import Gemma3ForCausalLM

with torch.device("meta"):
    Gemma3ForCausalLM(TINY)
roles = AdapterRoles(Gemma3ForCausalLM(TINY).eval())
roles.add("policy", LoraSpec(rank=2, alpha=4), seed=0)
with torch.no_grad(), roles.using("policy"):
    roles.model.logits(roles.model(torch.ones((1, 4), dtype=torch.int64)))
"""
    assert modules_after(program) == set()


def test_the_list_can_tell() -> None:
    assert modules_after("import peft") >= {"peft", "transformers"}
