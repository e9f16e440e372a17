"""Extracted answers -> what they say: a number, words, a moment or a tree, and the unit beside it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rewards.base import RewardError
from rewards.math.extract import find_boxes
from rewards.math.moments import Moment, moment
from rewards.math.notation import MAX_CHARS, Node, number, parse
from rewards.math.numbers import as_words, clean, currency, is_prose, is_words, plain_number, split_unit, squeeze
from rewards.math.spelled import comma_decimal, grouped_number, spelled_number
from rewards.math.tokens import Unreadable
from rewards.math.values import exact, is_literal


@dataclass(frozen=True, slots=True)
class Answer:
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


def read(text: str) -> Answer:
    """Raises Unreadable."""
    plain = plain_number(text)
    if plain is not None:
        return Answer(text, text, plain=plain)
    cleaned = clean(text)
    shown = text.strip() if len(text) <= 80 else f"{text.strip()[:77]}..."
    if not cleaned:
        raise Unreadable("it is empty")
    plain = _any_number(cleaned)
    if plain is not None:
        return Answer(shown, cleaned, plain=plain, unit=currency(text))
    when = moment(cleaned)
    if is_words(cleaned):
        return Answer(shown, squeeze(cleaned), words=as_words(text), moment=when)
    counted, unit = split_unit(cleaned)
    plain = _any_number(counted) if unit else None
    if plain is not None and when is None:
        return Answer(shown, squeeze(cleaned), plain=plain, unit=unit)
    try:
        tree = parse(counted)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except Unreadable:
        if when is None and not is_prose(cleaned):
            raise
        return Answer(shown, squeeze(cleaned), words=as_words(text), moment=when)
    if tree.op == "degree":
        tree, unit = tree.args[0], unit or "degree"
    return Answer(shown, squeeze(cleaned), tree=tree, unit=unit, decimal=comma_decimal(cleaned), moment=when)


def _any_number(text: str) -> int | Fraction | None:
    """A number in digits, with the separators of any country, or in words."""
    for reading in (plain_number, grouped_number, spelled_number):
        value = reading(text)
        if value is not None:
            return value
    return None


@lru_cache(maxsize=4096)
def read_gold(gold: str) -> Answer:
    """Raises RewardError."""
    text = gold
    if "\\boxed" in gold:
        text = find_boxes(gold)[-1].content or ""
    elif "####" in gold:
        text = gold.rpartition("####")[2]
    try:
        if len(text) > MAX_CHARS:
            raise Unreadable(f"{len(text)} characters are more than {MAX_CHARS}")
        return read(text)
    except Unreadable as error:
        shown = gold if len(gold) <= 200 else f"{gold[:197]}..."
        raise RewardError(f"gold answer {shown!r} cannot be read: {error}; correct or drop this row") from None


def number_of(answer: Answer) -> int | Fraction | None:
    """The answer as a number without a unit that needs no computing; None for anything else."""
    if answer.unit or answer.words is not None:
        return None
    if answer.plain is not None:
        return answer.plain
    return exact(answer.node()) if is_literal(answer.node()) else None
