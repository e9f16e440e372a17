"""Numbers that name their base: `1010_2`, `(1F)_{16}`, `43 (base 7)`, `0x1f`."""

from __future__ import annotations

import re
from fractions import Fraction

_BASE_WORDS = {
    name: base
    for base, names in {
        2: "two binary", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight octal", 9: "nine",
        10: "ten decimal", 12: "twelve", 16: "sixteen hexadecimal hex",
    }.items()
    for name in names.split()
}  # fmt: skip
_DIGITS = (
    r"(?:\\(?:text|textrm|mathrm|texttt|mathtt|textbf|mathbf|mathsf|textsf)\s*\{\s*(?P<wrapped>[0-9A-Za-z]+)\s*\}"
    r"|\((?P<grouped>[0-9A-Za-z]+)\)|(?P<bare>[0-9A-Za-z]+))"
)
_BASE = r"(?P<base>\d{1,2}|[a-z]{2,11})"
_BASED = re.compile(
    rf"(?P<sign>-?)\s*{_DIGITS}\s*(?:"
    rf"_\s*\{{?\s*(?:\\(?:text|mathrm)\s*\{{)?\s*\(?\s*(?:base\s*)?\}}?\s*{_BASE}\s*\)?\s*\}}?\s*\}}?"
    rf"|\\?\s*(?:\\text\s*\{{\s*)?(?:in\s+)?\(?\s*(?:in\s+)?base[-\s]*\}}?\s*(?P<named>\d{{1,2}}|[a-z]{{2,11}})\s*\)?\s*\}}?)",
)
_PREFIXED = re.compile(r"(-?)(0[xX][0-9A-Fa-f]+|0[bB][01]+|0[oO][0-7]+)")
_UPRIGHT = re.compile(
    r"(?<=\w)\\(?:text|mathrm|mathtt|texttt)\s?\{\s?([0-9A-Fa-f]{1,20})\s?\}|\\(?:text|mathrm|mathtt|texttt)\s?\{\s?([A-F])\s?\}(?=\w)"
)
MAX_CHARS = 200


def based_number(text: str) -> tuple[Fraction, str] | None:
    """The value of a number written in a named base, and that base; None for anything else.

    >>> based_number("1010_2"), based_number("43 (base 7)"), based_number("0x1f")
    ((Fraction(10, 1), '2'), (Fraction(31, 1), '7'), (Fraction(31, 1), '16'))
    >>> based_number("12_2"), based_number("a_2"), based_number("12")
    (None, None, None)
    """
    if len(text) > MAX_CHARS or (not text[-1:].isalnum() and text[-1:] not in (")", "}")):
        return None
    if (prefixed := _PREFIXED.fullmatch(text)) is not None:
        base = {"x": 16, "b": 2, "o": 8}[prefixed[2][1].lower()]
        return Fraction(int(prefixed[1] + prefixed[2], base)), str(base)
    text = _UPRIGHT.sub(r"\1\2", text) if "\\" in text else text
    match = _BASED.fullmatch(text) if "_" in text or "base" in text else None
    if match is None:
        return None
    digits = match["wrapped"] or match["grouped"] or match["bare"]
    named = match["base"] or match["named"]
    base = int(named) if named.isdecimal() else _BASE_WORDS.get(named, 0)
    if not 2 <= base <= 36 or not (digits[0].isdecimal() or (base > 10 and len(digits) > 1)):
        return None  # `x_2` and `a_16` are symbols with an index
    try:
        return Fraction(int(match["sign"] + digits, base)), str(base)
    except ValueError:
        return None
