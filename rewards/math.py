"""Is the final answer right? `verify` compares two texts; `FinalAnswer` is the reward that does so for completions.

Three steps, each in its own file: `rewards.extract` finds the answer, `rewards.notation` reads it as a small tree,
`rewards.algebra` compares two trees. Plain integers and decimals are decided before any of that, by exact arithmetic.
Nothing from a model reaches `eval`, `sympify` or `parse_expr`. Every step is bounded, and only caches are shared, so
that any thread may call it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from numbers import Real
from typing import Any, NamedTuple

from rewards.algebra import Comparison, Match
from rewards.base import RewardError, Sample, Verdict
from rewards.choices import choice, choice_of_gold
from rewards.extract import Extracted, extract, find_boxes, last_value
from rewards.moments import Moment, moment
from rewards.notation import MAX_CHARS, Node, number, parse
from rewards.numbers import (
    as_words,
    clean,
    currency,
    is_prose,
    is_words,
    plain_number,
    split_unit,
    squeeze,
    units_agree,
)
from rewards.spelled import comma_decimal, grouped_number, spelled_number
from rewards.tokens import Unreadable
from rewards.units import convert
from rewards.values import exact, is_literal


class Strictness(NamedTuple):
    """What counts as the same answer."""

    allow_unevaluated: bool
    rel_tol: float


def verify(
    gold: str,
    prediction: str,
    *,
    allow_phrases: bool = True,
    allow_bare: bool = True,
    allow_unevaluated: bool = False,
    rel_tol: float = 0.0,
) -> Verdict:
    """1.0 when the final answer of `prediction` equals `gold`, else 0.0, with the reason in words.

    Symmetric in gold and answer, with one exception: an answer that still has to be computed (`9+9`) is not paid where
    the gold is a number (18), but a gold may be written in any form.

    Args:
        gold: the right answer, bare, boxed or after `####`.
        prediction: a whole completion or a bare answer.
        allow_phrases: accept "the answer is 18" where nothing is boxed, tagged or after `####`.
        allow_bare: accept the last line, formula or number of a text that marks no answer at all.
        allow_unevaluated: pay `9+9` for 18.
        rel_tol: largest relative difference of two numbers that count as equal; 0 compares exactly.

    Raises:
        RewardError: when the gold answer cannot be read, or `rel_tol` is not a number from 0 to below 1.

    >>> verify("18", "9 + 9 is \\\\boxed{\\u0661\\u0668}").value
    1.0
    >>> verify("18", "\\\\boxed{9+9}").reason
    'the boxed answer 9+9 has the value but is not evaluated: 18'
    >>> verify("\\\\frac{1}{2}", "0.5").value, verify("1/2", "no idea").value
    (1.0, 0.0)
    """
    if rel_tol and not 0 <= rel_tol < 1:
        raise RewardError(f"rel_tol is {rel_tol}; give a number from 0 (exact) to below 1")
    found = extract(prediction, allow_phrases=allow_phrases, allow_bare=allow_bare)
    if found.how == "bare" and not _stands_alone(found.text, gold):
        last = last_value(prediction)
        found = Extracted(last, "last" if last else "no answer found")
    if not found.text:
        check_gold(gold)
        return Verdict.of(0.0, found.how)
    if len(found.text) > MAX_CHARS:
        check_gold(gold)
        return Verdict.of(0.0, f"the {found.how} answer has {len(found.text)} characters, more than {MAX_CHARS}")
    return _judge(gold, found.text, found.how, Strictness(allow_unevaluated, rel_tol))


def check_gold(gold: str) -> None:
    """Passes silently when `gold` can be compared with answers; call it for every row when data loads.

    Raises:
        RewardError: naming the gold answer and what is wrong with it.

    >>> check_gold("3\\\\sqrt{2}")
    >>> check_gold("\\\\frac{1}{")
    Traceback (most recent call last):
    rewards.base.RewardError: gold answer '\\\\frac{1}{' cannot be read: it ends too early; correct or drop this row
    """
    _read_gold(gold)


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
            gold = _read_gold(
                FinalAnswer(answer_key=self.answer_key).gold(sample.reference.get(self.answer_key), sample)
            )
        except RewardError as error:
            return Verdict.failed(str(error))
        right = _number(gold)
        if right is None:
            return Verdict.not_applicable(f"the gold answer {gold.shown} is no plain number")
        found = extract(sample.completion, allow_phrases=self.allow_phrases, allow_bare=self.allow_bare)
        try:
            answer = _number(_read(found.text)) if 0 < len(found.text) <= MAX_CHARS else None
        except Unreadable:
            answer = None
        if answer is None:
            return Verdict.of(0.0, f"the {found.how} answer is no number" if found.text else found.how)
        distance = abs(answer - right)
        return Verdict.of(
            _decay(distance / Fraction(self.scale)), f"the {found.how} answer is off by {_shown(distance)}"
        )


def _number(answer: _Answer) -> int | Fraction | None:
    """The answer as a number without a unit that needs no computing; None for anything else."""
    if answer.unit or answer.words is not None:
        return None
    if answer.plain is not None:
        return answer.plain
    return exact(answer.node()) if is_literal(answer.node()) else None


def _decay(distance: int | Fraction) -> float:
    """1 / (1 + distance); dividing exact numbers, so that no huge one overflows."""
    return float(1 / (1 + Fraction(distance)))


def _shown(number: int | Fraction) -> str:
    """As text, unless it is too long to read (or, past 4,300 digits, for Python to write)."""
    return str(number) if max(number.numerator, number.denominator).bit_length() < 128 else "a very long number"


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer, read."""

    shown: str
    """As it was written, shortened for reasons."""
    squeezed: str
    """Cleaned, without the spaces that mean nothing: equal ones are equal answers."""
    words: str | None = None
    """Set when the answer is text, not mathematics."""
    plain: int | Fraction | None = None
    """Set when it is a plain number."""
    tree: Node | None = None
    unit: str = ""
    decimal: int | Fraction | None = None
    """The other reading of `3,14`, whose tree is a list."""
    moment: Moment | None = None
    """Set when it is a time of day or a date."""

    def node(self) -> Node:
        if self.tree is not None:
            return self.tree
        assert self.plain is not None, "an answer that is not text has a number or a tree"
        return number(self.plain)


