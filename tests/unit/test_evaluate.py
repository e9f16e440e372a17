"""Held-out evaluation: counts by hand, intervals against theory, pairs of the same prompts only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import pytest

from rewards.base import Reward, Sample, Verdict
from rlhf.errors import ConfigError, DataError, ScoringError
from rlhf.evaluate import EvaluationPlan, evaluate
from rlhf.evaluation import Evaluation, prompt_digest, report_tables
from rlhf.intervals import mean_interval, mean_intervals
from rlhf.runtime import Runtime
from rlhf.sampler import OnFinished, SamplingParams
from rlhf.types import Completion, FinishReason, Prompt, RolloutGroup
from tests.rollouts import make_prompt

PLAN = EvaluationPlan(num_prompts=2, samples_per_prompt=4, max_completion_tokens=3, seed=5)
ANSWERS = {"easy": ["right"] * 4, "hard": ["wrong", "right", "wrong", "broken"]}


class Scripted:
    """A sampler that answers from ANSWERS; greedy gives the first."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, SamplingParams, int]] = []

    def sample(
        self,
        prompts: Sequence[Prompt],
        group_size: int,
        params: SamplingParams,
        *,
        seed: int,
        on_finished: OnFinished | None = None,
    ) -> list[RolloutGroup]:
        self.seen.append((group_size, params, seed))
        groups = [
            RolloutGroup(prompt=p, completions=tuple(completion(text) for text in ANSWERS[p.id][:group_size]))
            for p in prompts
        ]
        for place, group in enumerate(groups):
            if on_finished is not None:
                on_finished(place, group)
        return groups

    def publish(self, version: int) -> None:
        raise AssertionError("an evaluation publishes nothing")


def completion(text: str) -> Completion:
    return Completion(
        token_ids=(7, 1), sampling_logprobs=(0.0, 0.0), finish_reason=FinishReason.STOP, text=text, policy_version=0
    )


class Terms:
    """A reward with terms; it fails, without any terms, for completions of some text."""

    term_names = ("correct", "format", "size")

    def __init__(self, fails_on: str = "") -> None:
        self.fails_on = fails_on

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self.judge(sample.completion) for sample in group]

    def judge(self, text: str) -> Verdict:
        if text == self.fails_on:
            return Verdict.failed("checker died")
        size = Verdict.not_applicable() if text == "right" else Verdict.of(len(text))
        terms = {"correct": Verdict.of(text == "right"), "format": Verdict.of(text != "broken"), "size": size}
        return Verdict.of(sum(term.value or 0.0 for term in terms.values()), terms=terms)


reward = Terms()
PROMPTS = [make_prompt([2, 5], "easy"), make_prompt([2, 6], "hard")]


def result(reward: Reward = reward, plan: EvaluationPlan = PLAN) -> Evaluation:
    return evaluate(Scripted(), PROMPTS, reward, plan, Runtime(cpu=True))


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


def test_a_failed_reward_counts_as_unsolved_and_its_share_is_told() -> None:
    evaluation = result(Terms(fails_on="right"), replace(PLAN, max_failed_share=1.0))
    assert evaluation.sampled == (0.0, 0.0)
    assert evaluation.failed == (1.0, 0.2)
    assert evaluation.failed_share == pytest.approx(0.6)
    assert evaluation.columns()["reward failed"] == (1.0, 0.2)
    assert "reward failed" not in result().columns()


def test_too_many_failed_rewards_end_the_evaluation_with_the_reason() -> None:
    with pytest.raises(ScoringError, match=r"1 of the evaluation's 8 .*max_failed_share=0\.1;.*checker died"):
        result(Terms(fails_on="broken"), replace(PLAN, max_failed_share=0.1))
    assert result(Terms(fails_on="broken")).failed_share == pytest.approx(0.1)


def test_a_verdict_without_its_terms_is_not_well_formed_and_the_column_stays() -> None:
    assert result(Terms(fails_on="broken")).well_formed == (1.0, 0.75)
    assert result(plan=replace(PLAN, format_term="layout")).well_formed == ()


def test_every_term_has_its_mean_per_prompt_and_its_place_in_the_report() -> None:
    evaluation = result()
    assert evaluation.terms == {"correct": (1.0, 0.25), "format": (1.0, 0.75), "size": (None, 16 / 3)}
    assert evaluation.means()["reward/size"] == 16 / 3
    scores, terms = report_tables({"a": evaluation, "b": evaluation}, {"b - a": ("a", "b")})
    assert "size" not in scores.markdown()
    assert "| a | 0.625 [0.250, 1.000] | 0.875 [0.750, 1.000] | 5.333 [5.333, 5.333] |" in terms.markdown()
    assert terms.differences[0].name == "b - a"


