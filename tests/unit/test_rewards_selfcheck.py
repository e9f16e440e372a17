"""A reward that cannot tell right from wrong on the data is refused, with the row shown."""

from __future__ import annotations

import pytest

from rewards import Boxed, FinalAnswer, RewardError, Sample, Term, WeightedSum, per_sample
from rewards.selfcheck import corrupt, selfcheck

GOLD = ["5", "\\frac{3}{4}", "Tuesday", "12"]
SAMPLES = [Sample(prompt=f"question {i}", completion="", reference={"answer": gold}) for i, gold in enumerate(GOLD)]
COMPLETIONS = [f"It is $\\boxed{{{gold}}}$." for gold in GOLD]


def test_a_reward_that_knows_the_answer_passes_and_says_what_it_measured() -> None:
    report = selfcheck(FinalAnswer(), SAMPLES, COMPLETIONS)
    assert report.num_rows == 4
    assert report.gold_lowest == 1.0
    assert report.wrong_highest == {"empty": 0.0, "shuffled": 0.0, "corrupted": 0.0}


def test_a_weighted_sum_must_reach_the_threshold_that_is_asked_for() -> None:
    reward = WeightedSum(
        {"correct": Term(weight=1.0, reward=FinalAnswer()), "format": Term(weight=0.25, reward=Boxed())}
    )
    report = selfcheck(reward, SAMPLES, COMPLETIONS, threshold=1.25)
    assert report.gold_lowest == 1.25
    assert report.wrong_highest == {"empty": 0.0, "shuffled": 0.25, "corrupted": 0.25}
    with pytest.raises(RewardError, match=r"the gold completion got 1.25, less than 1.3"):
        selfcheck(reward, SAMPLES, COMPLETIONS, threshold=1.3)


def test_a_reward_that_pays_everybody_is_refused() -> None:
    with pytest.raises(RewardError, match="the empty completion '' got 1, no less than the gold one"):
        selfcheck(per_sample(lambda sample: 1.0), SAMPLES, COMPLETIONS)


def test_a_reward_of_format_alone_is_refused_because_it_pays_another_rows_answer() -> None:
    with pytest.raises(RewardError, match="the shuffled completion"):
        selfcheck(Boxed(), SAMPLES, COMPLETIONS)


def test_a_wrong_gold_answer_is_refused_and_its_row_is_shown() -> None:
    spoiled = [*SAMPLES]
    spoiled[2] = Sample(prompt="question 2", completion="", reference={"answer": "Monday"})
    with pytest.raises(RewardError) as raised:
        selfcheck(FinalAnswer(), spoiled, COMPLETIONS)
    for shown in ("Row 2", "the gold completion got 0", "'question 2'", "Monday", "Tuesday"):
        assert shown in str(raised.value)


def test_a_reward_that_fails_is_refused_with_its_reason() -> None:
    def broken(sample: Sample) -> float:
        return 1 / len(sample.completion)

    with pytest.raises(RewardError, match="the empty completion '' got no value: failed, ZeroDivisionError"):
        selfcheck(per_sample(broken), SAMPLES, ["x", "y", "z", "w"], threshold=0.5)


def test_a_kind_that_no_row_can_give_is_left_out() -> None:
    report = selfcheck(FinalAnswer(), SAMPLES[:1], COMPLETIONS[:1])
    assert sorted(report.wrong_highest) == ["corrupted", "empty"]


@pytest.mark.parametrize(("samples", "completions"), [([], []), (SAMPLES, COMPLETIONS[:2])])
def test_nothing_to_check_is_an_error(samples: list[Sample], completions: list[str]) -> None:
    with pytest.raises(RewardError, match="give one for each, and at least one"):
        selfcheck(FinalAnswer(), samples, completions)


def test_a_corrupted_completion_differs_in_one_digit_or_letter() -> None:
    assert corrupt("1.50 dollars") == "1.51 dollars"
    assert corrupt("Z") == "A"
    assert corrupt("...") == "..."
