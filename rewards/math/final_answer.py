"""Rewards for final answers: right or wrong, and near or far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any

from rewards.base import RewardError, Sample, Verdict
from rewards.math.answers import number_of, read, read_gold
from rewards.math.equal import verify
from rewards.math.extract import extract
from rewards.math.nodes import MAX_CHARS
from rewards.math.tokens import Unreadable


@dataclass(frozen=True, kw_only=True, slots=True)
class FinalAnswer:
    """Reward of 1.0 for the right final answer, 0.0 for a wrong one; the options are those of `verify`.

    A sample whose data has no usable gold answer is FAILED, never 0.

    >>> reward = FinalAnswer()
    >>> reward([Sample(prompt="9+9=?", completion="\\\\boxed{18}", reference={"answer": "18"})])[0].value
    1.0
    """

    answer_key: str = "answer"
    """Where `sample.reference` holds the gold answer: text or a number."""
    allow_phrases: bool = True
    allow_bare: bool = False
    allow_unevaluated: bool = False
    rel_tol: float = 0.0

    def __post_init__(self) -> None:
        if not (isinstance(self.rel_tol, Real) and 0 <= self.rel_tol < 1):
            raise RewardError(f"FinalAnswer: rel_tol is {self.rel_tol!r}; give a number from 0 (exact) to below 1")

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self.judge(sample) for sample in group]

    def judge(self, sample: Sample) -> Verdict:
        """The verdict of one sample."""
        try:
            return verify(
                self.gold(sample.reference.get(self.answer_key), sample),
                sample.completion,
                allow_phrases=self.allow_phrases,
                allow_bare=self.allow_bare,
                allow_unevaluated=self.allow_unevaluated,
                rel_tol=self.rel_tol,
            )
        except RewardError as error:
            return Verdict.failed(str(error))

    def gold(self, value: Any, sample: Sample) -> str:
        """The gold answer as text.

        Raises:
            RewardError: when the data has none, or one that is neither text nor a finite number.
        """
        if isinstance(value, str):
            return value
        if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
            return str(value)
        has = ", ".join(map(repr, sample.reference)) or "nothing"
        raise RewardError(
            f"reference[{self.answer_key!r}] is {value!r}, not text or a number; the data has {has}: "
            "map the column with the gold answer, or set answer_key"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Closeness:
    """Partial credit for a number near the right one: 1 / (1 + |answer - gold| / scale), 1.0 for an equal one.

    Beside `FinalAnswer` it tells wrong answers apart, so that a group without a right one still has something to learn
    from. Not applicable where the gold answer is no plain number; an answer that is none gets 0.0.

    >>> sample = Sample(prompt="9+9=?", completion="\\\\boxed{17}", reference={"answer": "18"})
    >>> Closeness()([sample])[0].value
    0.5
    """

    answer_key: str = "answer"
    """Where `sample.reference` holds the gold answer: text or a number."""
    scale: float = 1.0
    """The distance that halves the credit, in the answer's own units."""
    allow_phrases: bool = True
    allow_bare: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.scale, Real) and 0 < self.scale < math.inf):
            raise RewardError(f"Closeness: scale is {self.scale!r}; give the distance that halves the credit, above 0")

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self.judge(sample) for sample in group]

    def judge(self, sample: Sample) -> Verdict:
        """The verdict of one sample."""
        try:
            gold = read_gold(
                FinalAnswer(answer_key=self.answer_key).gold(sample.reference.get(self.answer_key), sample)
            )
        except RewardError as error:
            return Verdict.failed(str(error))
        right = number_of(gold)
        if right is None:
            return Verdict.not_applicable(f"the gold answer {gold.shown} is no plain number")
        found = extract(sample.completion, allow_phrases=self.allow_phrases, allow_bare=self.allow_bare)
        try:
            answer = number_of(read(found.text)) if 0 < len(found.text) <= MAX_CHARS else None
        except Unreadable:
            answer = None
        if answer is None:
            return Verdict.of(0.0, f"the {found.how} answer is no number" if found.text else found.how)
        distance = abs(answer - right)
        return Verdict.of(
            _decay(distance / Fraction(self.scale)), f"the {found.how} answer is off by {_shown(distance)}"
        )


def _decay(distance: int | Fraction) -> float:
    """1 / (1 + distance); dividing exact numbers, so that no huge one overflows."""
    return float(1 / (1 + Fraction(distance)))


def _shown(number: int | Fraction) -> str:
    """As text, unless it is too long to read (or, past 4,300 digits, for Python to write)."""
    return str(number) if max(number.numerator, number.denominator).bit_length() < 128 else "a very long number"
