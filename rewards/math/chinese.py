"""Numbers in Chinese characters, and digits with Chinese places; Sino-Korean numerals are the same ones in Hangul.

Standard library only. Everything is exact, and what is not a number in one of these forms is None.
"""

from __future__ import annotations

import re
from fractions import Fraction

from rewards.math.separators import simplest

_DIGITS = {
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
_UNITS = {"\u5341": 10, "\u62fe": 10, "\u767e": 100, "\u4f70": 100, "\u5343": 1000, "\u4edf": 1000}
_SCALES = {"\u4ebf": 10**8, "\u5104": 10**8, "\u4e07": 10**4, "\u842c": 10**4}
_POINT = re.compile("[\u70b9\u9ede]")
_PART = "\u5206\u4e4b"
KOREAN = str.maketrans(
    "\uc601\uacf5\uc77c\uc774\uc0bc\uc0ac\uc624\uc721\uce60\ud314\uad6c\uc2ed\ubc31\ucc9c\ub9cc\uc5b5",
    "\u96f6\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u4e07\u4ebf",
)
"""Sino-Korean numerals are the Chinese ones in Hangul."""
MINUS = re.compile("-|[\u8d1f\u8ca0]|\u30de\u30a4\u30ca\u30b9|\ub9c8\uc774\ub108\uc2a4")
_ALL = frozenset({*_DIGITS, *_UNITS, *_SCALES})


def chinese(text: str) -> int | Fraction | None:
    """The value of a fraction (denominator first), a decimal, or a whole number.

    >>> chinese("\u4e09\u5206\u4e4b\u4e00"), chinese("\u4e00\u767e\u96f6\u4e94"), chinese("\u4e94\u767e\u5343")
    (Fraction(1, 3), 105, None)
    """
    whole, mixed, rest = text.partition("\u53c8")
    if mixed:
        above, below_one = _whole_number(whole), chinese(rest)
        return above + below_one if above and below_one is not None and 0 < below_one < 1 else None
    denominator, part, numerator = text.partition(_PART)
    if part:
        below = 100 if denominator == "\u767e" else _whole_number(denominator)
        above = chinese(numerator)
        return None if not below or above is None else simplest(Fraction(above) / below)
    whole, *decimals = _POINT.split(text)
    if len(decimals) == 1 and decimals[0] and all(char in _DIGITS for char in decimals[0]):
        value = _whole_number(whole)
        digits = "".join(str(_DIGITS[char]) for char in decimals[0])
        return None if value is None else simplest(value + Fraction(int(digits), 10 ** len(digits)))
    return _whole_number(text) if not decimals else None


_SCALE_ALONE = re.compile(r"\s*([\u4ebf\u5104\u4e07\u842c])\s*")
_PLACE = re.compile(r"(\d{1,9}(?:,\d{3})*(?:\.\d{1,9})?)\s*([^\d\s.,])\s*|(\d{1,9})$", re.ASCII)


def digits_and_places(text: str) -> int | Fraction | None:
    """`1.2\u4e07`, `1\u4e075\u5343`, `1\u4ebf2\u5343\u4e07` or `1234\u4e075678`: digits with falling places.

    Below each of the myriads, hundreds and thousands count anew.
    """
    total, group, last_scale, last_unit, position = Fraction(0), Fraction(0), 10**13, 10**4, 0
    while position < len(text) and (part := _PLACE.match(text, position)) is not None:
        place, position = part[2], part.end()
        count = Fraction((part[1] or part[3]).replace(",", ""))
        if place in _SCALES:
            if _SCALES[place] >= last_scale:
                return None
            total, last_scale = total + (group + count) * _SCALES[place], _SCALES[place]
            group, last_unit = Fraction(0), 10**4
            continue
        unit = 1 if place is None else _UNITS.get(place, 0)
        if not unit or unit >= last_unit:
            return None
        group, last_unit = group + count * unit, unit
        if (scale := _SCALE_ALONE.match(text, position)) is not None and unit > 1:
            if _SCALES[scale[1]] >= last_scale:
                return None
            total, last_scale = total + group * _SCALES[scale[1]], _SCALES[scale[1]]
            group, last_unit, position = Fraction(0), 10**4, scale.end()
    if position != len(text) or text.isdigit() or (last_scale == 10**13 and last_unit == 10**4):
        return None
    return simplest(total + group)


_SHARES = re.compile(
    "(?<![\\d.,])([\\d\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d])\\s?\u5272"
    "(?:\\s?([\\d\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d])\\s?\u5206)?"
    "(?:\\s?([\\d\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d])\\s?[\u5398\u91d0])?"
)


def with_shares(text: str) -> str:
    """A text with the tenths and hundredths in which Japanese counts shares as percent.

    >>> with_shares("2\u52725\u5206"), with_shares("\u4e09\u5272"), with_shares("2\u4eba")
    ('25%', '30%', '2\u4eba')
    """
    return _SHARES.sub(_percent, text) if "\u5272" in text else text


def _percent(match: re.Match[str]) -> str:
    tens, ones, tenths = (_DIGITS[digit] if digit in _DIGITS else int(digit or 0) for digit in match.groups())
    return f"{10 * tens + ones + tenths / 10:g}%"


def _whole_number(text: str) -> int | None:
    """A whole number by place words, or digit by digit as in a year."""
    if not text or not set(text) <= _ALL:
        return None
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    for char in sorted(_SCALES, key=lambda scale: -_SCALES[scale]):
        before, scale, after = text.partition(char)
        if scale:
            high = _whole_number(before) if before else None
            low = _whole_number(after.lstrip("\u96f6\u3007")) if after.strip("\u96f6\u3007") else 0
            if high is None or low is None or low >= _SCALES[char]:
                return None
            return high * _SCALES[char] + low
    return _below_ten_thousand(text)


def _below_ten_thousand(text: str) -> int | None:
    total, digit, last_unit = 0, None, 10**4
    for char in text:
        if char in _UNITS:
            unit = _UNITS[char]
            if unit >= last_unit or digit == 0:
                return None
            total, digit, last_unit = total + (1 if digit is None else digit) * unit, None, unit
        elif digit:
            return None
        else:
            digit = _DIGITS[char]
    return total + (digit or 0)
