"""Numbers that are not written in digits alone: in English words, in Chinese characters, with a decimal comma.

Standard library only. Everything is exact, and what is not a number in one of these forms is None.
"""

from __future__ import annotations

import re
from fractions import Fraction

_TO_NINE = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TO_NINETEEN = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ONES = {word: value for value, word in enumerate(_TO_NINE + _TO_NINETEEN)}
_DECADES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * value for value, word in enumerate(_DECADES, start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    **{"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4},
    **{"fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10},
}
_SCALED = re.compile(rf"([-+]?\d[\d,]*(?:\.\d+)?)\s*({'|'.join(_SCALES)})s?", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Za-z]+(?:[\s-]+[A-Za-z]+){0,20}")


def spelled_number(text: str) -> int | Fraction | None:
    """The value of a number in English words or Chinese characters, or of digits with a scale (`2.5 million`).

    >>> spelled_number("one hundred and twenty-three"), spelled_number("minus two thirds")
    (123, Fraction(-2, 3))
    >>> spelled_number("2.5 million")
    2500000
    >>> spelled_number("\\u4e00\\u767e\\u4e8c\\u5341"), spelled_number("two three"), spelled_number("someone")
    (120, None, None)
    """
    if len(text) > 200:
        return None
    if scaled := _SCALED.fullmatch(text):
        return _whole(Fraction(scaled[1].replace(",", "")) * _SCALES[scaled[2].lower()])
    if _LETTERS.fullmatch(text):
        words = re.split(r"[\s-]+", text.lower())
        negative = words[0] in ("minus", "negative")
        value = _english(words[1:] if negative else words)
    else:
        negative = text[:1] in ("\u8d1f", "\u8ca0", "-")
        value = _chinese(text[1:] if negative else text)
    return None if value is None else -value if negative else value


def _english(words: list[str]) -> int | Fraction | None:
    """`two thirds` or a whole number."""
    part = words[-1].removesuffix("s") if words else ""
    if part in _PARTS and len(words) <= 3:
        count = 1 if words[:-1] in ([], ["a"]) else _english_whole([word for word in words[:-1] if word != "a"])
        return None if count is None else _whole(Fraction(count, _PARTS[part]))
    return _english_whole(words)


def _english_whole(words: list[str]) -> int | None:
    """Groups below a thousand with falling scales behind them."""
    total, last_scale, group = 0, 10**15, []
    for word in [word for word in words if word != "and"]:
        if word not in _SCALES:
            group.append(word)
            continue
        value, scale = _below_thousand(group), _SCALES[word]
        if not value or scale >= last_scale:
            return None
        total, last_scale, group = total + value * scale, scale, []
    if not group:
        return total if last_scale < 10**15 else None
    value = _below_thousand(group)
    return None if value is None else total + value


def _below_thousand(words: list[str]) -> int | None:
    """0 to 999, None where the words are in no number's order."""
    if not words:
        return None
    if len(words) >= 2 and words[1] == "hundred":
        hundreds = 1 if words[0] == "a" else _ONES.get(words[0], 0)
        rest = _below_thousand(words[2:]) if len(words) > 2 else 0
        return 100 * hundreds + rest if 1 <= hundreds <= 19 and rest is not None and rest < 100 else None
    if len(words) == 1:
        return _ONES.get(words[0], _TENS.get(words[0]))
    ones = _ONES.get(words[1], 0)
    return _TENS[words[0]] + ones if len(words) == 2 and words[0] in _TENS and 1 <= ones <= 9 else None


_CHINESE_DIGITS = {
    char: value
    for value, chars in enumerate(
        (
            "\u96f6\u3007",
            "\u4e00\u58f9\u58f1",
            "\u4e8c\u4e24\u5169\u8d30\u8cb3",
            "\u4e09\u53c1\u53c3",
            "\u56db\u8086",
            "\u4e94\u4f0d",
            "\u516d\u9646\u9678",
            "\u4e03\u67d2",
            "\u516b\u634c",
            "\u4e5d\u7396",
        )
    )
    for char in chars
}
_CHINESE_UNITS = {"\u5341": 10, "\u62fe": 10, "\u767e": 100, "\u4f70": 100, "\u5343": 1000, "\u4edf": 1000}
_CHINESE_SCALES = {"\u4ebf": 10**8, "\u5104": 10**8, "\u4e07": 10**4, "\u842c": 10**4}
_CHINESE_POINT = re.compile("[\u70b9\u9ede]")
_CHINESE_PART = "\u5206\u4e4b"
_CHINESE = frozenset({*_CHINESE_DIGITS, *_CHINESE_UNITS, *_CHINESE_SCALES})


def _chinese(text: str) -> int | Fraction | None:
    """A fraction (denominator first), a decimal, or a whole number."""
    denominator, part, numerator = text.partition(_CHINESE_PART)
    if part:
        below = 100 if denominator == "\u767e" else _chinese_whole(denominator)
        above = _chinese(numerator)
        return None if not below or above is None else _whole(Fraction(above) / below)
    whole, *decimals = _CHINESE_POINT.split(text)
    if len(decimals) == 1 and decimals[0] and all(char in _CHINESE_DIGITS for char in decimals[0]):
        value = _chinese_whole(whole)
        digits = "".join(str(_CHINESE_DIGITS[char]) for char in decimals[0])
        return None if value is None else _whole(value + Fraction(int(digits), 10 ** len(digits)))
    return _chinese_whole(text) if not decimals else None


def _chinese_whole(text: str) -> int | None:
    """A whole number by place words, or digit by digit as in a year."""
    if not text or not set(text) <= _CHINESE:
        return None
    if all(char in _CHINESE_DIGITS for char in text):
        return int("".join(str(_CHINESE_DIGITS[char]) for char in text))
    for char in sorted(_CHINESE_SCALES, key=lambda scale: -_CHINESE_SCALES[scale]):
        before, scale, after = text.partition(char)
        if scale:
            high = _chinese_whole(before) if before else None
            low = _chinese_whole(after.lstrip("\u96f6\u3007")) if after.strip("\u96f6\u3007") else 0
            if high is None or low is None or low >= _CHINESE_SCALES[char]:
                return None
            return high * _CHINESE_SCALES[char] + low
    return _chinese_below_ten_thousand(text)


def _chinese_below_ten_thousand(text: str) -> int | None:
    total, digit, last_unit = 0, None, 10**4
    for char in text:
        if char in _CHINESE_UNITS:
            unit = _CHINESE_UNITS[char]
            if unit >= last_unit or digit == 0:
                return None
            total, digit, last_unit = total + (1 if digit is None else digit) * unit, None, unit
        elif digit:
            return None
        else:
            digit = _CHINESE_DIGITS[char]
    return total + (digit or 0)


_EUROPEAN = re.compile(
    r"([-+]?)(\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:[ ']\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:'\d{3})+(?:\.\d+)?)",
    re.ASCII,
)
_DECIMAL_COMMA = re.compile(r"([-+]?)(0,\d+|\d+,(?:\d{1,2}|\d{4,}))", re.ASCII)


def grouped_number(text: str) -> int | Fraction | None:
    """The value of a number whose separators can only be those of continental Europe or Switzerland.

    >>> grouped_number("1.234,5"), grouped_number("1.234.567"), grouped_number("1'000"), grouped_number("1.234")
    (Fraction(2469, 2), 1234567, 1000, None)
    """
    match = _EUROPEAN.fullmatch(text) if len(text) <= 100 else None
    if match is None:
        return None
    digits = re.sub("[ ']", "", match[2])
    if "'" not in match[2]:
        digits = digits.replace(".", "").replace(",", ".")
    return _signed(match[1], digits)


def comma_decimal(text: str) -> int | Fraction | None:
    """The value of `3,14` if its comma is a decimal one; it may as well be a list, so the reader holds both.

    >>> comma_decimal("3,14"), comma_decimal("1,234"), comma_decimal("3, 14")
    (Fraction(157, 50), None, None)
    """
    match = _DECIMAL_COMMA.fullmatch(text) if len(text) <= 100 else None
    return None if match is None else _signed(match[1], match[2].replace(",", "."))


def _signed(sign: str, digits: str) -> int | Fraction:
    value = Fraction(digits)
    return _whole(-value if sign == "-" else value)


def _whole(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value
