"""Rewards of length: the band, the cosine shape, the overlong punishment, and what padding earns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest

from rewards import Length as LengthOfThePackage
from rewards import Reward, RewardError, Sample, State, Verdict
from rewards.format import Length as LengthOfFormat
from rewards.length import Cosine, Length, Overlong, shown_tokens


def judged(reward: Reward, num_tokens: int, completion: str = "text", finish_reason: str = "stop") -> Verdict:
    return reward([Sample(prompt="", completion=completion, num_tokens=num_tokens, finish_reason=finish_reason)])[0]


def right(group: Sequence[Sample]) -> list[Verdict]:
    return [Verdict.of(1.0)] * len(group)


def wrong(group: Sequence[Sample]) -> list[Verdict]:
    return [Verdict.of(0.0)] * len(group)


def cosine(correct: Any, **changed: Any) -> Cosine:
    options = {"right_short": 2.0, "right_long": 1.0, "wrong_short": -10.0, "wrong_long": 0.0, "exceeded": -10.0}
    return Cosine(correct=correct, max_tokens=100, **{**options, **changed})


def test_length_keeps_its_old_names() -> None:
    assert Length is LengthOfThePackage is LengthOfFormat


@pytest.mark.parametrize("padding", [" ", "\n", "\u200b", "\u00a0", "\u3164"])
def test_padding_does_not_reach_the_least_length(padding: str) -> None:
    reward = Length(min_tokens=50, max_tokens=100)
    assert judged(reward, 60, "a real answer " * 20).value == 1.0
    assert judged(reward, 60, "ok" + padding * 300).value == 0.0


def test_code_and_paragraphs_lose_no_tokens() -> None:
    for text in ("def f(x):\n    return x + 1\n", "One paragraph.\n\nAnother one.\n"):
        assert shown_tokens(Sample(prompt="", completion=text, num_tokens=11)) == 11.0


def test_a_band_in_numbers_that_are_no_whole_tokens_is_an_error() -> None:
    with pytest.raises(RewardError, match="in whole tokens"):
        Length(max_tokens=10.5)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("correct", "tokens", "expected"),
    [
        (right, 25, 1 + 0.5 * (1 + math.sqrt(2) / 2)),
        (right, 50, 1.5),
        (wrong, 50, -5.0),
        (wrong, 75, -5 * (1 - math.sqrt(2) / 2)),
        (right, 100, -10.0),
        (wrong, 5000, -10.0),
    ],
)
def test_the_cosine_shape_has_the_values_of_its_formula(correct: Any, tokens: int, expected: float) -> None:
    assert judged(cosine(correct), tokens).value == pytest.approx(expected, abs=1e-12)


def test_a_short_right_answer_beats_a_long_one_and_any_wrong_one() -> None:
    values = [judged(cosine(c), n).value or 0.0 for c, n in ((right, 1), (right, 99), (wrong, 99), (wrong, 1))]
    assert values == sorted(values, reverse=True)


def test_a_wrong_answer_gains_nothing_by_padding() -> None:
    honest = judged(cosine(wrong), 10, "so it is 17").value
    padded = judged(cosine(wrong), 90, "so it is 17" + "\u200b" * 400).value
    assert honest is not None
    assert padded is not None
    assert padded < honest


def test_a_cut_off_answer_has_exceeded_the_length_whatever_it_says() -> None:
    assert judged(cosine(right), 10, finish_reason="length").value == -10.0


def test_a_failed_judgement_stays_one() -> None:
    def failing(group: Sequence[Sample]) -> list[Verdict]:
        return [Verdict.failed("no gold")] * len(group)

    assert judged(cosine(failing), 10) == Verdict.failed("no gold")
    assert judged(cosine(lambda group: []), 10).state is State.FAILED


@pytest.mark.parametrize("reward", [Overlong(max_tokens=10, buffer_tokens=5), Length(max_tokens=5)])
def test_an_unknown_length_is_not_judged(reward: Reward) -> None:
    assert judged(reward, 0).state is State.NOT_APPLICABLE


def test_a_cosine_of_unknown_length_still_tells_right_from_wrong() -> None:
    assert [judged(cosine(correct), 0).value for correct in (right, wrong)] == [2.0, -10.0]


@pytest.mark.parametrize(
    "changed",
    [
        {"right_short": 0.5},
        {"wrong_long": 1.5},
        {"exceeded": math.nan},
        {"max_tokens": 0},
        {"threshold": "high"},
        {"correct": "FinalAnswer"},
        {"correct": Length},
    ],
)
def test_a_cosine_that_makes_no_sense_is_an_error(changed: dict[str, Any]) -> None:
    options = {"correct": right, "max_tokens": 100, "right_short": 2.0, "right_long": 1.0, "wrong_short": -1.0}
    with pytest.raises(RewardError, match=r"^Cosine: "):
        Cosine(**{**options, "wrong_long": 0.0, "exceeded": -10.0, **changed})


@pytest.mark.parametrize(("tokens", "expected"), [(1, 0.0), (60, 0.0), (70, -0.25), (99, -0.975), (100, -1), (101, -1)])
def test_overlong_falls_over_its_buffer(tokens: int, expected: float) -> None:
    assert judged(Overlong(max_tokens=100, buffer_tokens=40), tokens).value == pytest.approx(expected)


def test_overlong_has_the_numbers_of_its_paper() -> None:
    reward = Overlong(max_tokens=20_480, buffer_tokens=4_096)
    assert [judged(reward, n).value for n in (16_384, 18_432, 20_480)] == [0.0, -0.5, -1.0]
    assert judged(reward, 100, finish_reason="length").value == -1.0


@pytest.mark.parametrize("options", [(0, 1), (10, 0), (10, 11), (10, 2.5), (True, 1)])
def test_an_impossible_buffer_is_an_error(options: tuple[Any, Any]) -> None:
    with pytest.raises(RewardError, match=r"^Overlong: "):
        Overlong(max_tokens=options[0], buffer_tokens=options[1])
