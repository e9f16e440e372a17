# ruff: noqa: RUF001  (words in other scripts)
"""Is the final answer right? Plain numbers by exact arithmetic, all else by comparing two small trees."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from rewards.base import RewardError, Verdict
from rewards.math.algebra import Comparison, Match
from rewards.math.answers import Answer, as_product, number_of, read, read_gold
from rewards.math.choices import choice, choice_content, choice_of_gold, picked_choice, same_choices, stated_choice
from rewards.math.extract import Extracted, extract, own_words
from rewards.math.letters import latin_gold, local_letter, names_options, option_letter, with_latin_capitals
from rewards.math.locales import comma_decimal_only, groups_thousands, other_reading
from rewards.math.nodes import MAX_CHARS, Node, number
from rewards.math.numbers import clean, plain_number
from rewards.math.sentences import needs_sentence, sentence_answer
from rewards.math.settled import last_value, opens_with_denied, single_value
from rewards.math.tokens import Unreadable
from rewards.math.units import canonical, convert, units_agree
from rewards.math.values import symbols
from rewards.math.words import truth


class Strictness(NamedTuple):
    """What counts as the same answer."""

    allow_unevaluated: bool
    rel_tol: float


_BOXED_SENTENCE = re.compile(r"\\(?:text|textbf|mathrm)\s*\{\s*[A-Z][a-z]+\s[a-z][^{}]{4,200}\}")


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

    A percent sign may be missing on one side, because questions ask "how many percent": 50 is right where the gold is
    50 %, and 50 % where it is 50, as the public graders' own test suites have it. So is 0.5, the value of 50 %; but 50
    is never right where the gold is 0.5, nor 0.5 % where it is 0.5. A missing unit or currency is forgiven likewise, a
    different one is not unless it converts (5000 m for 5 km).

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
    gold = latin_gold(gold)
    if not prediction.isascii() and choice_of_gold(gold) is not None:
        prediction = with_latin_capitals(prediction)
    found = extract(prediction, allow_phrases=allow_phrases, allow_bare=allow_bare)
    if found.how == "bare" and opens_with_denied(found.text):
        found = Extracted("", "the only number is denied")
    elif found.how in ("bare", "stated", "tagged") and not _stands_alone(found.text, gold):
        found = _out_of_prose(found, prediction, gold)
    elif found.how == "boxed" and _BOXED_SENTENCE.fullmatch(found.text) and not _stands_alone(found.text, gold):
        found = Extracted(single_value(clean(found.text)) or found.text, "boxed")
    if not found.text:
        check_gold(gold)
        return Verdict.of(0.0, found.how)
    if len(found.text) > MAX_CHARS:
        check_gold(gold)
        return Verdict.of(0.0, f"the {found.how} answer has {len(found.text)} characters, more than {MAX_CHARS}")
    strictness = Strictness(allow_unevaluated, rel_tol)
    if "," in found.text and found.how in _OF_PROSE and found.text not in gold:
        only = comma_decimal_only(found.text, prediction)
        if only is not None:
            return _judge(gold, only, found.how, strictness)
    verdict = _judge(gold, found.text, found.how, strictness)
    is_ambiguous = "." in found.text and found.text not in gold
    if verdict.value and not (is_ambiguous and groups_thousands(found.text, prediction)):
        return verdict
    if (other := _second_reading(found, prediction)) is None:
        return verdict
    second = _judge(gold, other, found.how, strictness)
    return second if second.value or verdict.value else verdict


_OF_PROSE = frozenset(("stated", "bare", "last"))
"""Answers in the words of a language, and so in its decimals; a box may keep to the English ones."""


def _second_reading(found: Extracted, prediction: str) -> str | None:
    """What else an answer may say: a sentence ends with an exclamation mark, a country writes 1.234 for a thousand."""
    if found.how == "stated" and found.text.endswith(("!", "！")) and not found.text.endswith("!!"):
        return found.text[:-1]
    if (rounded := _ROUNDED.search(found.text)) is not None:
        return rounded[1]
    if "dozen" in found.text and (dozens := _DOZENS.match(found.text)) is not None:
        return str(12 * int(dozens[1]))
    return other_reading(found.text, prediction)


_ROUNDED = re.compile(r"[^\s\d].*(?:\\approx(?![a-z])|\u2248)\s*([-+]?\d+(?:\.\d+)?)[\s.$]*$")
"""What an answer gives as a decimal beside the exact value, where the gold answer may be rounded."""
_DOZENS = re.compile(r"(\d{1,6})\s*(?:\\text\s*\{\s*)?dozens?\b(?!\s+(?:and|or|minus|plus)\b)[A-Za-z\s{}.]*$")
"""Dozens are counted by the dozen or one by one, whichever was asked for."""


def check_gold(gold: str) -> None:
    """Passes silently when `gold` can be compared with answers; call it for every row when data loads.

    Raises:
        RewardError: naming the gold answer and what is wrong with it.

    >>> check_gold("3\\\\sqrt{2}")
    >>> check_gold("\\\\frac{1}{")
    Traceback (most recent call last):
    rewards.base.RewardError: gold answer '\\\\frac{1}{' cannot be read: it ends too early; correct or drop this row
    """
    read_gold(gold)


def _stands_alone(line: str, gold: str) -> bool:
    """Whether the last line or the announced text is an answer as a whole."""
    if _amount_said(line) is not None:
        return True
    if _is_sentence(line) and read_gold(gold).words is None and read_gold(gold).moment is None:
        return False
    try:
        if len(line) > MAX_CHARS:
            return False
        answer, right = read(line), read_gold(gold)
        return not needs_sentence(right, answer) and (answer.words is None or right.words is not None)
    except Unreadable:
        return False


def _amount_said(text: str) -> int | Fraction | None:
    """The value of a plain number, with a dollar sign before it or none; None for anything else."""
    return plain_number(text.removeprefix("\\").removeprefix("$"))


_LETTER = r"""[^\s\d_.,;:!?()\[\]{}=+*/<>$\\^|"'\u2019%&#@~`-]"""
_CJK = "[\u3041-\u9fff\uac00-\ud7a3]"
_NUMERAL = "[〇零一二三四五六七八九十百千万億亿负負分之点又영일이삼사오육칠팔구십백천만억분의]"
_FUNCTION = "sqrt|infinity|degree|arc|sinh|cosh|tanh"
_SENTENCE = re.compile(
    rf"{_LETTER}{{2,20}},? (?:{_LETTER}{{1,30}}['\u2019]?,? ){{0,12}}?(?!{_FUNCTION}){_LETTER}{{4,30}},? "
    rf"|[\u0400-\u0dff]{_LETTER}{{1,20}},? {_LETTER}{{2,30}},? "
    rf"|(?!マイナス|마이너스){_CJK}{{0,30}}?(?:(?!{_NUMERAL}){_CJK}){{3}}"
)
_NO_SENTENCE = re.compile(r"[\\={}^_]|nswer|base|\bmod\b")


def _is_sentence(line: str) -> bool:
    """Whether a line begins with words of prose, none of which a formula has: a cheap look before it is read as one."""
    if _SENTENCE.match(line) is None or _NO_SENTENCE.search(line) is not None:
        return False
    return any(char.isdigit() for char in line)


def _out_of_prose(found: Extracted, prediction: str, gold: str) -> Extracted:
    """The choice, number or formula that a sentence settles on."""
    if choice_of_gold(gold) is not None:
        if found.how == "bare":
            chosen = choice(clean(found.text)) or _chosen_in_prose(found.text, own_words(prediction))
        else:
            chosen = choice(clean(found.text)) or stated_choice(found.text) or option_letter(f"answer {found.text}")
        return Extracted(chosen, found.how) if chosen else found
    if several := sentence_answer(found.text, read_gold(gold)):
        return Extracted(several, found.how)
    if found.how == "bare":
        last = last_value(prediction, with_unit=bool(read_gold(gold).unit))
        return Extracted(last, "last" if last else "no answer found")
    value = single_value(found.text, with_unit=bool(read_gold(gold).unit))
    return Extracted(value, found.how) if value else found


def _chosen_in_prose(line: str, text: str) -> str | None:
    """The letter of a last line in another language, or of English prose."""
    if line.isascii():
        return picked_choice(text) or option_letter(line)
    return option_letter(line) if names_options(line) else picked_choice(text)


@lru_cache(maxsize=8192)
def _judge(gold_text: str, answer_text: str, how: str, strictness: Strictness) -> Verdict:
    """The verdict on an extracted answer; a pure function of texts, so that it may be remembered or run elsewhere."""
    gold = read_gold(gold_text)
    if gold.plain is not None and not gold.unit and not strictness.rel_tol:
        said = _amount_said(answer_text)
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
    return one.decimal is not None and one.decimal in (other.plain, number_of(other))


def _radians(answer: Answer) -> Node:
    """An angle without its unit, pi / 180 for each degree. Only an angle that mentions pi is in radians."""
    if canonical(answer.unit.lower()) != "degree":
        return answer.node() if "pi" in _constants(answer.node()) else Node("empty")
    return Node("*", (answer.node(), Node("/", (Node("const", name="pi"), number(180)))))


def _constants(node: Node) -> frozenset[str]:
    """The names of the constants in a tree."""
    own = frozenset({node.name}) if node.op == "const" else frozenset()
    return own.union(*map(_constants, node.args))
