"""Whole jobs that any number of processes must do alike; run by torch's launcher from the tests.

What is sampled depends on the prompt alone, since every process samples with a seed of its own.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence

import jobs.parts
from model.tokenizer import Tokenizer
from model.transformer import Gemma3ForCausalLM
from rlhf.sampler import NativeSampler, OnFinished, SamplingParams
from rlhf.types import Prompt, RolloutGroup
from tests.integration.learners import TwoSamplers
from tests.rollouts import FixedSampler

TRAINING_TEMPERATURE = 1.25


class Alike(TwoSamplers):
    """Stands for a job's sampler: in training policy and anchor take turns, in evaluations there is no anchor."""

    def __init__(
        self,
        model: Gemma3ForCausalLM,
        tokenizer: Tokenizer,
        max_rows: int,
        max_draft_tokens: int,
        pack_weights: bool,
        keep_packed: bool,
    ) -> None:
        pass

    def sample(
        self,
        prompts: Sequence[Prompt],
        group_size: int,
        params: SamplingParams,
        *,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]:
        if params.temperature == TRAINING_TEMPERATURE:
            return super().sample(prompts, group_size, params, seed=seed)
        groups = FixedSampler.sample(self, prompts, group_size, params, seed=seed)
        for place, group in enumerate(groups):
            if on_finished is not None:
                on_finished(place, group)
        return groups


def run_all(told: Sequence[tuple[str, list[str]]]) -> None:
    """Run jobs by their command lines, one after the other."""
    jobs.parts.NativeSampler = Alike  # pyright: ignore[reportAttributeAccessIssue]
    try:
        for name, arguments in told:
            sys.argv = [name, *arguments]
            importlib.import_module(f"jobs.{name}").main()
    finally:
        jobs.parts.NativeSampler = NativeSampler


if __name__ == "__main__":
    run_all(json.loads(sys.argv[1]))
