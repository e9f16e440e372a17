"""Whether an extracted answer is the gold one: plain numbers by exact arithmetic, all else by comparing two trees."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from rewards.base import Verdict
from rewards.math.algebra import Comparison, Match
from rewards.math.answers import Answer, as_product, number_of, read, read_gold
from rewards.math.choices import choice, choice_content, choice_of_gold, same_choices
from rewards.math.exact import exact, is_literal, symbols
from rewards.math.letters import local_letter
from rewards.math.nodes import Node, number
from rewards.math.numbers import clean, plain_number
from rewards.math.tokens import Unreadable
from rewards.math.units import canonical, convert, units_agree
from rewards.math.words import truth


class Strictness(NamedTuple):
    """What counts as the same answer."""

    allow_unevaluated: bool
    rel_tol: float


def amount_said(text: str) -> int | Fraction | None:
    """The value of a plain number, with a dollar sign before it or none; None for anything else."""
    return plain_number(text.removeprefix("\\").removeprefix("$"))


@lru_cache(maxsize=8192)
def judge(gold_text: str, answer_text: str, how: str, strictness: Strictness) -> Verdict:
    """The verdict on an extracted answer; a pure function of texts, so that it may be remembered or run elsewhere."""
    gold = read_gold(gold_text)
    if gold.plain is not None and not gold.unit and not strictness.rel_tol:
        said = amount_said(answer_text)
        if said is not None and plain_number(gold.shown) is not None:  # most verdicts there are: no more to compare
            match = Match.SAME if said == gold.plain else Match.DIFFERENT
            return Verdict.of(float(match is Match.SAME), f"the {how} answer {answer_text} {match.value} {gold.shown}")
    letter = choice_of_gold(gold.shown)
    chosen = _choice(answer_text) if letter else None
    if chosen:
        match = Match.SAME if chosen == letter else Match.DIFFERENT
        return Verdict.of(float(match is Match.SAME), f"the {how} choice {chosen} {match.value} {letter}")
    try:
        if letter and (content := choice_content(gold.shown)):
            gold = read(content)
        answer = read(answer_text)
    except Unreadable as error:
        return Verdict.of(0.0, f"the {how} answer {answer_text.strip()[:80]} cannot be read: {error}")
    match = _match(*_without_false_units(gold, answer), strictness)
    return Verdict.of(
        1.0 if match is Match.SAME else 0.0, f"the {how} answer {answer.shown} {match.value} {gold.shown}"
    )


def _without_false_units(gold: Answer, answer: Answer) -> tuple[Answer, Answer]:
    """Both answers, with a product of symbols that was read as a unit (`\\frac{1}{2} a b`) as a product again."""
    if bool(gold.unit) == bool(answer.unit):
        return gold, answer
    counted, other = (gold, answer) if gold.unit else (answer, gold)
    named = symbols(other.tree) if other.tree is not None else frozenset[str]()
    if not named or (reread := as_product(counted)) is None or symbols(reread.node()) != named:
        return gold, answer
    return (reread, answer) if counted is gold else (gold, reread)


def _choice(text: str) -> str | None:
    """The letter of a short answer; a lone small letter is one too where the gold is a letter."""
    cleaned = clean(text)
    return choice(cleaned.upper() if len(cleaned) == 1 else cleaned) or local_letter(text)


def _match(gold: Answer, answer: Answer, strictness: Strictness) -> Match:
    if gold.moment is not None and answer.moment is not None:
        return Match.SAME if gold.moment == answer.moment else Match.DIFFERENT
    angles = {canonical(unit.lower()) for unit in (gold.unit, answer.unit)} if gold.unit or answer.unit else set[str]()
    if angles in _ANGLES:
        return _comparison(strictness).match(_radians(gold), _radians(answer))
    if not units_agree(gold.unit, answer.unit):
        return _match_converted(gold, answer)
    if gold.squeezed == answer.squeezed and (gold.plain is None) == (answer.plain is None):  # 1, 234 is not 1,234
        return Match.SAME
    if (same := same_choices(gold.shown, answer.shown)) is not None:
        return Match.SAME if same else Match.DIFFERENT
    if gold.words is not None or answer.words is not None:
        return Match.SAME if gold.words == answer.words or _same_truth(gold, answer) else Match.DIFFERENT
    if gold.plain is not None and answer.plain is not None and gold.plain == answer.plain:
        return Match.SAME
    if _same_decimal(gold, answer) or _same_decimal(answer, gold):
        return Match.SAME
    comparison = _comparison(strictness)
    if gold.plain is not None and answer.plain is not None and not strictness.rel_tol:
        return Match.DIFFERENT
    if angles == {"degree", ""} and "pi" in _constants((answer if gold.unit else gold).node()):
        return comparison.match(_radians(gold), _radians(answer))
    match = comparison.match(gold.node(), answer.node())
    if match is Match.DIFFERENT and angles == {"degree", ""}:
        return comparison.match(_radians(gold), _radians(answer))
    return match


_ANGLES = ({"degree", "radian"}, {"degree", "rad"})


def _comparison(strictness: Strictness) -> Comparison:
    return Comparison(rel_tol=strictness.rel_tol, allow_unevaluated=strictness.allow_unevaluated)


def _match_converted(gold: Answer, answer: Answer) -> Match:
    """Numbers in two units: the same when one converts into the other exactly, as 5000 m is 5 km."""
    right, said = _amount(gold), _amount(answer)
    if right is None or said is None:
        return Match.DIFFERENT
    return Match.SAME if convert(said, answer.unit, gold.unit) == right else Match.DIFFERENT


def _amount(answer: Answer) -> int | Fraction | None:
    """The number in front of a unit, where nothing is left to compute."""
    return number_of(replace(answer, unit=""))


def _same_truth(one: Answer, other: Answer) -> bool:
    """Whether both say yes, no, true or false, in whatever language."""
    return bool(one.words and other.words and truth(one.words)) and truth(one.words or "") == truth(other.words or "")


def _same_decimal(one: Answer, other: Answer) -> bool:
    """Whether `3,14` on one side is 3.14 on the other."""
    if one.decimal is None:
        return False
    if one.decimal in (other.plain, number_of(other)):
        return True
    return (
        other.tree is not None
        and other.tree.op == "rel"
        and one.shown[:1] == other.shown[:1]
        and _value_is(other.tree, one.decimal)
    )


def _value_is(equation: Node, value: int | Fraction) -> bool:
    """Whether the last side of an equation is a number of this value."""
    return is_literal(equation.args[-1]) and exact(equation.args[-1]) == value


def _radians(answer: Answer) -> Node:
    """An angle without its unit, pi / 180 for each degree. Only an angle that mentions pi is in radians."""
    if canonical(answer.unit.lower()) != "degree":
        return answer.node() if "pi" in _constants(answer.node()) else Node("empty")
    return Node("*", (answer.node(), Node("/", (Node("const", name="pi"), number(180)))))


def _constants(node: Node) -> frozenset[str]:
    """The names of the constants in a tree."""
    own = frozenset({node.name}) if node.op == "const" else frozenset()
    return own.union(*map(_constants, node.args))
