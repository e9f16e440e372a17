# ruff: noqa: RUF001  (words in other scripts)
"""An answer without what means nothing, and the plain numbers that most answers are. Standard library only.

"$1,234.50$." -> "1,234.50" -> 2469/2        "**72**" -> "72"        "0.1666..." -> "0.1(6)"
"""

from __future__ import annotations

import re
from fractions import Fraction

from rewards.math.currencies import COMMAND, with_dollar_codes
from rewards.math.folding import fold, vocabulary

__all__ = ["MAX_DIGITS", "clean", "fold", "plain_number", "vocabulary"]

MAX_DIGITS = 1000
"""Longer literals are refused: Python's own int() refuses 4,300, and no answer key has them."""

_FONTS = (
    "text|textbf|textit|textrm|textnormal|textsf|texttt|textsc|textsl|textup|textmd|emph|mathrm|mathbf|mathit|mathsf|mathtt|mathnormal|mathup|mbox|hbox|boldsymbol|bm|"
    "underline|boxed|fbox|framebox"
)
_MATH_DELIMITER = re.compile(r"(?<!\\)\\[()\[\]]|\\?\$")
_DOUBLED_BACKSLASH = re.compile(r"(?<!\\)\\\\(?=(?:[dtc]?frac|sqrt|left|right|text|pi|infty|cup|boxed|pm|le|ge)\b)")
_REMARK = re.compile(
    r"(?<=[\d}%)])\s*(?:\\text\s*\{\s*)?\((?:approx|about|rounded|exact|nearest)[a-z. ]*\)\s*\}?$", re.IGNORECASE
)
_WHOLE_WRAPPER = re.compile(rf"\\(?:{_FONTS})\s*\{{([^{{}}]*)\}}")
_GROUP_SEPARATOR = re.compile(r"(?<=\d)(?:(?<![^\d]0)(?<!^0)\{,\}(?:\\!)?|,?\\[,;:! ]\s?)(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d)(?:\{,\}(?=\d)|(?:\{,\}|,)(?=\d{0,9}\\(?:overline|bar|dot)\s?\{?\d))")
_SPACING = re.compile(r"(?<!\\)\\[,;:!> ]")
_LOOKS = re.compile(
    r"\\(?:(?:text)?color|hspace\*?|vspace\*?|phantom|tag|label)\s*\{[^{}]*\}|\\(?:text|mathrm)\s*\{[\s.;]*\}"
)
"""Colors, gaps, equation numbers and empty words."""
_SEGMENT = re.compile(
    r"\\(?:overline|overrightarrow|overleftrightarrow|widehat)\s*\{([A-Z]{2,3})\}|m?\s*\\(?:triangle|angle)\s*(?=[A-Z]{1,3}(?![A-Za-z]))"
)
_OF_WHOLE = re.compile(r"\s*\(\s*([a-z]\s*\\in\s*\\(?:mathbb|mathbf|mathrm)\s*\{?\s*[ZN]\s*\}?)\s*\)\s*$")
_ORDINAL = re.compile(r"(\d+)\s*(?:\^\s*)?\{?(?:\\(?:text|mathrm)\s*\{)?\s*(?:st|nd|rd|th)\}{0,2}")
_OVER = re.compile(r"\{([^{}]*)\\(over|choose)(?![a-z])([^{}]*)\}")
_FACTORIAL_IS = re.compile(r"(?<=\d)!=")
_TIMES_TEN = re.compile(r"(?<=\d)\s*[xX]\s*(?=10\s*(?:\^|\*\*))")
_GROUPED_OTHERWISE = re.compile(r"[-+]?\d{1,3}(?:([ _~])\d{3})(?:\1\d{3})*(?:\.\d+)?", re.ASCII)
_PERCENT_WORD = re.compile(
    r"(?<=[\d}%)])\s*(?:\\(?:text|textrm|mathrm|mbox)\s*\{\s*)?"
    r"(?:percentage|percent|pct\.?|per cent|por ciento|pour cent|prozent|procent|por cento|per cento|yüzde)\s*\}?$",
    re.IGNORECASE,
)
_PERCENT_FIRST = re.compile(r"\\?%\s?([-+]?[\d.,]+)")
_UNENDING = re.compile(r"([-+]?\d*[.]\d*?)(\d{1,12}?)\2{2,}(?:\.{3}|\\[lc]?dots)", re.ASCII)
_REPEATING_COMMA = re.compile(r"([-+]?\d+),(\d*\(\d+\))", re.ASCII)
_LEADING = re.compile(r"^(?:(?:=|~|:|[约約](?=\s?\d)|\\approx(?![a-z])|\\sim(?![a-z])|\\thickapprox(?![a-z]))\s*)+")
_AND = re.compile(
    r"(?<=[\d)\]}%])\s+(?:y|e|et|und|en|og|och|ja|és|și|ve|dan|và|na|и|і|та|και|و|اور"
    r"|और|এবং|และ)\s+(?=[-+(\[\\\d]|[A-Za-z]\s?=)"
    r"|(?<=[\d)\]}%])\s*[和与與と와과]\s*(?=[-+(\[\\\d])"
)
_OR_NAMED = re.compile(
    r"(?<=[\d)\]}])\s+(?:o|ou|oder|of|lub|albo|nebo|alebo|eller|tai|vagy|sau|veya|atau|hoặc|ili|или|або|ή)\s+(?=[a-z]\s?=)"
)
"""The solutions of an equation, each with its name."""
_AMPERSAND = re.compile(r"(?<=\d)\s+&\s+(?=[-+\d])")
_RATIO = re.compile(
    r"(\d+(?:\.\d+)?)(?:\s+to\s+|\s*\\(?:text|mathrm|textrm|mbox)\s*\{\s*(?:to|:)\s*\}\s*|\s*\\(?:colon|mathbin\s*\{:\}|mathrel\s*\{:\})\s*)"
    r"(\d+(?:\.\d+)?)"
)
_SHARE = re.compile(r"(\d+)\s*(?:\\text\s*\{\s*)?(?:in|out of)(?:\s*\})?\s*(\d+)")
_UNION = re.compile(r"(?<=[)\]])\s*(?:U|\\text\s*\{\s*U\s*\})\s*(?=[(\[])")
_COMMA_OF_A_LIST = re.compile(r"(?<!\d),|,(?!\d)|\d,\d+,")
"""A comma that is no decimal one: in `(2; 3,5)` there is none."""
_OPEN_INTERVAL = re.compile(r"([\[\]])([^\[\](){}]{1,100}[,;][^\[\](){}]{1,100})([\[\]])")
_ANGULAR_INTERVAL = re.compile(r"(\(|\[|\\langle)([^\[\](){}]{1,100}?[,;][^\[\](){}]{1,100}?)\s*(\)|\]|\\rangle)")
"""Polish, Czech and Slovak close an interval with angles; two of them around a comma are a vector."""
_PART_FIRST = re.compile(r"(?<!\d)(\d{1,4})\s?[分분][의の之]\s?(\d{1,4})(?!\d)")
_EDGES = ' \t\r\n*`"'
_ENDS = ".,;: \n"


