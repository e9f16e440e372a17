"""Held-out evaluation: counts by hand, intervals against theory, pairs of the same prompts only."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import pytest

from rewards.base import Sample, Verdict
from rlhf.errors import ConfigError
from rlhf.evaluate import Evaluation, EvaluationPlan, evaluate, mean_interval, paired_interval, pass_at_k
from rlhf.runtime import Runtime
from rlhf.sampler import SamplingParams
from rlhf.types import Completion, FinishReason, Prompt, RolloutGroup
from tests.rollouts import make_prompt

PLAN = EvaluationPlan(num_prompts=2, samples_per_prompt=4, max_completion_tokens=3, seed=5)
ANSWERS = {"easy": ["right"] * 4, "hard": ["wrong", "right", "wrong", "broken"]}


class Scripted:
    """A sampler that answers from ANSWERS; greedy gives the first."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, SamplingParams, int]] = []

    def sample(
        self, prompts: Sequence[Prompt], group_size: int, params: SamplingParams, *, seed: int
    ) -> list[RolloutGroup]:
        self.seen.append((group_size, params, seed))
        return [
            RolloutGroup(prompt=p, completions=tuple(completion(text) for text in ANSWERS[p.id][:group_size]))
            for p in prompts
        ]

    def publish(self, version: int) -> None:
        raise AssertionError("an evaluation publishes nothing")


def completion(text: str) -> Completion:
    return Completion(
        token_ids=(7, 1), sampling_logprobs=(0.0, 0.0), finish_reason=FinishReason.STOP, text=text, policy_version=0
    )


def reward(group: Sequence[Sample]) -> list[Verdict]:
    def judge(text: str) -> Verdict:
        terms = {"correct": Verdict.of(text == "right"), "format": Verdict.of(text != "broken")}
        return Verdict.of(sum(term.value or 0.0 for term in terms.values()), terms=terms)

    return [judge(sample.completion) for sample in group]


def result() -> Evaluation:
    prompts = [make_prompt([2, 5], "easy"), make_prompt([2, 6], "hard")]
    return evaluate(Scripted(), prompts, reward, PLAN, Runtime(cpu=True))


def test_every_column_counts_what_it_says() -> None:
    evaluation = result()
    assert evaluation.greedy == (1.0, 0.0)
    assert evaluation.sampled == (1.0, 0.25)
    assert evaluation.pass_at_k == (1.0, 1.0)
    assert evaluation.well_formed == (1.0, 0.75)
    assert evaluation.num_tokens == 2.0
    assert list(evaluation.columns()) == ["pass@1 (sampled)", "greedy", "pass@4", "well-formed"]


def test_it_samples_once_greedily_and_then_k_times_with_the_recorded_seed() -> None:
    sampler = Scripted()
    evaluate(sampler, [make_prompt([2], "easy")], reward, PLAN, Runtime(cpu=True))
    assert [(size, params.temperature, seed) for size, params, seed in sampler.seen] == [(1, 0.0, 5), (4, 1.0, 5)]


def test_a_failed_verdict_counts_as_unsolved_and_a_reward_without_format_has_no_such_column() -> None:
    def failing(group: Sequence[Sample]) -> list[Verdict]:
        return [Verdict.failed("down")] * len(group)

    evaluation = evaluate(Scripted(), [make_prompt([2], "easy")], failing, PLAN, Runtime(cpu=True))
    assert evaluation.sampled == (0.0,)
    assert "well-formed" not in evaluation.columns()


def test_a_result_survives_the_way_to_a_file_and_back() -> None:
    evaluation = result()
    data = {key: list(v) if isinstance(v, tuple) else v for key, v in evaluation.to_dict().items()}
    assert Evaluation.from_dict(data) == evaluation


def test_the_interval_is_that_of_the_normal_approximation() -> None:
    values = [1.0] * 120 + [0.0] * 180
    estimate = mean_interval(values)
    half = 1.96 * sqrt(0.4 * 0.6 / 300)
    assert estimate.value == pytest.approx(0.4)
    assert estimate.low == pytest.approx(0.4 - half, abs=0.006)
    assert estimate.high == pytest.approx(0.4 + half, abs=0.006)


def test_pairing_makes_a_steady_gain_certain() -> None:
    before = [0.0, 0.2, 0.4, 0.6, 0.8] * 20
    after = [value + 0.1 for value in before]
    paired = paired_interval(after, before)
    assert (paired.value, paired.low, paired.high) == pytest.approx((0.1, 0.1, 0.1))
    assert mean_interval(after).low < mean_interval(before).high, "unpaired, the two intervals overlap"


def test_evaluations_of_other_prompts_are_not_compared() -> None:
    evaluation = result()
    other = replace(evaluation, prompt_ids=("easy", "third"))
    with pytest.raises(ValueError, match="same prompts"):
        evaluation.difference(other, "difference")


def test_pass_at_k_is_the_share_of_subsets_with_a_correct_sample() -> None:
    for n, c, k in ((5, 2, 3), (6, 1, 2), (4, 4, 1), (4, 0, 4)):
        subsets = list(itertools.combinations(range(n), k))
        share = sum(min(subset) < c for subset in subsets) / len(subsets)
        assert pass_at_k(n, c, k) == pytest.approx(share)


def test_an_empty_evaluation_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one prompt"):
        EvaluationPlan(num_prompts=0, max_completion_tokens=3, seed=0)
