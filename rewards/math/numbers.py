"""Text as people and models write it, brought to plain ASCII mathematics; plain numbers; units. Standard library only.

"\\u0661\\u0668" (Arabic-Indic) -> "18"        "3\\u00bd" -> "3 1/2"        "$1,234.50$." -> "1,234.50" -> 2469/2
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction


def vocabulary(words: str) -> frozenset[str]:
    """The set of the words in a text.

    >>> sorted(vocabulary("sin cos"))
    ['cos', 'sin']
    """
    return frozenset(words.split())


_SPELLED = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("\u00b7\u22c5\u2219", "\\cdot "),
    **dict.fromkeys("\u2044\u2215", "/"),
    **dict.fromkeys("\u060c\u066c\u3001", ","),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    "\u00d7": "\\times ",
    "\u00f7": "/",
    "\u066b": ".",
    "\u3002": ".",
    "\u066a": "%",
    "\u221a": "\\sqrt ",
    "\u221e": "\\infty ",
    "\u2264": "\\le ",
    "\u2265": "\\ge ",
    "\u2260": "\\ne ",
    "\u2248": "\\approx ",
    "\u00b1": "\\pm ",
    "\u00b0": "^\\circ ",
    "\u222a": "\\cup ",
    "\u2208": "\\in ",
    "\u2205": "\\emptyset ",
}
_SUPERSCRIPT_CHARS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b"
_SUPERSCRIPTS = str.maketrans(_SUPERSCRIPT_CHARS, "0123456789+-")
_SUPERSCRIPT_RUN = re.compile(f"[{_SUPERSCRIPT_CHARS}]+")


class _Folding:
    """The table of `str.translate`, computed per character instead of stored for 1.1 million of them."""

    def __getitem__(self, codepoint: int) -> str | int:
        if codepoint < 128:
            return codepoint
        char = chr(codepoint)
        if char in _SPELLED:
            return _SPELLED[char]
        digit = unicodedata.decimal(char, None)
        if digit is not None:
            return str(digit)
        if 0xFF01 <= codepoint <= 0xFF5E:
            return chr(codepoint - 0xFEE0)
        category = unicodedata.category(char)
        if category == "Cf" or category == "Sc":
            return ""
        if category in ("Zs", "Zl", "Zp"):
            return " "
        decomposition = unicodedata.decomposition(char)
        if decomposition.startswith("<fraction>"):
            return " " + "".join(chr(int(part, 16)) for part in decomposition.split()[1:]).replace("\u2044", "/")
        return codepoint


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The same text with digits of every script, signs, spaces and superscripts in ASCII; other letters stay.

    Zero-width characters and currency signs are dropped.

    >>> fold("\\u0661\\u0668"), fold("\\u22125"), fold("x\\u00b2"), fold("3\\u00bd")
    ('18', '-5', 'x^{2}', '3 1/2')
    """
    if text.isascii():
        return text
    text = _SUPERSCRIPT_RUN.sub(lambda run: "^{" + run[0].translate(_SUPERSCRIPTS) + "}", text)
    return text.translate(_FOLDING)  # pyright: ignore[reportArgumentType]  # typeshed wants a Mapping; __getitem__ is enough


_MATH_DELIMITER = re.compile(r"(?<!\\)\\[()\[\]]|\\?\$")
_REMARK = re.compile(
    r"(?<=[\d}%)])\s*(?:\\text\s*\{\s*)?\((?:approx|about|rounded|exact|nearest)[a-z. ]*\)\s*\}?$", re.IGNORECASE
)
_WHOLE_WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mbox|hbox|boldsymbol|boxed)\s*\{([^{}]*)\}"
)
_GROUP_SEPARATOR = re.compile(r"(?<=\d)(?:\{,\}|\\[,;:! ]\s?)(?=\d{3}(?!\d))")
_SPACED_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?")


