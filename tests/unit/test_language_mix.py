"""The shipped mix of math and language: a wrong answer never earns more for being in the right language."""

from __future__ import annotations

from itertools import product

import pytest
from hydra import compose, initialize_config_dir

from jobs.launch import CONFIG_FOLDER, build
from rewards import Sample, WeightedSum

GERMAN = (
    "Zuerst rechnen wir den Preis der fünf Hefte aus und ziehen dann den Gutschein ab. Lena muss also an der "
    "Kasse noch etwas bezahlen."
)
ENGLISH = (
    "First we work out the price of the five notebooks, and then we take off the voucher. So Lena still has to pay "
    "something at the till."
)


@pytest.fixture(scope="module")
def mix() -> WeightedSum:
    with initialize_config_dir(CONFIG_FOLDER, version_base="1.3"):
        reward = build(compose("train", ["reward=language"]).reward)
    assert isinstance(reward, WeightedSum)
    return reward


def value(mix: WeightedSum, text: str, answer: str, language: str) -> float:
    sample = Sample(prompt="", completion=f"{text} \\boxed{{{answer}}}", language=language, reference={"answer": "45"})
    result = mix([sample])[0].value
    assert result is not None
    return result


@pytest.mark.parametrize("language", ["de", "en", "ja", "sw"])
def test_a_right_answer_in_any_language_is_worth_more_than_a_wrong_one_in_the_right_language(
    mix: WeightedSum, language: str
) -> None:
    right = [value(mix, text, "45", language) for text in (GERMAN, ENGLISH)]
    wrong = [value(mix, text, answer, language) for text, answer in product((GERMAN, ENGLISH), ("44", "4.5", "54"))]
    assert min(right) >= 1.0
    assert max(wrong) == 0.0


def test_among_right_answers_the_asked_language_is_worth_more(mix: WeightedSum) -> None:
    assert value(mix, GERMAN, "45", "de") > value(mix, ENGLISH, "45", "de")
    assert value(mix, ENGLISH, "45", "en") > value(mix, GERMAN, "45", "en")


def test_an_answer_without_a_word_is_not_punished_for_it(mix: WeightedSum) -> None:
    assert value(mix, "", "45", "de") >= 1.0
    assert value(mix, "", "44", "de") == 0.0
