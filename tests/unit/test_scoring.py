"""Verdicts of every completion, failures that are counted, and the numbers for the log."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from rewards.base import Sample, State, Verdict
from rlhf.errors import ScoringError
from rlhf.scoring import check_failures, rollout_metrics, score_groups
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
            "reward/style": 0.5,
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