def clean(text: str) -> str:
    """An answer without what means nothing: math delimiters, currency, markdown, an outer `\\text`, a final period.

    >>> clean(" $1{,}234$. "), clean("\\\\text{(A)}"), clean("**72**"), clean("28 percent")
    ('1234', '(A)', '72', '28%')
    """
    text = with_dollar_codes(text)
    text = _without_edges(
        _UNENDING.sub(_periodic, fold(text).strip()) if "." in text and len(text) < 60 else fold(text)
    )
    if "$" in text or "\\" in text or "{" in text:
        text = _without_latex(text)
    while wrapper := _WHOLE_WRAPPER.fullmatch(text):
        text = _without_edges(wrapper[1]).lstrip(".,;:")
    if "(" in text:
        text = _REPEATING_COMMA.sub(r"\1.\2", _REMARK.sub("", text)) if len(text) < 200 else text
    if "分" in text or "분" in text:
        text = _PART_FIRST.sub(r"\2/\1", text)
    if "!=" in text:
        text = _FACTORIAL_IS.sub("! =", text)
    text = _TIMES_TEN.sub("\\\\times ", text)
    if text[-1:].isalpha() or text.endswith(("}", ".")):
        text = _PERCENT_WORD.sub("%", text)
    if not text.isdigit():
        text = _with_joints(text)
    if "%" in text and (first := _PERCENT_FIRST.fullmatch(text)):
        text = f"{first[1]}%"
    if ("_" in text or " " in text or "~" in text) and (grouped := _GROUPED_OTHERWISE.fullmatch(text)):
        text = text.replace(grouped[1], "")
    return text


