"""Verdicts of every completion, failures that are counted, and the numbers for the log."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from model.testing_tokenizer import tiny_tokenizer
from rewards import WeightedSum
from rewards.base import Reward, Sample, State, Verdict
from rlhf.advantages import Credit, GroupCentered
from rlhf.errors import ScoringError
from rlhf.losses import ClippedSurrogate, TokenMean
from rlhf.optim import OptimSettings
from rlhf.runtime import Runtime
from rlhf.sampler import NativeSampler, SamplingParams
from rlhf.scoring import Scoring, check_failures, rollout_metrics, score_groups, variance_shares
from rlhf.trainer import Plan, RLTrainer
from rlhf.types import FinishReason, RolloutGroup, ScoredGroup
from tests.rollouts import make_completion, make_prompt, scored_group, sums_stream, tiny_policy


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


def test_accuracy_is_the_share_of_values_of_at_least_a_half() -> None:
    verdicts = tuple(Verdict.of(value, terms={"correct": Verdict.of(value)}) for value in (2.0, 0.5, 0.4, -1.0))
    scored = [ScoredGroup(group=rollout(1, 1, 1, 1), verdicts=verdicts)]
    assert rollout_metrics(scored, accuracy_term="correct")["accuracy"] == 0.5


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


# Judging while others are sampled -------------------------------------------------------------------------------------


class Started:
    """An async function of one sample that says when its work has begun and waits until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    async def __call__(self, sample: Sample) -> float:
        self.begun.set()
        while not self.may_end.is_set():
            await asyncio.sleep(0.005)
        return float(sample.num_tokens)


def async_term(slow: Started, **options: Any) -> dict[str, Any]:
    async def judge(sample: Sample) -> float:
        return await slow(sample)

    return {"weight": 1.0, "function": judge, **options}


def background_term(slow: Started) -> dict[str, Any]:
    def judge(sample: Sample) -> float:
        slow.begun.set()
        assert slow.may_end.wait(60)
        return float(sample.num_tokens)

    return {"weight": 1.0, "function": judge, "background": True}


@pytest.mark.parametrize("make", [async_term, background_term])
def test_a_slow_term_judges_a_finished_group_while_the_next_prompts_are_being_sampled(make: Any) -> None:
    """The sampler below stops after its first group until the judging of it has begun, and the judging cannot end
    before sampling has: only where the two overlap does either come to its end."""
    slow = Started()

    class Waiting(NativeSampler):
        def sample(self, *args: Any, on_finished: Any = None, **options: Any) -> list[RolloutGroup]:
            def announce(place: int, group: RolloutGroup) -> None:
                assert not slow.may_end.is_set()
                on_finished(place, group)
                assert slow.begun.wait(60), "nothing was judged before the sampler went on"

            groups = super().sample(*args, on_finished=announce, **options)
            slow.may_end.set()
            return groups

    policy = tiny_policy()
    trainer = RLTrainer(
        policy=policy,
        sampler=Waiting(policy.model, tiny_tokenizer(), max_rows=4),
        prompts=sums_stream(),
        reward=WeightedSum({"slow": make(slow)}),
        credit=Credit(estimator=GroupCentered()),
        loss=ClippedSurrogate(aggregation=TokenMean()),
        optim=OptimSettings(lr=1e-3),
        sampling=SamplingParams(max_completion_tokens=4),
        plan=Plan(steps=1, prompts_per_step=3, group_size=4, kl_every=0),
        runtime=Runtime(cpu=True),
        seed=1,
    )
    metrics = trainer.run_iteration(0).metrics
    assert metrics["reward/mean"] == metrics["len/completion_tok"]
    assert metrics["reward/slow/coverage"] == 1.0


def test_a_group_is_announced_when_its_last_completion_has_ended_and_its_samples_are_the_same() -> None:
    model = tiny_policy().model
    forwards = 0

    def count(*_: object) -> None:
        nonlocal forwards
        forwards += 1

    model.register_forward_hook(count)
    announced: dict[int, tuple[int, RolloutGroup]] = {}
    params = SamplingParams(max_completion_tokens=8)
    sampler = NativeSampler(model, tiny_tokenizer(), max_rows=8)
    prompts = [make_prompt([2, 5, 9 + i], str(i)) for i in range(6)]
    groups = sampler.sample(
        prompts, 2, params, seed=3, on_finished=lambda place, group: announced.update({place: (forwards, group)})
    )
    assert [announced[place][1] for place in range(6)] == groups
    assert max(announced[place][0] for place in range(4)) < min(announced[place][0] for place in (4, 5))
    assert sampler.sample(prompts, 2, params, seed=3) == groups


def test_groups_that_finish_out_of_order_get_their_own_verdicts_and_none_is_judged_twice() -> None:
    asked: list[int] = []

    def tokens(sample: Sample) -> float:
        asked.append(sample.num_tokens)
        return float(sample.num_tokens)

    scoring = Scoring(WeightedSum({"tokens": {"weight": 1.0, "function": tokens}}), step=0)
    groups = [rollout(1, 2), rollout(3, 4, name="q"), rollout(5, name="r")]
    scoring.begin(2, groups[2])
    scoring.begin(0, groups[0])
    scored = scoring.finish(groups)
    assert [[verdict.value for verdict in group.verdicts] for group in scored] == [[1, 2], [3, 4], [5]]
    assert sorted(asked) == [1, 2, 3, 4, 5]


def test_a_slow_term_behind_a_gate_begins_as_soon_as_the_gate_is_decided() -> None:
    slow = Started()
    terms = {"form": {"weight": 1.0, "function": lambda sample: 1.0}, "slow": async_term(slow, gate="form")}
    scoring = Scoring(WeightedSum(terms))
    scoring.begin(0, rollout(3))
    assert slow.begun.wait(60)
    slow.may_end.set()
    assert scoring.finish([rollout(3)])[0].verdicts[0].value == 4.0


def test_a_slow_term_that_only_evaluations_ask_begins_in_none_but_these() -> None:
    slow = Started()
    terms = {"form": {"weight": 1.0, "function": lambda sample: 1.0}, "slow": async_term(slow, eval_only=True)}
    assert Scoring(WeightedSum(terms), step=0).finish([rollout(3)])[0].verdicts[0].value == 1.0
    assert not slow.begun.is_set()
