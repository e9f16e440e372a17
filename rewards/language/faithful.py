"""Does a text say what it should? Numbers, named tokens, chrF++ against a reference, word order."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterator
from itertools import pairwise

from rewards.chrf import chrf
from rewards.language.tags import LATIN, Language
from rewards.language.wellformed import MAX_CHARS, units_of
from rewards.language.words import split_words
from rewards.math.cardinals import cardinal, may_begin
from rewards.math.numbers import fold, plain_number
from rewards.math.spelled import spelled_number

_NUMBER = re.compile(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*", re.ASCII)
_CHINESE_DIGITS = "\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u4e24\u5169"
_PLACES = "\u5341\u767e\u5343\u4e07\u842c\u4ebf\u5104\u5146\uc2ed\ubc31\ucc9c\ub9cc\uc5b5"
_PLACED = re.compile(rf"\d[\d,.]*[{_PLACES}](?:[{_PLACES}]|\d[\d,.]*(?=[{_PLACES}])|\d+)*", re.ASCII)
_CHINESE_NUMBER = re.compile(rf"[{_CHINESE_DIGITS}{_PLACES[:8]}]+")
_LETTER_RUN = re.compile(r"[^\W\d_]+(?:[^\s\d_.,!?;:]*[^\W\d_])?")
_MAX_NUMBER_WORDS, _LONGEST_NUMBER = 2000, 5
_SPELLED_OUT = frozenset(range(13))
"""Whole numbers that many languages write as words."""
_NAMED = re.compile(
    r"https?://[^\s<>)\]]+|\b[A-Z]{1,5}-\d+\b|\b[A-Z]{2,}[A-Za-z0-9]*\b|\b[A-Za-z]*[A-Z][A-Za-z]*\d[A-Za-z0-9]*\b",
    re.ASCII,
)
_LATIN_NAME = re.compile(r"(?<![A-Za-z])[A-Z][a-z]{2,}(?![A-Za-z])")
_MIN_ORDERED = 8
"""Shared words below which their order says nothing."""
_FREE_ORDER = 0.3
"""Shared neighbours for each shared word: 0.4 and more in free translations, 0.05 to 0.12 in shuffled words."""


def numbers(text: str) -> list[frozenset[Hashable]]:
    """The numbers of a text, each as the set of values that it may stand for (`1.234` is 1234 or 1.234).

    Digits of every script count, as in `rewards.math.numbers`.

    >>> numbers("3,5 km") == numbers("\\u0663\\u066b\\u0665 km"), numbers("7")
    (True, [frozenset({7})])
    """
    folded = _PLACED.sub(_in_digits, fold(text[:MAX_CHARS]))
    return [_readings(match[0]) for match in _NUMBER.finditer(folded)]


def _in_digits(placed: re.Match[str]) -> str:
    """Digits with places, such as `1\u4e072000`, in digits alone."""
    value = spelled_number(placed[0])
    return str(value) if isinstance(value, int) else placed[0]


def _left_unsaid(wanted: list[frozenset[Hashable]], text: str) -> tuple[list[frozenset[Hashable]], bool]:
    """The numbers that a text does not have in words, either, and whether it may have them in words that cannot be
    read: not where it says other numbers, above one, in words. Each word is used once.
    """
    if not wanted:
        return [], True
    said = Counter(_in_words(text))
    left: list[frozenset[Hashable]] = []
    for readings in wanted:
        value = next((value for value in readings if said[value] > 0), None)
        if value is None:
            left.append(readings)
        else:
            said[value] -= 1
    return left, not any(times > 0 and value not in (0, 1) for value, times in said.items())


def _in_words(text: str) -> Iterator[Hashable]:
    """The values of the numbers that are written in words or in Chinese characters."""
    text = text[:MAX_CHARS]
    for run in _CHINESE_NUMBER.findall(text):
        value = spelled_number(run)
        if value is not None:
            yield value
    words = _LETTER_RUN.findall(text)[:_MAX_NUMBER_WORDS]
    i = 0
    while i < len(words):
        size = 1
        if may_begin(words[i]) or (words[i].isascii() and spelled_number(words[i]) is not None):
            for length in range(min(_LONGEST_NUMBER, len(words) - i), 0, -1):
                spelled = " ".join(words[i : i + length])
                value = cardinal(spelled) or spelled_number(spelled)
                if value is not None:
                    yield value
                    size = length
                    break
        i += size


def _readings(written: str) -> frozenset[Hashable]:
    digits = re.sub("[ ']", "", written)
    marks = re.findall(r"[.,]", digits)
    groups = re.split(r"[.,]", digits)
    whole = "".join(groups)
    decimal = f"{''.join(groups[:-1])}.{groups[-1]}"
    if not marks:
        texts = [whole]
    elif len(set(marks)) == 2 and marks.count(marks[-1]) == 1:
        texts = [decimal]
    elif len(marks) > 1:
        texts = [whole]
    elif len(groups[-1]) == 3 and len(groups[0]) <= 3 and groups[0] != "0":
        texts = [whole, decimal]
    else:
        texts = [decimal]
    values: list[Hashable] = []
    for text in texts:
        value = plain_number(text)
        values.append(text if value is None else value)
    return frozenset(values)


def number_agreement(expected: str, given: str) -> float:
    """1.0 where a text has just the numbers of another, else half the F1 of the two multisets.

    Numbers in words count where `rewards.math` reads them. A whole number up to 12 that only one of them has, and
    nothing in its place in the other, may be spelled out there.

    >>> number_agreement("240 km in 3 h", "240 km in three h"), number_agreement("240 km", "241 km")
    (1.0, 0.0)
    """
    rest = numbers(given)
    missing = []
    num_matched = 0
    for readings in numbers(expected):
        place = next((i for i, other in enumerate(rest) if readings & other), None)
        if place is None:
            missing.append(readings)
        else:
            rest.pop(place)
            num_matched += 1
    missing, missing_may_be_said = _left_unsaid(missing, given)
    rest, rest_may_be_said = _left_unsaid(rest, expected)
    if not missing and rest_may_be_said:
        rest = [readings for readings in rest if not readings & _SPELLED_OUT]
    elif not rest and missing_may_be_said:
        missing = [readings for readings in missing if not readings & _SPELLED_OUT]
    if not missing and not rest:
        return 1.0
    return num_matched / (2 * num_matched + len(missing) + len(rest))


def named_tokens(text: str, language: Language | None = None) -> frozenset[str]:
    """What should survive a translation as it is: addresses, abbreviations, codes, and Latin names in other scripts.

    >>> sorted(named_tokens("NASA flew the F-16 over Paris", None))
    ['F-16', 'NASA']
    """
    found = set(_NAMED.findall(text[:MAX_CHARS]))
    if language is not None and LATIN not in language.scripts:
        found |= set(_LATIN_NAME.findall(text[:MAX_CHARS]))
    return frozenset(found)


def named_recall(expected: frozenset[str], given: str) -> float:
    """The share of named tokens that a text has, letter case ignored; 1.0 when there are none."""
    folded = fold(given).casefold()
    return sum(fold(token).casefold() in folded for token in expected) / len(expected) if expected else 1.0


def closeness(reference: str, given: str, language: Language) -> float:
    """chrF++ of a text against its reference, from 0.0 at the language's floor for unrelated text to 1.0."""
    floor = language.chrf_floor
    return min(1.0, max(0.0, (chrf(_with_bare_digits(reference), _with_bare_digits(given)) - floor) / (100.0 - floor)))


def _with_bare_digits(text: str) -> str:
    """The text with its numbers in ASCII digits without separators: `number_agreement` judges them, not chrF++."""
    text = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text[:MAX_CHARS])
    text = re.sub("(?<=\\d)[.,'\u066b\u066c](?=\\d)", "", text)
    return re.sub("(?<=\\d)[ \u00a0\u202f](?=\\d{3}(?!\\d))", "", text)


def order_agreement(reference: str, given: str) -> float:
    """1.0 where the words that a text shares with its reference keep neighbours, falling to 0.0 for shuffled words.

    min(1, (shared neighbour pairs / shared words) / 0.3) squared; 1.0 below eight shared words.
    """
    one, other = units_of(split_words(reference)), units_of(split_words(given))
    shared = (Counter(one) & Counter(other)).total()
    if shared < _MIN_ORDERED:
        return 1.0
    pairs = (Counter(pairwise(one)) & Counter(pairwise(other))).total()
    return min(1.0, pairs / shared / _FREE_ORDER) ** 2
