"""Verdicts of every completion, failures that are counted, and the numbers for the log."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from rewards.base import Reward, Sample, State, Verdict
from rlhf.errors import ScoringError
from rlhf.scoring import check_failures, rollout_metrics, score_groups, variance_shares
from rlhf.types import FinishReason, RolloutGroup, ScoredGroup
from tests.rollouts import make_completion, make_prompt, scored_group


def rollout(*lengths: int, finish: FinishReason = FinishReason.STOP, name: str = "p") -> RolloutGroup:
    completions = tuple(make_completion([7] * n, finish=finish, logprobs=[-0.5] * n) for n in lengths)
    return RolloutGroup(prompt=make_prompt([2], name, answer="42"), completions=completions)


def test_a_reward_sees_the_text_and_the_facts_of_every_completion() -> None:
    seen: list[Sample] = []

    def reward(group: Sequence[Sample]) -> list[Verdict]:
        seen.extend(group)
        return [Verdict.of(sample.num_tokens) for sample in group]

    scored = score_groups([rollout(1, 3), rollout(2, finish=FinishReason.LENGTH, name="q")], reward)
    assert [[v.value for v in group.verdicts] for group in scored] == [[1, 3], [2]]
    assert [(s.prompt, s.completion, s.finish_reason, s.num_tokens) for s in seen] == [
        ("question p", "7", "stop", 1),
        ("question p", "7 7 7", "stop", 3),
        ("question q", "7 7", "length", 2),
    ]
    assert seen[0].reference == {"answer": "42"}


def test_an_exception_fails_the_group_and_not_the_others() -> None:
    def reward(group: Sequence[Sample]) -> list[Verdict]:
        if group[0].prompt == "question q":
            raise ZeroDivisionError("by nothing")
        return [Verdict.of(1)] * len(group)

    first, second = score_groups([rollout(1, 1), rollout(1, 1, 1, name="q")], reward)
    assert all(v.value == 1 for v in first.verdicts)
    assert [(v.state, v.reason) for v in second.verdicts] == [(State.FAILED, "ZeroDivisionError: by nothing")] * 3


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_reward_that_is_no_finite_number_is_a_failure(value: float) -> None:
    (group,) = score_groups([rollout(1, 1)], lambda group: [Verdict.of(value), Verdict.of(0.5)])
    assert [v.value for v in group.verdicts] == [None, 0.5]
    assert f"the reward is {value}" in group.verdicts[0].reason


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_wrong_number_of_verdicts_names_the_prompt_and_both_counts(count: int) -> None:
    with pytest.raises(ScoringError, match=f"returned {count} verdicts for the 2 completions of p;"):
        score_groups([rollout(1, 1)], lambda group: [Verdict.of(1)] * count)


def test_too_many_failures_stop_with_the_commonest_reason() -> None:
    verdicts = (Verdict.of(1), Verdict.failed("no sandbox"), Verdict.failed("no luck"), Verdict.failed("no luck"))
    scored = [ScoredGroup(group=rollout(1, 1, 1, 1), verdicts=verdicts), scored_group([1, 1, 0, 0])]
    check_failures(scored, 0.375)
    with pytest.raises(ScoringError, match=r"3 of 8 completions got no reward.*=0\.37;.*no luck\. Mend"):
        check_failures(scored, 0.37)


def test_metrics_are_means_over_all_completions() -> None:
    def verdict(value: float, correct: float, style: float | None) -> Verdict:
        terms = {"correct": Verdict.of(correct)}
        terms["style"] = Verdict.not_applicable() if style is None else Verdict.of(style)
        return Verdict.of(value, terms=terms)

    scored = [
        ScoredGroup(group=rollout(1, 3), verdicts=(verdict(1, 1, None), verdict(0, 0, 0.25))),
        ScoredGroup(group=rollout(4, finish=FinishReason.LENGTH), verdicts=(verdict(2, 1, 0.75),)),
        ScoredGroup(group=rollout(4), verdicts=(Verdict.failed("no luck"),)),
    ]
    metrics = rollout_metrics(scored, accuracy_term="correct")
    assert metrics == pytest.approx(
        {
            "reward/failed_share": 0.25,
            "reward/mean": 1.0,
            "reward/std": math.sqrt(2 / 3),
            "reward/correct": 2 / 3,
            "reward/correct/std": math.sqrt(2 / 9),
            "reward/correct/coverage": 0.75,
            "reward/correct/failed_share": 0.0,
            "time/reward/correct_s": 0.0,
            "reward/style": 0.5,
            "reward/style/std": 0.25,
            "reward/style/coverage": 0.5,
            "reward/style/failed_share": 0.0,
            "time/reward/style_s": 0.0,
            "accuracy": 2 / 3,
            "len/completion_tok": 3.0,
            "len/truncated": 0.25,
            "entropy": 0.5,
        }
    )


def test_without_the_accuracy_term_there_is_no_accuracy() -> None:
    assert "accuracy" not in rollout_metrics([scored_group([1, 0])], accuracy_term="correct")


def test_when_every_reward_failed_the_log_says_so_and_nothing_else_of_it() -> None:
    metrics = rollout_metrics([scored_group([None, None])], accuracy_term="correct")
    assert metrics["reward/failed_share"] == 1.0
    assert "reward/mean" not in metrics


def test_a_terms_failures_coverage_and_seconds_are_counted_over_all_completions() -> None:
    judged = [
        Verdict(state=State.VALUE, value=1.0, seconds=0.5),
        Verdict(state=State.TIMED_OUT, seconds=2.0),
        Verdict.failed("no"),
        Verdict.not_applicable(),
    ]
    verdicts = tuple(Verdict.of(1.0, terms={"judge": verdict}) for verdict in judged)
    metrics = rollout_metrics([ScoredGroup(group=rollout(1, 1, 1, 1), verdicts=verdicts)], accuracy_term="correct")
    assert metrics["reward/judge/coverage"] == 0.25
    assert metrics["reward/judge/failed_share"] == 0.5
    assert metrics["time/reward/judge_s"] == 2.5


def test_the_terms_share_the_variance_of_the_reward_within_groups() -> None:
    # By hand: a is +-0.5 about its mean, b +-1.5, and r their sum, +-2: c_a = 2 * 1, c_b = 2 * 3.
    def verdict(a: float, b: float) -> Verdict:
        return Verdict.of(a + b, parts={"a": a, "b": b, "level": 7.0})

    group = ScoredGroup(group=rollout(1, 1), verdicts=(verdict(0.0, 0.0), verdict(1.0, 3.0)))
    assert variance_shares([group, scored_group([1, 1])]) == pytest.approx({"a": 0.25, "b": 0.75, "level": 0.0})
    assert variance_shares([scored_group([1, 1])]) == {}


def test_the_step_reaches_a_reward_that_changes_over_a_run_and_evaluations_have_none() -> None:
    class Rising:
        def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
            return [Verdict.of(-1)] * len(group)

        def at(self, step: int) -> Reward:
            return lambda group: [Verdict.of(step)] * len(group)

    assert score_groups([rollout(1)], Rising(), step=3)[0].verdicts[0].value == 3
    assert score_groups([rollout(1)], Rising())[0].verdicts[0].value == -1