def test_a_plan_that_reads_a_term_which_the_reward_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="correct_term is 'right' and the reward's terms are correct, format, size"):
        result(plan=replace(PLAN, correct_term="right"))
    with pytest.raises(ConfigError, match=r"the reward has no terms; name one .* or null"):
        result(lambda group: [Verdict.of(1.0)] * len(group))


def test_without_a_correct_term_the_total_decides_and_the_titles_say_so() -> None:
    evaluation = result(
        lambda group: [Verdict.of(s.completion == "right") for s in group], replace(PLAN, correct_term=None)
    )
    assert evaluation.sampled == (1.0, 0.25)
    assert list(evaluation.columns()) == [
        "reward >= 0.5 (sampled)",
        "reward >= 0.5 (greedy)",
        "reward >= 0.5 (any of 4)",
    ]


def test_progress_counts_completions_up_to_the_plans() -> None:
    told: list[int] = []
    evaluate(Scripted(), PROMPTS, reward, PLAN, Runtime(cpu=True), told.append)
    assert told == [1, 2, 6, 10]
    assert PLAN.num_completions == 10


def test_a_result_survives_the_way_to_a_file_and_back() -> None:
    evaluation = result()
    data = json.loads(json.dumps({"step": 3, **evaluation.to_dict()}))
    assert Evaluation.from_dict(data) == evaluation
    del data["prompt_digests"], data["failed"]
    with pytest.raises(DataError, match="earlier version: it has no prompt_digests, failed"):
        Evaluation.from_dict(data)


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
    paired = mean_interval([now - then for now, then in zip(after, before, strict=True)])
    assert (paired.value, paired.low, paired.high) == pytest.approx((0.1, 0.1, 0.1))
    assert mean_interval(after).low < mean_interval(before).high, "unpaired, the two intervals overlap"


def test_a_mean_leaves_out_prompts_without_a_value_and_columns_without_any() -> None:
    estimates = mean_intervals({"some": [0.5, None, 0.5], "none": [None, None, None]})
    assert list(estimates) == ["some"]
    assert (estimates["some"].value, estimates["some"].low, estimates["some"].high) == (0.5, 0.5, 0.5)


def test_drawing_in_blocks_changes_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [float(i % 7) for i in range(50)]
    whole = mean_interval(values)
    monkeypatch.setattr("rlhf.intervals._BLOCK_COUNTS", 50 * 999)
    assert mean_interval(values) == whole


def test_evaluations_of_other_prompts_are_not_compared_whatever_their_ids() -> None:
    evaluation = result()
    other = replace(evaluation, prompt_digests=("easy", "third"))
    with pytest.raises(DataError, match="same problems"):
        evaluation.difference(other, "difference")


@pytest.mark.parametrize("change", [{"temperature": 0.7}, {"max_completion_tokens": 9}, {"correct_term": None}])
def test_evaluations_with_other_sampling_are_not_compared(change: dict[str, object]) -> None:
    evaluation = result()
    with pytest.raises(DataError, match=f"had {next(iter(change))} .*set eval.plan"):
        evaluation.difference(replace(evaluation, **change), "difference")


def test_a_column_that_the_earlier_evaluation_lacks_is_left_out_of_the_difference() -> None:
    after = result()
    before = replace(after, well_formed=(), samples_per_prompt=2, terms={"correct": (0.5, 0.0)})
    assert list(after.difference(before, "d").cells) == ["pass@1 (sampled)", "greedy"]
    assert after.term_difference(before, "d").cells["correct"].value == pytest.approx(0.375)


def test_a_digest_tells_problems_apart_by_text_and_by_answer() -> None:
    same, text, answer = (
        make_prompt([2, 5], "p", answer="1"),
        make_prompt([2, 6], "p", answer="1"),
        make_prompt([2, 5], "p", answer="2"),
    )
    assert prompt_digest(same) == prompt_digest(make_prompt([2, 5], "other", answer="1"))
    assert len({prompt_digest(prompt) for prompt in (same, text, answer)}) == 3


def test_an_empty_evaluation_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one prompt"):
        EvaluationPlan(num_prompts=0, max_completion_tokens=3, seed=0)
