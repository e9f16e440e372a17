# ruff: noqa: RUF001  (words in other scripts)
"""Is the final answer of a completion right? What it says is found first, and then judged."""

from __future__ import annotations

import re

from rewards.base import RewardError, Verdict
from rewards.math.answers import read, read_gold
from rewards.math.choices import choice, choice_of_gold, picked_choice, stated_choice
from rewards.math.extract import TAIL_CHARS, Extracted, extract
from rewards.math.judge import Strictness, amount_said, judge
from rewards.math.letters import later_pick, latin_gold, names_options, option_letter, with_latin_capitals
from rewards.math.locales import one_reading
from rewards.math.nodes import MAX_CHARS
from rewards.math.numbers import clean
from rewards.math.retracted import is_retracted
from rewards.math.sentences import needs_sentence, sentence_answer
from rewards.math.settled import last_value, opens_with_denied, single_value
from rewards.math.tokens import Unreadable
from rewards.math.turns import own_words
from rewards.math.unclaimed import is_unclaimed

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
    if found.how == "stated" and (letter := _picked_later(found.text, prediction, gold)):
        found = Extracted(letter, "stated")
    if found.how == "bare" and opens_with_denied(found.text):
        found = Extracted("", "the only number is denied")
    elif found.how in ("bare", "stated", "tagged") and not _stands_alone(found.text, gold):
        found = _out_of_prose(found, found.rest or prediction, gold)
    elif found.how == "boxed" and _BOXED_SENTENCE.fullmatch(found.text) and not _stands_alone(found.text, gold):
        found = Extracted(single_value(clean(found.text)) or found.text, "boxed")
    if not found.text:
        check_gold(gold)
        return Verdict.of(0.0, found.how)
    if len(found.text) > MAX_CHARS:
        check_gold(gold)
        return Verdict.of(0.0, f"the {found.how} answer has {len(found.text)} characters, more than {MAX_CHARS}")
    strictness = Strictness(allow_unevaluated, rel_tol)
    said = found.text
    if _MAY_BE_GROUPED.search(said) and said not in gold and (rel_tol or not _is_another_integer(said, gold)):
        said = one_reading(said, prediction, is_boxed=found.how not in _OF_PROSE) or said
    verdict = judge(gold, said, found.how, strictness)
    if verdict.value or (other := _second_reading(found)) is None:
        return verdict
    second = judge(gold, other, found.how, strictness)
    return second if second.value else verdict


def _is_another_integer(said: str, gold: str) -> bool:
    """Whether a number of three digits behind a comma is not exactly the whole number `gold`, however it is read."""
    whole, _, three = said.partition(",")
    if not (gold.isascii() and gold.isdecimal() and whole.isdecimal() and three.isdecimal() and len(three) == 3):
        return False
    return three != "000" and whole + three != gold


_MAY_BE_GROUPED = re.compile(r"\d(?:[.,]|\{,\})\d{3}(?!\d)")
_OF_PROSE = frozenset(("stated", "bare", "last"))
"""Answers in the words of a language, and so in its decimals; a box may keep to the English ones."""


def _second_reading(found: Extracted) -> str | None:
    """What else an answer may say: a sentence ends with an exclamation mark, dozens are counted one by one."""
    if found.how == "stated" and found.text.endswith(("!", "！")) and not found.text.endswith("!!"):
        return found.text[:-1]
    if (rounded := _ROUNDED.search(found.text)) is not None:
        return rounded[1]
    if "dozen" in found.text and (dozens := _DOZENS.match(found.text)) is not None:
        return str(12 * int(dozens[1]))
    return None


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
    if amount_said(line) is not None:
        return True
    if len(line) > 24 and _SENTENCE_INSIDE.search(line) and read_gold(gold).words is None and is_unclaimed(line):
        return False
    if _is_sentence(line) and read_gold(gold).words is None and read_gold(gold).moment is None:
        return False
    try:
        if len(line) > MAX_CHARS:
            return False
        answer, right = read(line), read_gold(gold)
        return not needs_sentence(right, answer) and (answer.words is None or right.words is not None)
    except Unreadable:
        return False


_SENTENCE_INSIDE = re.compile(r"[.!?]\s+\S|[\u3002\u0964]\s?\S")
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


def _picked_later(text: str, prediction: str, gold: str) -> str | None:
    """The choice that a text picks behind another one that it announces; None where the gold answer is no choice."""
    announced = (choice(clean(text)) or stated_choice(text)) if choice_of_gold(gold) is not None else None
    return later_pick(prediction.rpartition(text)[2], announced) if announced else None


def _out_of_prose(found: Extracted, prediction: str, gold: str) -> Extracted:
    """The choice, number or formula that a sentence settles on."""
    if choice_of_gold(gold) is not None:
        if found.how == "bare" and not found.rest:
            chosen = choice(clean(found.text)) or _chosen_in_prose(found.text, own_words(prediction))
            if chosen and is_retracted(chosen, own_words(prediction)[-TAIL_CHARS:]):
                return Extracted("", "the choice is taken back")
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
