"""Numbers in digits with separators that are not the English ones: `1.234,5`, `1'000`, `12,34,567`, `3,14`.

Standard library only. Everything is exact, and what is not a number in one of these forms is None.
"""

from __future__ import annotations

import re
from fractions import Fraction

_GROUPED = re.compile(
    r"([-+]?)(\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:[ ']\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:[ ']\d{3})+(?:\.\d+)?)",
    re.ASCII,
)
_THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}\.\d{3}", re.ASCII)
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"([-+]?)(0,\d+|\d+,(?:\d{1,2}|\d{4,}))", re.ASCII)


def grouped_number(text: str) -> int | Fraction | None:
    """The value of a number whose separators can only be those of continental Europe, Switzerland or India.

    >>> grouped_number("1.234,5"), grouped_number("1.234.567"), grouped_number("1'000"), grouped_number("1.234")
    (Fraction(2469, 2), 1234567, 1000, None)
    """
    match = _GROUPED.fullmatch(text) if len(text) <= 100 else None
    if match is None:
        return None
    digits = re.sub("[ ']", "", match[2])
    if _INDIAN.fullmatch(digits):
        digits = digits.replace(",", "")
    elif "," in digits or digits.count(".") > 1:
        digits = digits.replace(".", "").replace(",", ".")
    return _signed(match[1], digits)


def money_in_thousands(text: str) -> int | None:
    """The value of `1.215` where it is an amount of money, which never has three decimals.

    >>> money_in_thousands("1.215"), money_in_thousands("1.21")
    (1215, None)
    """
    return int(text.replace(".", "")) if _THREE_DECIMALS.fullmatch(text) else None


def comma_decimal(text: str) -> int | Fraction | None:
    """The value of `3,14` if its comma is a decimal one; it may as well be a list, so the reader holds both.

    >>> comma_decimal("3,14"), comma_decimal("1,234"), comma_decimal("3, 14")
    (Fraction(157, 50), None, None)
    """
    match = _DECIMAL_COMMA.fullmatch(text) if len(text) <= 100 else None
    return None if match is None else _signed(match[1], match[2].replace(",", "."))


def _signed(sign: str, digits: str) -> int | Fraction:
    value = Fraction(digits)
    return simplest(-value if sign == "-" else value)


def simplest(value: Fraction) -> int | Fraction:
    """A fraction that is a whole number as an int."""
    return value.numerator if value.denominator == 1 else value
