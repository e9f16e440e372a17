"""Extracted answers -> what they say: a number, words, a moment or a tree, and the unit beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rewards.base import RewardError
from rewards.math.bases import based_number
from rewards.math.cardinals import cardinal
from rewards.math.choices import choice_of_gold
from rewards.math.currencies import currency
from rewards.math.denials import DENIED, HEDGED, VAGUE
from rewards.math.exact import exact, is_literal
from rewards.math.extract import boxed_answer
from rewards.math.moments import Moment, moment
from rewards.math.nodes import MAX_CHARS, Node, number
from rewards.math.notation import parse
from rewards.math.numbers import clean, plain_number, vocabulary
from rewards.math.quantities import mixed_measure, split_unit
from rewards.math.separators import comma_decimal, grouped_number, money_in_thousands
from rewards.math.spelled import spelled_number
from rewards.math.tokens import Unreadable
from rewards.math.units import canonical
from rewards.math.words import as_formula, as_words, is_marked_prose, is_prose, is_words, squeeze


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


_ANNOUNCED = re.compile(
    r"^[\s$*]*(?:\\text\s*\{\s*)?(?:the\s+)?(?:final\s+|correct\s+)?answer(?:\s+is\b|\s*[:=])\s*:?\s*(?:\}\s*)?(?=\S)",
    re.IGNORECASE,
)
_SAYS = {
    **dict.fromkeys(("no solution", "no solutions", "no real solution", "no real solutions", "empty set"), Node("set")),
    **dict.fromkeys(
        ("all real numbers", "all reals", "all real x", "the real numbers"),
        Node("bracket", (Node("neg", (Node("const", name="inf"),)), Node("const", name="inf")), name="()"),
    ),
}
"""What some words mean."""


def read(text: str) -> Answer:
    """Raises Unreadable."""
    plain = plain_number(text)
    if plain is not None:
        return Answer(text, text, plain=plain)
    if "nswer" in text[:30]:
        text = _ANNOUNCED.sub("", text)
    cleaned = clean(text)
    shown = text.strip() if len(text) <= 80 else f"{text.strip()[:77]}..."
    if not cleaned:
        raise Unreadable("it is empty")
    plain = _any_number(cleaned)
    if plain is not None:
        unit = currency(text)
        amount = money_in_thousands(cleaned) if unit in _COMMA_MONEY else None
        return Answer(shown, cleaned, plain=plain if amount is None else amount, unit=unit)
    if (based := based_number(cleaned)) is not None:
        return Answer(shown, squeeze(cleaned), tree=Node("based", value=based[0], name=based[1]))
    when = moment(cleaned)
    if is_words(cleaned):
        words = as_words(text)
        return Answer(shown, squeeze(cleaned), words=words, moment=when) if words not in _SAYS else _says(shown, words)
    if when is None and (mixed := mixed_measure(cleaned)) is not None:
        return Answer(shown, squeeze(cleaned), plain=mixed[0], unit=mixed[1])
    return _with_unit(shown, cleaned, text, when)


def _says(shown: str, words: str) -> Answer:
    return Answer(shown, words, tree=_SAYS[words])


def _with_unit(shown: str, cleaned: str, text: str, when: Moment | None) -> Answer:
    """Raises Unreadable."""
    counted, unit = split_unit(cleaned)
    unit = unit or currency(text)
    is_counted = unit or (counted != cleaned and counted[-1:].isalpha())
    plain = _measured(counted, unit) if is_counted and when is None else None
    if plain is not None:
        return Answer(shown, squeeze(cleaned), plain=plain, unit=unit)
    if cleaned.endswith("%") and (share := comma_decimal(cleaned.rstrip("\\% "))) is not None:
        return Answer(shown, squeeze(cleaned), tree=Node("percent", (number(share),)))
    try:
        tree = parse(counted)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except Unreadable:
        if (side := _last_side(counted)) is not None:
            return Answer(shown, squeeze(cleaned), tree=side, unit=unit)
        if (formula := as_formula(cleaned)) and when is None:
            return Answer(shown, formula, words=formula)
        if when is None and not is_prose(cleaned) and not is_marked_prose(cleaned):
            raise
        return Answer(shown, squeeze(cleaned), words=as_words(text), moment=when)
    if tree.op == "degree":
        tree, unit = tree.args[0], unit or "degree"
    elif tree.op == "rel" and tree.args[-1].op == "degree":
        tree, unit = Node("rel", (*tree.args[:-1], tree.args[-1].args[0]), name=tree.name), unit or "degree"
    return Answer(
        shown, squeeze(cleaned), tree=tree, unit=unit, decimal=comma_decimal(_NAME.sub("", cleaned)), moment=when
    )


_NAME = re.compile(r"^[A-Za-z](?:_\{?\w{1,3}\}?)?\s*=\s*")
"""The unknown in front of a value."""


def as_product(counted: Answer) -> Answer | None:
    """An answer whose unit is taken for symbols, `\\frac{1}{2} a b` for instance; None where it cannot be read so."""
    try:
        return Answer(counted.shown, counted.squeezed, tree=parse(clean(counted.shown)))
    except (Unreadable, RecursionError):
        return None


def _last_side(text: str) -> Node | None:
    """What a name or expression that cannot be read is said to equal: `P(A \\cap B) = 1/3`; None for other texts."""
    left, equals, right = text.rpartition("=")
    doubtful = not equals or not left.isascii() or any(char in left for char in ",;<>?") or left[-1:] in ("!", "\\")
    if doubtful or left.count("{") != left.count("}") or _WORD.search(_WRAPPED.sub("", left)):
        return None
    if any(words.search(left) for words in (DENIED, HEDGED, VAGUE)):
        return None
    try:
        return parse(right)
    except (Unreadable, RecursionError):
        return None


_WRAPPED = re.compile(r"\\(?:text|mathrm|operatorname|begin|end)\s*\{[^{}]*\}")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]?[a-z]{2,}")
_COMMA_MONEY = vocabulary(
    "euro ruble dong rupiah lira real peso zloty koruna krone sek nok dkk isk forint leu lev hryvnia ars clp rsd denar"
)
"""Currencies of countries that write 1.215 for a thousand and some."""


def _measured(text: str, unit: str) -> int | Fraction | None:
    """A number with a unit behind it, where `3,5` is no list."""
    if canonical(unit.lower()) in _COMMA_MONEY and (amount := money_in_thousands(text)) is not None:
        return amount
    value = _any_number(text)
    return comma_decimal(text) if value is None else value


_NUMBER_WORDS = re.compile(r"[^\d\\{}()\[\]=<>+*/^_|$%,;:]{2,100}")


def _any_number(text: str) -> int | Fraction | None:
    """A number in digits, with the separators of any country, or in words."""
    for reading in (plain_number, grouped_number, spelled_number):
        value = reading(text)
        if value is not None:
            return value
    return cardinal(text) if (len(text) > 2 or text > "\u0600") and _NUMBER_WORDS.fullmatch(text) else None


@lru_cache(maxsize=4096)
def read_gold(gold: str) -> Answer:
    """Raises RewardError."""
    text = gold
    if "\\boxed" in gold:
        text = boxed_answer(gold)
    elif "####" in gold:
        text = gold.rpartition("####")[2]
    try:
        if len(text) > MAX_CHARS:
            raise Unreadable(f"{len(text)} characters are more than {MAX_CHARS}")
        return read(text)
    except Unreadable as error:
        if (letter := choice_of_gold(text)) is not None:
            return Answer(text.strip()[:80], letter.lower(), words=letter.lower())
        shown = gold if len(gold) <= 200 else f"{gold[:197]}..."
        raise RewardError(f"gold answer {shown!r} cannot be read: {error}; correct or drop this row") from None


def number_of(answer: Answer) -> int | Fraction | None:
    """The answer as a number without a unit that needs no computing; None for anything else."""
    if answer.unit or answer.words is not None:
        return None
    if answer.plain is not None:
        return answer.plain
    return exact(answer.node()) if is_literal(answer.node()) else None
