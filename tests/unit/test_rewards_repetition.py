"""Repetition is seen in words and in scripts without spaces, and cannot be hidden."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import RewardError, Sample
from rewards.repetition import Repetition, repeated_share

REWARD = Repetition(ngram_words=4, ngram_chars=8)
SENTENCE = "The river runs under the old stone bridge and then turns north. "
CHINESE = "河水流过古老的石桥然后转向北方，"
THAI = "แม่น้ำไหลผ่านใต้สะพานหินเก่าแล้วเลี้ยวไปทางเหนือ"


def value(text: str, reward: Repetition = REWARD) -> float:
    verdict = reward([Sample(prompt="", completion=text)])[0]
    assert verdict.value is not None
    return verdict.value


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        CHINESE,
        THAI,
        "18",
        "First we add nine and nine. Then we check the sum, which is eighteen.",
        "$\\frac{1}{2} + \\frac{1}{3} = \\frac{3}{6} + \\frac{2}{6} = \\frac{5}{6}$",
    ],
)
def test_what_does_not_repeat_itself_is_worth_everything(text: str) -> None:
    assert value(text) == 1.0


@pytest.mark.parametrize("text", [SENTENCE, CHINESE, THAI])
@pytest.mark.parametrize("times", [2, 5, 20])
def test_the_share_is_that_of_the_copies(text: str, times: int) -> None:
    # A cycle repeats seamlessly, so that all but its first round is covered.
    assert repeated_share(text * times, ngram_words=4, ngram_chars=8) == pytest.approx(1 - 1 / times, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "ha " * 200,
        "ha" * 200,
        "哈" * 200,
        "!" * 200,
        "😀 " * 200,
        "=-" * 200,
        "a\u200bb " * 200,
        "word\u00a0" * 200,
        ("Word " + "word ") * 100,
        "ก็" * 200,
    ],
)
def test_loops_of_every_kind_are_worth_almost_nothing(text: str) -> None:
    assert value(text) < 0.1


@pytest.mark.parametrize("text", ["", " \n ", "\u200b" * 50])
def test_a_text_that_shows_nothing_is_worth_nothing(text: str) -> None:
    assert value(text) == 0.0


def test_zero_width_characters_do_not_hide_a_repetition() -> None:
    hidden = SENTENCE + SENTENCE.replace("e", "e\u200b")
    assert value(hidden) == value(SENTENCE * 2) == 0.5


def test_an_allowed_share_costs_nothing_and_the_rest_is_rescaled() -> None:
    half = Repetition(ngram_words=4, ngram_chars=8, allowed_share=0.5)
    assert value(SENTENCE * 2, half) == 1.0
    assert value(SENTENCE * 4, half) == pytest.approx(0.5)


def test_long_loops_without_and_with_spaces_are_worth_nothing() -> None:
    assert value("a" * 20_000) < 0.01
    assert value("ab " * 20_000) < 0.01


@pytest.mark.parametrize(
    "options",
    [
        {"ngram_words": 0, "ngram_chars": 4},
        {"ngram_words": 4, "ngram_chars": 2.5},
        {"ngram_words": 4, "ngram_chars": 4, "allowed_share": 1.0},
        {"ngram_words": 4, "ngram_chars": 4, "allowed_share": float("nan")},
    ],
)
def test_impossible_options_are_an_error(options: dict[str, Any]) -> None:
    with pytest.raises(RewardError, match=r"^Repetition: "):
        Repetition(**options)
