"""Hostile texts end in a verdict of 0, whatever the gold, and leave the next check unharmed.

The timeouts find hangs; they are no measure of speed.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from rewards import verify

GOLDS = ("18", "\\sqrt{2}+x", "x+1, \\sqrt{5}", "(1, 2]", "5 km", "B", "Paris")
TABLE: dict[str, list[str]] = json.loads((Path(__file__).parent / "math_cases" / "hostile.json").read_text())
EVIL = [*TABLE["code and odd characters"], "1\u0300" * 50, "\ufeff" * 1000]
TOWERS = [
    *TABLE["towers"],
    "9" * 1500 + "^" + "9" * 300,
    "0.0(" + "3" * 900 + ")",
    "z" * 300 + "_36",
    "0x" + "f" * 1900,
]
REPEATED = TABLE["pieces"]


def judged_wrong(text: str, golds: tuple[str, ...] = GOLDS) -> None:
    for gold in golds:
        for prediction in (text, f"\\boxed{{{text}}}", f"Thus\n#### {text}", f"The answer is {text}"):
            assert verify(gold, prediction).value == 0.0
    assert verify("2\\sqrt{3}", "\\boxed{\\sqrt{12}}").value == 1.0


@pytest.mark.parametrize("text", EVIL, ids=ascii)
@pytest.mark.timeout(30)
def test_code_and_odd_characters_are_only_text(text: str) -> None:
    judged_wrong(text)


@pytest.mark.parametrize("text", TOWERS, ids=lambda text: ascii(text[:40]))
@pytest.mark.timeout(30)
def test_numbers_beyond_all_bounds_are_never_computed(text: str) -> None:
    judged_wrong(text)


@pytest.mark.parametrize("piece", REPEATED, ids=ascii)
@pytest.mark.timeout(60)
def test_repetition_of_any_piece_costs_no_more_than_its_length(piece: str) -> None:
    for length in (600, 1_999, 100_000):
        text = (piece * length)[:length]
        for gold in ("19", "\\sqrt{2}+x", "C"):
            for prediction in (text, f"\\boxed{{{text}}}", f"The answer is {text}"):
                assert verify(gold, prediction).value == 0.0
    assert verify("18", "\\boxed{18}").value == 1.0


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "filler", ["no ", "1 ", "the answer ", "\\boxed{17}. ", "#### 17 ", "\u7b54", "x" * 50 + " "], ids=ascii
)
def test_a_million_characters_of_anything_end_in_a_verdict(filler: str) -> None:
    text = filler * (1_000_000 // len(filler))
    assert verify("18", text).value == 0.0
    assert verify("18", text + " \\boxed{18}").value == 1.0


@pytest.mark.timeout(30)
def test_hostile_texts_in_a_thread_end_as_anywhere_else() -> None:
    failures: list[str] = []

    def judge() -> None:
        for text in TOWERS[::3]:
            if verify("18", f"\\boxed{{{text}}}").value != 0.0:
                failures.append(text)

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