def _read(text: str) -> _Answer:
    """Raises Unreadable."""
    plain = plain_number(text)
    if plain is not None:
        return _Answer(text, text, plain=plain)
    cleaned = clean(text)
    shown = text.strip() if len(text) <= 80 else f"{text.strip()[:77]}..."
    if not cleaned:
        raise Unreadable("it is empty")
    plain = _any_number(cleaned)
    if plain is not None:
        return _Answer(shown, cleaned, plain=plain, unit=currency(text))
    when = moment(cleaned)
    if is_words(cleaned):
        return _Answer(shown, squeeze(cleaned), words=as_words(text), moment=when)
    counted, unit = split_unit(cleaned)
    plain = _any_number(counted) if unit else None
    if plain is not None and when is None:
        return _Answer(shown, squeeze(cleaned), plain=plain, unit=unit)
    try:
        tree = parse(counted)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except Unreadable:
        if when is None and not is_prose(cleaned):
            raise
        return _Answer(shown, squeeze(cleaned), words=as_words(text), moment=when)
    if tree.op == "degree":
        tree, unit = tree.args[0], unit or "degree"
    return _Answer(shown, squeeze(cleaned), tree=tree, unit=unit, decimal=comma_decimal(cleaned), moment=when)


def _any_number(text: str) -> int | Fraction | None:
    """A number in digits, with the separators of any country, or in words."""
    for reading in (plain_number, grouped_number, spelled_number):
        value = reading(text)
        if value is not None:
            return value
    return None


