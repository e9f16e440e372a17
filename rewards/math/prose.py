"""The numbers of a sentence, with what belongs to them: grouping, scale, sign and unit. Standard library only."""

from __future__ import annotations

import re
import unicodedata

from rewards.math.chinese import with_shares
from rewards.math.counting_singly import with_parts
from rewards.math.currencies import CURRENCY_CODE
from rewards.math.folding import fold
from rewards.math.halves import with_halves
from rewards.math.spelled import SCALE_WORDS
from rewards.math.units import measure
from rewards.math.worded import with_digits

_GROUPED = (
    r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?(?![\d.,]*\d)|\d{1,3}(?:\.\d{3})+,\d+"
    r"|\d{1,3}(?:\.\d{3}){2,}(?![\d.,]*\d)"
)
_DIGITS = rf"(?:{_GROUPED}|\d[\d,]*(?:\.\d+)?)"
_MIXED = r"\d{1,3}\s{1,2}\d{1,3}\s?/\s?\d{1,3}(?!\d)"
_CODE = rf"(?:(?<![A-Za-z]){CURRENCY_CODE}(?=\d))?"
NUMBER = re.compile(
    rf"(?<![\w%])%\s?\d+(?:[.,]\d+)?|(?<![\w.)\]}}^{{])(?<!\d,){_CODE}[-+]?(?:{_MIXED}|(?:{_DIGITS}"
    rf"|\.\d+)(?:\s?/\s?\d+)?)\s?%?"
    rf"|(?<![A-Za-z^{{_\d.,]){_MIXED}"
    rf"|(?<![A-Za-z^{{_\d.,]){_DIGITS}\s?%?",
    re.ASCII,
)
"""A number in folded text."""
_MAY_BEGIN = re.compile(rf"[-+%.0-9]|(?=[A-Zk])(?<![A-Za-z]){CURRENCY_CODE}(?=\d)")
_MINUS = re.compile(
    r"(?:(?:^|[:=\u2014\u2013(]|\b(?:is|es|est|\u00e9|\u00e8|ist|lautet|be|\u0440\u0430\u0432\u043d\w+|\u00e4r"
    r"|er|to|\u044d\u0442\u043e|was|equals))\s*"
    r"(?:minus|negative|moins|menos|meno|минус|мінус|mínusz|eksi)"
    r"|(?<=[^\W\d_][^\W\d_][^\W\d_]\s)(?:minus|moins|menos|meno|минус|мінус|mínusz|eksi|miinus|mínus"
    r"|μείον)|\bd[ei]\s(?:menos|moins|meno)|零下|氷点下|영하"
    r"|[\u8d1f\u8ca0]|\u30de\u30a4\u30ca\u30b9|\ub9c8\uc774\ub108\uc2a4|منفی|سالب|ऋण|माइनस|\bâm)\s*$",
    re.IGNORECASE,
)
_MINUS_MONEY = re.compile(r"(?:^|(?<![\w)\]}])\s|[(=:])-\s?\$$|(?<=[a-z]\s)-\$$")
"""The sign of `-$15`."""
_WORD_BEHIND = re.compile(r"\s?((?:[^\W\d_]|[\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e])+)")
_UNIT_BEHIND = re.compile(
    r"\s?((?:[^\W\d_]|[\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e])+(?:/[^\W\d_]+)?(?:\^\{?[23]\}?)?)"
)
_RATE_BEHIND = re.compile(r"\sper\s([a-z]{1,12})\b")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7a3]")
_PLACE_BEHIND = re.compile(
    r"(?:(?:[\u5343\ucc9c\u767e\ubc31](?:\s?\d[\u767e\ubc31])?)?[\u4e07\u842c\u4ebf\u5104\ub9cc\uc5b5]"
    r"(?:\s?\d{1,4}(?:[\u5343\ucc9c\u767e\ubc31]\s?\d{0,3}){0,3}(?!\d))?)+"
    r"|[\u5343\ucc9c](?:\s?\d[\u767e\ubc31])?"
)
_PLACE_BEFORE = re.compile(
    r"\d[\u5343\ucc9c\u767e\ubc31]?[\u4e07\u842c\u4ebf\u5104\ub9cc\uc5b5]\s?$|\d[\u5343\ucc9c\u767e\ubc31]\s?$"
)
_ROOT_BEFORE = re.compile(r"\\sqrt\s*(?:\[\d\]|\{)?\s*$|\\(?:log(?:_\{?\w{1,3}\}?)?|ln|exp|sin|cos|tan)\s*[({]?\s*$")
_ROOT_BEHIND = re.compile(r"\s?(?:\\sqrt|\\pi|\u03c0|\\frac|\u2030|!(?:\)|!|\s[a-z]))|\^(?!\\circ)")
_NO_UNITS = frozenset(("in", "an", "as", "dia", "ago"))


