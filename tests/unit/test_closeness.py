"""Partial credit for numbers near the right one."""

from __future__ import annotations

import pytest

from rewards.base import RewardError, Sample, State, Verdict
from rewards.math import Closeness


def judged(completion: str, answer: object, **options: float) -> Verdict:
    return Closeness(**options)([Sample(prompt="?", completion=completion, reference={"answer": answer})])[0]  # pyright: ignore


@pytest.mark.parametrize(
    ("completion", "answer", "expected"),
    [
        (r"\boxed{18}", "18", 1.0),
        (r"\boxed{17}", "18", 0.5),
        (r"\boxed{20}", 18, 1 / 3),
        (r"\boxed{-3}", "-1", 1 / 3),
        (r"\boxed{1/2}", "1", 2 / 3),
        (r"\boxed{1,000}", "1000", 1.0),
        (r"\boxed{" + "9" * 1900 + "}", "1", 0.0),
    ],
)
def test_credit_falls_with_the_distance(completion: str, answer: object, expected: float) -> None:
    assert judged(completion, answer).value == pytest.approx(expected)


def test_the_scale_is_the_distance_that_halves_the_credit() -> None:
    assert judged(r"\boxed{28}", "18", scale=10).value == 0.5
    assert judged(r"\boxed{0.2}", "0.1", scale=0.1).value == pytest.approx(0.5)


@pytest.mark.parametrize(
    "completion", ["", "no idea", r"\boxed{}", r"\boxed{x + 1}", r"\boxed{18 km}", r"\boxed{9 + 9}", r"\boxed{[1, 2]}"]
)
def test_an_answer_that_is_no_number_is_worth_nothing(completion: str) -> None:
    verdict = judged(completion, "18")
    assert verdict.value == 0.0
    assert verdict.reason


def test_a_gold_answer_that_is_no_number_does_not_apply() -> None:
    assert judged(r"\boxed{x}", "x + 1").state is State.NOT_APPLICABLE


def test_a_gold_answer_that_is_missing_fails() -> None:
    verdict = judged(r"\boxed{1}", None)
    assert verdict.state is State.FAILED
    assert "answer" in verdict.reason


@pytest.mark.parametrize("scale", [0, -1.0, float("inf"), float("nan")])
def test_a_scale_that_is_no_distance_is_refused(scale: float) -> None:
    with pytest.raises(RewardError, match="scale"):
        Closeness(scale=scale)
