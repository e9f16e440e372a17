"""What a text takes back is not paid, in any of its languages; what it only adds changes nothing.

`math_cases/withdrawals.json` holds, by language, how an answer is announced, six ways of taking one back (I made a
mistake; no, wait; correction; or rather; that is wrong; cross that out) and "not X but Y". `math_cases/harmless.json`
holds sentences that only confirm, check or explain. Both are a person's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from rewards import verify
from rewards.math.currencies import FAMILIES, NAMES

FOLDER = Path(__file__).parent / "math_cases"
WITHDRAWALS: dict[str, Any] = json.loads((FOLDER / "withdrawals.json").read_text(encoding="utf-8"))
HARMLESS: dict[str, list[str]] = json.loads((FOLDER / "harmless.json").read_text(encoding="utf-8"))
STAND_ALONE = (0, 4, 5)
"""The ways that need no new value behind them."""


def retracted(language: str, first: str, second: str) -> Iterator[str]:
    row = WITHDRAWALS[language]
    for opening in (row["announces"].format(first), f"\\boxed{{{first}}}."):
        yield f"{opening} {row['not but'].format(X=first, Y=second)}"
        for number, words in enumerate(row["takes back"]):
            yield f"{opening} {words}: {second}."
            if number in STAND_ALONE:
                yield f"{opening} {words}."


@pytest.mark.parametrize("language", WITHDRAWALS)
@pytest.mark.parametrize(("first", "second"), [("14", "20"), ("A", "C")])
def test_an_answer_that_is_taken_back_is_not_paid(language: str, first: str, second: str) -> None:
    for text in retracted(language, first, second):
        verdict = verify(first, text)
        assert verdict.value == 0.0, f"{text}: {verdict.reason}"


@pytest.mark.parametrize("language", HARMLESS)
def test_an_answer_that_is_only_confirmed_or_explained_stays(language: str) -> None:
    announces = WITHDRAWALS[language]["announces"]
    for sentence in HARMLESS[language]:
        for text in (f"{announces.format('14')} {sentence}", f"\\boxed{{14}}. {sentence}"):
            verdict = verify("14", text)
            assert verdict.value == 1.0, f"{text}: {verdict.reason}"


AMOUNTS = (
    "\\$50",
    "€50",
    "£50",
    "50 ₺",
    "50 PLN",
    "CHF 50",
    "50 рублей",
    "50 kr",
    "50 Kč",
    "R$50",
    "₹50",
    "50元",
    "₩50",
)


@pytest.mark.parametrize(("gold", "said"), list(product(AMOUNTS, AMOUNTS)))
def test_amounts_agree_in_their_own_currency_only(gold: str, said: str) -> None:
    assert verify(gold, f"\\boxed{{{said}}}").value == float(gold == said)
    assert verify(gold, "\\boxed{50}").value == 1.0
    assert verify("50", f"\\boxed{{{said}}}").value == 1.0


def test_a_family_of_currencies_has_known_members() -> None:
    assert all(member in NAMES for members in FAMILIES.values() for member in members)


@pytest.mark.parametrize("language", ["cs", "de", "fr", "hu", "lv", "pl", "pt", "ru", "sk", "sv", "uk", "vi"])
def test_three_digits_behind_a_comma_are_decimals_where_the_language_has_decimal_commas(language: str) -> None:
    text = WITHDRAWALS[language]["announces"].format("1,250")
    assert (verify("1.25", text).value, verify("1250", text).value) == (1.0, 0.0)


@pytest.mark.parametrize("language", ["cy", "en", "he", "hi", "ja", "ko", "ms", "sw", "th", "tl", "zh"])
def test_three_digits_behind_a_comma_are_thousands_where_the_language_has_decimal_points(language: str) -> None:
    text = WITHDRAWALS[language]["announces"].format("1,250")
    assert (verify("1.25", text).value, verify("1250", text).value) == (0.0, 1.0)