def numbers(text: str) -> list[re.Match[str]]:
    """The numbers of folded text in order; `2\u4e075\u5343` is one.

    >>> [match[0].strip(", ") for match in numbers("2, then 3.5 and 2\u4e075\u5343")]
    ['2', '3.5', '2']
    """
    found, end = [], 0
    for candidate in _MAY_BEGIN.finditer(text):  # the pattern itself would try all its parts at every character
        if candidate.start() >= end and (match := NUMBER.match(text, candidate.start())) is not None:
            end = match.end()
            if not _PLACE_BEFORE.search(text, max(0, match.start() - 4), match.start()):
                found.append(match)
    return found


def in_formula(text: str, match: re.Match[str]) -> bool:
    """Whether a number of folded text is a part of a root or of a multiple of one or of pi.

    >>> text = "It is 2\u03c0."
    >>> in_formula(text, numbers(text)[0])
    True
    """
    return bool(_ROOT_BEHIND.match(text, match.end()) or _ROOT_BEFORE.search(text[: match.start()][-12:]))


def number_text(text: str, match: re.Match[str], *, with_unit: bool = False) -> str:
    """A number of folded text as it reads: `minus 5` as -5, `2.5 million` with its scale, `5 m` with its unit if asked.

    >>> text = "It is minus 2.5 million m."
    >>> number_text(text, NUMBER.search(text), with_unit=True)
    '-2.5 million m'
    """
    number, end = match[0].strip().rstrip(","), match.end()
    before = text[max(0, match.start() - 20) : match.start()]
    if number[:1] not in "-+" and (_MINUS.search(before) or _MINUS_MONEY.search(before)):
        number = f"-{number}"
    if (place := _PLACE_BEHIND.match(text, end)) is not None:
        return number + place[0]
    if (
        (word := _WORD_BEHIND.match(text, end)) is not None
        and unicodedata.normalize("NFC", word[1].lower()) in SCALE_WORDS
        and (len(word[1]) > 1 or word[0] == "k")  # 70k
    ):
        number, end = f"{number} {word[1]}", word.end()
    if with_unit and (unit := _UNIT_BEHIND.match(text, end)) is not None:
        known = _known_unit(unit[1])
        rate = _RATE_BEHIND.match(text, unit.end()) if known else None
        known = f"{known} per {rate[1]}" if rate and measure(f"{known} per {rate[1]}") is not None else known
        number = f"{number} {known}" if known else number
    if with_unit and before.endswith("$") and number[-1:].isdecimal():
        return f"{number} dollars"
    return number


_SCIENTIFIC = re.compile(
    r"(?<![\w.,)])[-+]?\d{1,20}(?:\.\d{1,20})?\s?(?:\u00d7|\\times|\\cdot|\u00b7|\*"
    r"|x)\s{0,2}10\s?\^\s?[{(]?[-+]?\d{1,4}[})]?"
)


