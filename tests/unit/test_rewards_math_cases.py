"""Labelled answers, one a line in `math_cases/*.txt`: `+|gold|prediction` is right, `-|gold|prediction` is wrong.

`answers_*.txt` hold what stands in the box, the other files whole completions, in which U+23CE is a line break. The
labels are a person's.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from rewards import verify

FOLDER = Path(__file__).parent / "math_cases"


def cases() -> list[ParameterSet]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            label, gold, prediction = line.split("|", 2)
            text = f"\\boxed{{{prediction}}}" if path.stem.startswith("answers") else prediction
            found.append(pytest.param(label == "+", gold, text.replace("\u23ce", "\n"), id=f"{path.stem}: {line[:80]}"))
    return found


@pytest.mark.parametrize(("right", "gold", "completion"), cases())
def test_labelled_answers_are_judged_as_a_person_does(right: bool, gold: str, completion: str) -> None:
    verdict = verify(gold, completion)
    assert verdict.value == float(right), verdict.reason


def test_the_tables_hold_as_many_traps_as_they_should() -> None:
    labels = [case.values[0] for case in cases()]
    assert len(labels) > 1000
    assert 0.3 < labels.count(False) / len(labels) < 0.7