@lru_cache(maxsize=4096)
def _read_gold(gold: str) -> _Answer:
    """Raises RewardError."""
    text = gold
    if "\\boxed" in gold:
        text = find_boxes(gold)[-1].content or ""
    elif "####" in gold:
        text = gold.rpartition("####")[2]
    try:
        if len(text) > MAX_CHARS:
            raise Unreadable(f"{len(text)} characters are more than {MAX_CHARS}")
        return _read(text)
    except Unreadable as error:
        shown = gold if len(gold) <= 200 else f"{gold[:197]}..."
        raise RewardError(f"gold answer {shown!r} cannot be read: {error}; correct or drop this row") from None


def _stands_alone(line: str, gold: str) -> bool:
    """Whether the last line of a text that marks no answer is one as a whole."""
    try:
        return len(line) <= MAX_CHARS and (_read(line).words is None or _read_gold(gold).words is not None)
    except Unreadable:
        return False


@lru_cache(maxsize=8192)
def _judge(gold_text: str, answer_text: str, how: str, strictness: Strictness) -> Verdict:
    """The verdict on an extracted answer; a pure function of texts, so that it may be remembered or run elsewhere."""
    gold = _read_gold(gold_text)
    letter = choice_of_gold(gold.shown)
    chosen = choice(clean(answer_text)) if letter else None
    if chosen:
        match = Match.SAME if chosen == letter else Match.DIFFERENT
        return Verdict.of(float(match is Match.SAME), f"the {how} choice {chosen} {match.value} {letter}")
    try:
        answer = _read(answer_text)
    except Unreadable as error:
        return Verdict.of(0.0, f"the {how} answer {answer_text.strip()[:80]} cannot be read: {error}")
    match = _match(gold, answer, strictness)
    return Verdict.of(
        1.0 if match is Match.SAME else 0.0, f"the {how} answer {answer.shown} {match.value} {gold.shown}"
    )


def _match(gold: _Answer, answer: _Answer, strictness: Strictness) -> Match:
    if not units_agree(gold.unit, answer.unit):
        return _match_converted(gold, answer)
    if gold.squeezed == answer.squeezed:
        return Match.SAME
    if gold.moment is not None and answer.moment is not None:
        return Match.SAME if gold.moment == answer.moment else Match.DIFFERENT
    if gold.words is not None or answer.words is not None:
        return Match.SAME if gold.words == answer.words else Match.DIFFERENT
    if gold.plain is not None and answer.plain is not None and gold.plain == answer.plain:
        return Match.SAME
    if _same_decimal(gold, answer) or _same_decimal(answer, gold):
        return Match.SAME
    comparison = Comparison(rel_tol=strictness.rel_tol, allow_unevaluated=strictness.allow_unevaluated)
    if gold.plain is not None and answer.plain is not None and not strictness.rel_tol:
        return Match.DIFFERENT
    match = comparison.match(gold.node(), answer.node())
    if match is Match.DIFFERENT and (gold.unit == "degree") != (answer.unit == "degree"):
        return comparison.match(_radians(gold), _radians(answer))
    return match


def _match_converted(gold: _Answer, answer: _Answer) -> Match:
    """Numbers in two units: the same when one converts into the other exactly, as 5000 m is 5 km."""
    if gold.plain is None or answer.plain is None:
        return Match.DIFFERENT
    return Match.SAME if convert(answer.plain, answer.unit, gold.unit) == gold.plain else Match.DIFFERENT


def _same_decimal(one: _Answer, other: _Answer) -> bool:
    """Whether `3,14` on one side is 3.14 on the other."""
    return one.decimal is not None and other.plain == one.decimal


def _radians(answer: _Answer) -> Node:
    """An angle without its unit, pi / 180 for each degree. Only an angle that mentions pi is in radians."""
    if answer.unit != "degree":
        return answer.node() if "pi" in _constants(answer.node()) else Node("empty")
    return Node("*", (answer.node(), Node("/", (Node("const", name="pi"), number(180)))))


def _constants(node: Node) -> frozenset[str]:
    """The names of the constants in a tree."""
    own = frozenset({node.name}) if node.op == "const" else frozenset()
    return own.union(*map(_constants, node.args))
