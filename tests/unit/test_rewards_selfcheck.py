"""A reward that cannot tell right from wrong on the data is refused, with the row shown."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rewards import Boxed, FinalAnswer, Length, RewardError, Sample, Term, Verdict, WeightedSum, per_sample
from rewards.base import Corrupting
from rewards.compose import Minimum, NormalizedSum, Product
from rewards.schedules import Linear
from rewards.selfcheck import corrupt, extend, selfcheck

GOLD = ["5", "\\frac{3}{4}", "Tuesday", "12"]
SAMPLES = [Sample(prompt=f"question {i}", completion="", reference={"answer": gold}) for i, gold in enumerate(GOLD)]
COMPLETIONS = [f"It is $\\boxed{{{gold}}}$." for gold in GOLD]
CORRECT = {"weight": 0.25, "reward": FinalAnswer()}
FORMAT = {"weight": 0.5, "reward": Boxed()}


def test_a_reward_that_knows_the_answer_passes_and_says_what_it_measured() -> None:
    report = selfcheck(FinalAnswer(), SAMPLES, COMPLETIONS)
    assert report.num_rows == 4
    assert report.gold_lowest == 1.0
    assert report.wrong_highest == {"empty": 0.0, "shuffled": 0.0, "corrupted": 0.0, "extended": 0.0}


def test_a_plain_reward_must_reach_the_threshold_that_is_asked_for() -> None:
    half = per_sample(lambda sample: 0.5 * float(sample.completion in COMPLETIONS[:1]))
    assert selfcheck(half, SAMPLES[:1], COMPLETIONS[:1], threshold=0.5).gold_lowest == 0.5
    with pytest.raises(RewardError, match=r"the gold completion got 0.5, less than 1\."):
        selfcheck(half, SAMPLES[:1], COMPLETIONS[:1])


@pytest.mark.parametrize("mode", [WeightedSum, NormalizedSum, Product, Minimum])
def test_a_composed_reward_is_held_to_the_terms_that_know_the_answer_whatever_the_weights(mode: Any) -> None:
    terms = {
        "correct": CORRECT,
        "format": FORMAT,
        "short": {"weight": 0.125, "reward": Length(max_tokens=9), "gate": "correct"},
        "fading": {"weight": Linear(start=1.0, end=0.0, steps=9), "function": lambda sample: 0.5},
    }
    report = selfcheck(mode(terms), SAMPLES, COMPLETIONS)
    assert report.told_apart_by == ("correct",)
    assert str(report).endswith("; told apart by correct")
    assert max(report.wrong_highest.values()) < report.gold_lowest


def test_the_value_of_a_composed_gold_completion_need_not_be_one() -> None:
    report = selfcheck(WeightedSum({"correct": CORRECT, "format": FORMAT}), SAMPLES, COMPLETIONS)
    assert report.gold_lowest == 0.75
    assert report.wrong_highest == {"empty": 0.0, "shuffled": 0.5, "corrupted": 0.5, "extended": 0.5}


def test_a_composed_reward_without_a_term_that_knows_the_answer_is_refused() -> None:
    shown = r"Row 0: no term tells right from wrong \(term 'format' gave the shuffled completion .* 1, like a right one"
    with pytest.raises(RewardError, match=shown):
        selfcheck(WeightedSum({"format": FORMAT}), SAMPLES, COMPLETIONS)


def test_a_term_that_is_only_watched_vouches_for_nothing() -> None:
    terms = {"correct": {**CORRECT, "weight": 0.0}, "format": FORMAT}
    with pytest.raises(RewardError, match="no term tells right from wrong"):
        selfcheck(WeightedSum(terms), SAMPLES, COMPLETIONS)


def test_a_term_of_style_that_outweighs_the_answer_is_refused() -> None:
    terms = {"correct": CORRECT, "long": {"weight": -0.5, "function": lambda sample: float(bool(sample.completion))}}
    with pytest.raises(RewardError, match="the empty completion '' got 0, no less than the gold one"):
        selfcheck(WeightedSum(terms), SAMPLES, COMPLETIONS)


def test_a_wrong_gold_answer_is_seen_behind_other_terms_too() -> None:
    spoiled = [*SAMPLES[:2], Sample(prompt="question 2", completion="", reference={"answer": "Monday"}), SAMPLES[3]]
    with pytest.raises(RewardError, match="Row 2: term 'correct' gave the gold completion 0, less than 1"):
        selfcheck(WeightedSum({"correct": CORRECT, "format": FORMAT}), spoiled, COMPLETIONS)


def test_every_row_needs_a_term_that_knows_its_answer() -> None:
    mixed = [
        *(replace(sample, task="math") for sample in SAMPLES[:3]),
        Sample(prompt="a poem", completion="", reference={"answer": "12"}, task="poems"),
    ]
    reward = WeightedSum({"correct": {**CORRECT, "applies_to": {"task": "math"}}, "format": FORMAT})
    with pytest.raises(RewardError, match="Row 3: no term tells right from wrong"):
        selfcheck(reward, mixed, COMPLETIONS)


def test_a_reward_that_pays_everybody_is_refused() -> None:
    with pytest.raises(RewardError, match="the empty completion '' got 1, no less than the gold one"):
        selfcheck(per_sample(lambda sample: 1.0), SAMPLES, COMPLETIONS)


def test_a_reward_of_format_alone_is_refused_because_it_pays_another_rows_answer() -> None:
    with pytest.raises(RewardError, match="the shuffled completion"):
        selfcheck(Boxed(), SAMPLES, COMPLETIONS)


def test_a_wrong_completion_must_not_reach_the_threshold_even_below_the_gold_one() -> None:
    def generous(sample: Sample) -> float:
        return 2.0 if sample.completion == COMPLETIONS[0] else 1.0

    with pytest.raises(RewardError, match="the empty completion '' got 1, no less than 1"):
        selfcheck(per_sample(generous), SAMPLES[:1], COMPLETIONS[:1])


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


def test_a_wrong_completion_that_a_reward_has_nothing_to_say_about_is_not_held_against_it() -> None:
    def abstaining(sample: Sample) -> float | None:
        return float(sample.completion in COMPLETIONS[:1]) if sample.completion else None

    assert "empty" not in selfcheck(per_sample(abstaining), SAMPLES[:1], COMPLETIONS[:1]).wrong_highest


def test_rows_that_share_their_answer_are_not_shuffled_into_one_another() -> None:
    answers = ["5", "5", "7"]
    samples = [
        Sample(prompt=str(i), completion="", reference={"answer": answer, "index": i, "source": "sums"})
        for i, answer in enumerate(answers)
    ]
    golds = [f"way {i}: \\boxed{{{answer}}}" for i, answer in enumerate(answers)]
    assert selfcheck(FinalAnswer(), samples, golds).wrong_highest["shuffled"] == 0.0


def test_a_kind_that_no_row_can_give_is_left_out() -> None:
    report = selfcheck(FinalAnswer(), SAMPLES[:1], COMPLETIONS[:1])
    assert sorted(report.wrong_highest) == ["corrupted", "empty", "extended"]


@dataclass(frozen=True)
class Program:
    """A reward whose right completions contain `return x`; another digit in a comment spoils nothing."""

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [Verdict.of(float("return x" in sample.completion)) for sample in group]

    def corrupt(self, sample: Sample) -> str | None:
        return sample.completion.replace("return x", "return None") if "tests" in sample.reference else None


PROGRAM = Sample(prompt="identity", completion="", reference={"tests": ["f(1) == 1"]})
PROGRAM_GOLD = "def f(x):\n    return x  # 1 line"


def test_a_reward_may_say_itself_what_a_wrong_completion_is() -> None:
    assert isinstance(Program(), Corrupting)
    assert selfcheck(Program(), [PROGRAM], [PROGRAM_GOLD]).wrong_highest["corrupted"] == 0.0
    assert selfcheck(WeightedSum({"tests": Term(weight=0.5, reward=Program())}), [PROGRAM], [PROGRAM_GOLD])
    blind = per_sample(lambda sample: float("return x" in sample.completion))
    with pytest.raises(RewardError, match="the corrupted completion"):
        selfcheck(blind, [PROGRAM], [PROGRAM_GOLD])


def test_of_several_terms_the_one_that_is_about_the_row_corrupts_it() -> None:
    terms = {
        "tests": {"weight": 1.0, "reward": Program(), "applies_to": {"task": "code"}},
        "correct": {**CORRECT, "applies_to": {"task": "math"}},
    }
    samples = [
        Sample(prompt="", completion="", reference=PROGRAM.reference, task="code"),
        Sample(prompt="", completion="", reference={"answer": "5"}, task="math"),
    ]
    report = selfcheck(WeightedSum(terms), samples, [PROGRAM_GOLD, COMPLETIONS[0]])
    assert report.told_apart_by == ("tests", "correct")


@pytest.mark.parametrize(("samples", "completions"), [([], []), (SAMPLES, COMPLETIONS[:2])])
def test_nothing_to_check_is_an_error(samples: list[Sample], completions: list[str]) -> None:
    with pytest.raises(RewardError, match="give one for each, and at least one"):
        selfcheck(FinalAnswer(), samples, completions)


@pytest.mark.parametrize(
    ("gold", "wrong"),
    [
        ("1.50 dollars", "1.51 dollars"),
        ("Z", "A"),
        ("...", "..."),
        ("\\boxed{19}, by step 2", "\\boxed{10}, by step 2"),
        ("\\boxed{\u0669}", "\\boxed{\u0660}"),  # Arabic-Indic nine and zero
        ("\u5341\u516b", "\u5341\u516c"),
        ("so \\boxed{+} is 1", "so "),
    ],
)
def test_a_corrupted_completion_differs_in_one_digit_or_letter_of_the_answer(gold: str, wrong: str) -> None:
    assert corrupt(gold) == wrong


def boxed(sample: Sample) -> str:
    return sample.completion.partition("\\boxed{")[2].removesuffix("}$.")


SABOTAGE: dict[str, Any] = {
    "pays all": lambda sample: 1.0,
    "pays none": lambda sample: 0.0,
    "pays length": lambda sample: min(1.0, len(sample.completion) / 10),
    "pays the empty": lambda sample: not sample.completion or boxed(sample) == sample.reference["answer"],
    "pays what holds the answer": lambda sample: sample.reference["answer"] in sample.completion,
    "pays what starts like it": lambda sample: boxed(sample).startswith(sample.reference["answer"]),
    "pays what ends like it": lambda sample: boxed(sample).endswith(sample.reference["answer"]),
    "pays a part of it": lambda sample: boxed(sample) in sample.reference["answer"],
    "pays its length": lambda sample: len(boxed(sample)) == len(sample.reference["answer"]),
    "always raises": lambda sample: 1 / 0,
    "raises on wrong ones": lambda sample: 1.0 if boxed(sample) == sample.reference["answer"] else 1 / 0,
    "never judges": lambda sample: None,
    "is no number": lambda sample: float("nan"),
    "ends the run": lambda sample: sys.exit(0),
}


@pytest.mark.parametrize("composed", [False, True])
@pytest.mark.parametrize("name", SABOTAGE)
def test_a_sabotaged_reward_is_refused_and_its_row_shown(name: str, composed: bool) -> None:
    reward = per_sample(SABOTAGE[name])
    checked = WeightedSum({"judge": {"weight": 1.0, "reward": reward}}) if composed else reward
    with pytest.raises(RewardError, match=r"Row [0-3]: .*Prompt 'question [0-3]', gold completion 'It is"):
        selfcheck(checked, SAMPLES, COMPLETIONS)


def test_the_sabotage_is_what_refuses_and_not_the_check() -> None:
    exact = per_sample(lambda sample: boxed(sample) == sample.reference["answer"])
    assert selfcheck(exact, SAMPLES, COMPLETIONS).gold_lowest == 1.0


def test_a_term_that_pays_what_holds_the_answer_vouches_for_nothing_beside_one_that_knows_it() -> None:
    holds = {"weight": 0.5, "function": SABOTAGE["pays what holds the answer"]}
    assert selfcheck(WeightedSum({"holds": holds, "correct": CORRECT}), SAMPLES, COMPLETIONS).told_apart_by == (
        "correct",
    )


@pytest.mark.parametrize(
    ("right", "behind", "before"),
    [
        ("\\boxed{19}", "\\boxed{197}", "\\boxed{719}"),
        ("\\boxed{x^2}", "\\boxed{x^27}", "\\boxed{x^72}"),
        ("#### 1,234", "#### 71,234", "#### 71,234"),
        ("3.14 m", "73.14 m", "73.14 m"),
        ("\\boxed{\u0661\u0669}", "\\boxed{\u0661\u0669\u0667}", "\\boxed{\u0667\u0661\u0669}"),
        ("\\boxed{red} it is", "\\boxed{redd} it is", "\\boxed{rred} it is"),
        ("\\boxed{B}", "\\boxed{BB}", "\\boxed{BB}"),
        ("m\u00b2", "m\u00b2\u00b2", "m\u00b2\u00b2"),
        ("...", "...", "..."),
        ("", "", ""),
    ],
)
def test_an_extended_completion_holds_the_right_answer_and_another(right: str, behind: str, before: str) -> None:
    assert (extend(right, behind=True), extend(right, behind=False)) == (behind, before)