def scientific(text: str, position: int) -> str:
    """The number in scientific notation that ends a folded text and holds a position; empty where there is none.

    >>> scientific("There are 6 \u00d7 10^23 of them.", 14), scientific("It is 3^5.", 6)
    ('6 \u00d7 10^23', '')
    """
    found = list(_SCIENTIFIC.finditer(text[-200:])) if "10" in text[-200:] else []
    start = max(0, len(text) - 200)
    return found[-1][0] if found and start + found[-1].start() <= position < start + found[-1].end() else ""


_MIXED_MEASURE = re.compile(
    r"(?<![\w.,])\d{1,6}\s?([a-z]{1,9})(?:,\s?|\s)(?:and\s)?(\d{1,6}\s?([a-z]{1,9}))[.\s]*$", re.IGNORECASE
)


def mixed_measure_in(text: str) -> str:
    """The measure in two units that ends a folded text; empty where there is none.

    >>> mixed_measure_in("It takes 2 hours and 30 minutes."), mixed_measure_in("3 cats and 2 dogs")
    ('2 hours and 30 minutes', '')
    """
    match = _MIXED_MEASURE.search(text[-60:])
    if match is None:
        return ""
    one, other = measure(match[1]), measure(match[3])
    alike = one is not None and other is not None and one.dimensions == other.dimensions and one.factor > other.factor
    return match[0].rstrip(". ") if alike else ""


def _known_unit(word: str) -> str:
    """The unit that a word is, or begins with where its script has no spaces; empty where it is none."""
    shortest = 0 if _UNSPACED.match(word) else len(word) - 1
    longest = min(len(word), 12) if shortest == 0 else len(word)
    prefixes = (word[:end] for end in range(longest, shortest, -1))
    return next((unit for unit in prefixes if unit.lower() not in _NO_UNITS and measure(unit) is not None), "")


_PART_FIRST = re.compile(r"(?<!\d)(\d{1,4})\s?[分분][의の之]\s?(\d{1,4})(?!\d)")
_HEBREW_HYPHEN = re.compile(r"(?<=[א-ת])[-\u05be](?=\d)")
_EMPHASIZED = re.compile(r"__([^_\n]{0,80}\d[^_\n]{0,80})__")
_IN_ITALICS = re.compile(r"(?<=[^\W\d_][ ])(?P<mark>[*_])(?P<value>[$€£₹]?\d[\d.,]*%?)(?P=mark)(?=[.!]?\s*$)")
"""A number in italics that ends a text: `the price is *$30*.`"""
_LOOSE_SIGN = re.compile(r"(?<![\w)\]}]\s)(?<![\w)\]}])-\s(?=\d{1,3}/\d)|(?<=\w\s)-\s(?=\d{1,3}/\d{1,3}\D*$)")
_STOP_BEFORE_DIGIT = re.compile(r"([\u3002\u0964\u06d4])(?=\d)")
"""The end of a sentence, which folding makes a point: that is none of the next one's number."""
_AND_A_PART = re.compile(r"(?<=\d)\s?[と又]\s?(?=\d+/\d)")


def folded(text: str) -> str:
    """Text whose numbers can be found by `NUMBER`: folded, its number words as digits where it has no digits."""
    is_ascii = text.isascii()
    if not is_ascii:
        text = _STOP_BEFORE_DIGIT.sub(r"\1 ", text)
    text = fold(with_digits(text if is_ascii else _HEBREW_HYPHEN.sub(" ", text)))
    text = with_halves(text if is_ascii else with_shares(with_parts(text)))
    if "__" in text:
        text = _EMPHASIZED.sub(r"\1", text)
    if text.rstrip(" .!\n").endswith(("*", "_")):
        text = _IN_ITALICS.sub(r"\g<value>", text)
    if "/" in text and "-" in text:
        text = _LOOSE_SIGN.sub("-", text)
    if not is_ascii and ("分" in text or "분" in text):
        text = _PART_FIRST.sub(r"\2/\1", text)
    return _AND_A_PART.sub(" ", text) if not is_ascii and "/" in text else text