def _with_joints(text: str) -> str:
    """What joins numbers and intervals, by its sign: `1 und 2`, `3 to 4`, `[0, 1[`, `(0, 1) U (2, 3)`."""
    text = _AND.sub(", ", text)
    if "=" in text:
        text = _OR_NAMED.sub(", ", text)
    if "&" in text and "\\begin" not in text:
        text = _AMPERSAND.sub(", ", text)
    if (ratio := _RATIO.fullmatch(text)) is not None:
        return f"{ratio[1]}:{ratio[2]}"
    if (share := _SHARE.fullmatch(text)) is not None:
        return f"{share[1]}/{share[2]}"
    if "U" in text:
        text = _UNION.sub(r"\\cup ", text)
    if text.startswith("]") or text.endswith("["):
        text = _OPEN_INTERVAL.sub(_in_round_brackets, text)
    if "angle" in text and (angular := _ANGULAR_INTERVAL.fullmatch(text)) is not None:
        first, inside, last = angular.groups()
        if len(first) + len(last) < 14 or ";" in inside:
            text = f"{'(' if first == '(' else '['}{inside}{')' if last == ')' else ']'}"
    if ";" in text and text[:1] in ("(", "[", "\\") and "," in text and not _COMMA_OF_A_LIST.search(text):
        text = text.replace(",", ".")
    return text


def _in_round_brackets(match: re.Match[str]) -> str:
    return f"{'(' if match[1] == ']' else '['}{match[2]}{')' if match[3] == '[' else ']'}"


def _without_edges(text: str) -> str:
    """Without markdown, quotes, a leading "=" and the punctuation of the sentence around it."""
    shorter = text.strip(_EDGES).rstrip(_ENDS)
    while shorter != text:
        text, shorter = shorter, shorter.strip(_EDGES).rstrip(_ENDS)
    return _LEADING.sub("", text)


def _without_latex(text: str) -> str:
    """Without math delimiters and spacing commands, `{a \\over b}` as a fraction."""
    text = COMMAND.sub("", _MATH_DELIMITER.sub("", text))
    text = _DOUBLED_BACKSLASH.sub(r"\\", text).replace("{:}", ":")
    text = _DECIMAL_COMMA.sub(".", _GROUP_SEPARATOR.sub("", text))
    text = _SEGMENT.sub(r"\1", _LOOKS.sub(" ", _SPACING.sub(" ", text)))
    if (ordinal := _ORDINAL.fullmatch(text.strip())) is not None:
        return f"{ordinal[1]}th"
    text = _OF_WHOLE.sub(r", \1", _OVER.sub(_as_fraction, text))
    if "\\over" in text and (bare := _OVER.fullmatch(f"{{{text}}}")) is not None:
        text = _as_fraction(bare)
    if "~" in text:
        text = text.replace("~", " ")
    return _without_edges(text.removesuffix("\\"))


def _as_fraction(match: re.Match[str]) -> str:
    return f"\\{'frac' if match[2] == 'over' else 'binom'}{{{match[1]}}}{{{match[3]}}}"


def _periodic(match: re.Match[str]) -> str:
    return f"{match[1]}({match[2]})"


_PLAIN_NUMBER = re.compile(r"([-+]?)\s?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)


def plain_number(text: str) -> int | Fraction | None:
    """The exact value of a plain ASCII integer or decimal, thousands separators allowed; None for anything else.

    >>> plain_number("1,234.50"), plain_number("-7"), plain_number("1/2")
    (Fraction(2469, 2), -7, None)
    """
    if len(text) > MAX_DIGITS:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    match = _PLAIN_NUMBER.fullmatch(text)
    if match is None:
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