def clean(text: str) -> str:
    """An answer without what means nothing: math delimiters, currency, markdown, an outer `\\text`, a final period.

    >>> clean(" $1{,}234$. "), clean("\\\\text{(A)}"), clean("**72**")
    ('1234', '(A)', '72')
    """
    text = fold(text).strip()
    if "$" in text or "\\" in text or "{,}" in text:
        text = _MATH_DELIMITER.sub("", text)
        text = _GROUP_SEPARATOR.sub("", text)
    text = text.strip(" \t\r\n*`").rstrip(".,;: \n")
    while wrapper := _WHOLE_WRAPPER.fullmatch(text):
        text = wrapper[1].strip(" .,;:")
    if "(" in text:
        text = _REMARK.sub("", text)
    if _SPACED_THOUSANDS.fullmatch(text):
        text = text.replace(" ", "")
    return text


_PLAIN_NUMBER = re.compile(r"([-+]?)\s?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
MAX_DIGITS = 1000
"""Longer literals are refused: Python's own int() refuses 4,300, and no answer key has them."""


def plain_number(text: str) -> int | Fraction | None:
    """The exact value of a plain ASCII integer or decimal, thousands separators allowed; None for anything else.

    >>> plain_number("1,234.50"), plain_number("-7"), plain_number("1/2")
    (Fraction(2469, 2), -7, None)
    """
    match = _PLAIN_NUMBER.fullmatch(text)
    if match is None or len(text) > MAX_DIGITS:
        return None
    sign, whole, decimals = match.groups()
    digits = whole.replace(",", "")
    if digits.startswith("0") and "," in whole:  # 0,125 groups no thousands
        return None
    if decimals is None:
        value: int | Fraction = int(digits)
    else:
        value = Fraction(digits + decimals)
        value = value.numerator if value.denominator == 1 else value
    return -value if sign == "-" else value


_UNIT_NAMES = {
    "mm": "mm millimeter millimetre",
    "cm": "cm centimeter centimetre",
    "m": "m meter metre",
    "km": "km kilometer kilometre",
    "in": "in inch inches",
    "ft": "ft foot feet",
    "yd": "yd yard",
    "mi": "mi mile",
    "mg": "mg milligram",
    "g": "g gram",
    "kg": "kg kilogram",
    "lb": "lb lbs pound",
    "oz": "oz ounce",
    "ml": "ml milliliter millilitre",
    "l": "l liter litre",
    "s": "s sec second",
    "min": "min minute",
    "h": "h hr hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year yr",
    "degree": "degree deg circ",
    "dollar": "dollar usd buck",
    "cent": "cent",
    "euro": "euro eur",
    "sterling": "sterling gbp",
    "yen": "yen jpy",
    "rupee": "rupee inr",
    "won": "won krw",
    "yuan": "yuan rmb cny",
}
_CANONICAL_UNIT = {name: unit for unit, names in _UNIT_NAMES.items() for name in names.split()}
_UNIT_TEXT = r"[^\W\d_][^\d\\{}$=<>,;+*?]{0,80}?(?:\^\{?[23]\}?)?"
_UNIT = re.compile(
    rf"(?P<head>.*[\d}})%])\s*(?:\\(?:text|textrm|mathrm|mbox|hbox)\s*\{{\s*(?P<wrapped>{_UNIT_TEXT})\s*\}}(?P<power>\^\{{?[23]\}}?)?"
    rf"|\s(?P<bare>{_UNIT_TEXT}))",
    re.DOTALL,
)
_ONE_LETTER_UNITS = frozenset("mgshlL")
_NOT_UNITS = vocabulary("or and not nor is are no if either maybe perhaps but then vs mod")


def split_unit(text: str) -> tuple[str, str]:
    """A cleaned answer as (what is counted, unit words); the unit is empty when there is none.

    >>> split_unit("72 clips"), split_unit("12 \\\\text{ cm}^2"), split_unit("5 or 6"), split_unit("2 x")
    (('72', 'clips'), ('12', 'cm^2'), ('5 or 6', ''), ('2 x', ''))
    """
    match = _UNIT.fullmatch(text)
    if match is None:
        return text, ""
    unit = (match["wrapped"] or match["bare"] or "") + (match["power"] or "")
    words = _words(unit)
    one_letter = len(words) == 1 and len(words[0]) == 1
    if not words or len(words) > 8 or _NOT_UNITS & set(words) or (one_letter and words[0] not in _ONE_LETTER_UNITS):
        return text, ""
    return match["head"].strip(), unit.replace("{", "").replace("}", "").strip()


_CURRENCY_SIGNS = {
    "\u20ac": "euro",
    "\u00a3": "sterling",
    "\u00a5": "yen",
    "\u20b9": "rupee",
    "\u20a9": "won",
}
_AROUND_A_NUMBER = re.compile(
    rf"(?P<before>\\\$|[{''.join(_CURRENCY_SIGNS)}])\s*[-+]?[\d.,]+[\s.$]*|[-+]?[\d.,]+\s*(?P<after>[{''.join(_CURRENCY_SIGNS)}])[\s.$]*"
)


def currency(text: str) -> str:
    """The currency whose sign stands at a number, as a unit; empty when there is none. A bare `$` is a math delimiter.

    >>> currency("\\\\$18"), currency("18"), currency("$18$")
    ('dollar', '', '')
    """
    match = _AROUND_A_NUMBER.fullmatch(text.strip())
    sign = (match["before"] or match["after"]) if match else ""
    return "dollar" if sign == "\\$" else _CURRENCY_SIGNS.get(sign, "")


def units_agree(one: str, other: str) -> bool:
    """Whether two units may stand for the same: a missing unit agrees with all, 5 m is not 5 km, words share one word.

    >>> units_agree("", "km"), units_agree("m", "km"), units_agree("meters", "m"), units_agree("clips", "hair clips")
    (True, False, True, True)
    """
    if not one or not other:
        return True
    if one.partition("^")[2] != other.partition("^")[2]:
        return False
    left, right = ({_CANONICAL_UNIT.get(word, word) for word in _words(unit)} for unit in (one, other))
    known = set(_UNIT_NAMES)
    if (left | right) & known:
        return left & known == right & known or not (left & known and right & known)
    return bool(left & right)


def canonical_units(unit: str) -> list[str]:
    """The words of a unit, known ones by one name each.

    >>> canonical_units("square meters")
    ['square', 'm']
    """
    return [_CANONICAL_UNIT.get(word, word) for word in _words(unit)]


def _words(unit: str) -> list[str]:
    """Lower-case words of a unit, powers dropped and plurals made singular where the word is a known unit or longer."""
    words = re.findall(r"[^\W\d_]+", unit.partition("^")[0].lower())
    return [word if word in _CANONICAL_UNIT or len(word) < 4 else word.removesuffix("s") for word in words]


_PROSE = re.compile(r"[^\\{}^_=<>|$]+")
_NUMERIC_WORDS = frozenset({"pi", "inf", "infinity", "e", "i"})


def as_words(text: str) -> str:
    """Text brought to the form in which text answers are compared: case, spaces, wrappers and end punctuation ignored.

    >>> as_words("\\\\text{ New  York }."), as_words("Tuesday!") == as_words("tuesday")
    ('new york', True)
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*\{([^{}]*)\}", r"\1", text)
    return " ".join(text.casefold().split()).strip(" .,;:!?\"'*`$")


def is_words(text: str) -> bool:
    """Whether a cleaned answer is words, not mathematics: two letters or more and neither digits nor operators.

    >>> is_words("Tuesday"), is_words("x"), is_words("2x"), is_words("pi")
    (True, False, False, False)
    """
    if not _PROSE.fullmatch(text) or text.lower() in _NUMERIC_WORDS:
        return False
    letters = 0
    for char in text:
        if char.isalpha() or unicodedata.category(char)[0] == "M":
            letters += 1 if char < "\u2e80" else 2
        elif char.isdigit() or char in "+*/()[]%":
            return False
    return letters >= 2


def is_prose(text: str) -> bool:
    """Whether an answer that is no mathematics can still be compared as text, such as `5:00 PM` or `2nd`."""
    return (
        bool(_PROSE.fullmatch(text)) and any(char.isalpha() for char in text) and not any(c in text for c in "()[]+*/")
    )


_IDLE_SPACE = re.compile(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])")


def squeeze(text: str) -> str:
    """The text without spaces next to operators and brackets; `1 1/2` keeps its own, being not `11/2`.

    >>> squeeze("( 1 , 2 )"), squeeze("1 1/2")
    ('(1,2)', '1 1/2')
    """
    return _IDLE_SPACE.sub("", text)
