"""Characters of every script, brought to plain ASCII mathematics. Standard library only.

"\\u0661\\u0668" (Arabic-Indic) -> "18"        "3\\u00bd" -> "3 1/2"        "x\\u00b2" -> "x^{2}"
"""

from __future__ import annotations

import re
import unicodedata


def vocabulary(words: str) -> frozenset[str]:
    """The set of the words in a text.

    >>> sorted(vocabulary("sin cos"))
    ['cos', 'sin']
    """
    return frozenset(words.split())


_SPELLED = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe58\ufe63", "-"),
    **dict.fromkeys("\u00b7\u22c5\u2219\u2022", "\\cdot "),
    **dict.fromkeys("\u2044\u2215", "/"),
    **dict.fromkeys("\u060c\u066c\u3001", ","),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("\u201c\u201d", '"'),
    **dict.fromkeys("\u3002\u0964\u06d4\u1362", "."),
    **dict.fromkeys("\u2236\ufe55\u1361\u055d", ":"),
    **dict.fromkeys("\u27e8\u2329\u3008", "\\langle "),
    **dict.fromkeys("\u27e9\u232a\u3009", "\\rangle "),
    "\u2026": "...",
    "\u061b": ";",
    "\u00d7": "\\times ",
    "\u00f7": "/",
    "\u066b": ".",
    "\u066a": "%",
    "\u221a": "\\sqrt ",
    "\u221b": "\\sqrt[3]",
    "\u221e": "\\infty ",
    "\u2264": "\\le ",
    "\u2265": "\\ge ",
    "\u2260": "\\ne ",
    "\u2248": "\\approx ",
    "\u2261": "\\equiv ",
    "\u00b1": "\\pm ",
    "\u00b0": "^\\circ ",
    "\u2103": "^\\circ C",
    "\u2109": "^\\circ F",
    "\u222a": "\\cup ",
    "\u2216": "\\setminus ",
    "\u2208": "\\in ",
    "\u2205": "\\emptyset ",
    "\u211d": "\\mathbb{R}",
}
_SUPERSCRIPT_CHARS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b"
_SUPERSCRIPTS = str.maketrans(_SUPERSCRIPT_CHARS, "0123456789+-")
_SUPERSCRIPT_RUN = re.compile(f"[{_SUPERSCRIPT_CHARS}]+")
_SUBSCRIPT_CHARS = "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089"
_SUBSCRIPTS = str.maketrans(_SUBSCRIPT_CHARS, "0123456789")
_SUBSCRIPT_RUN = re.compile(f"[{_SUBSCRIPT_CHARS}]+")
_SMALL_FRACTION = re.compile(f"([{_SUPERSCRIPT_CHARS[:10]}]+)[/\u2044]([{_SUBSCRIPT_CHARS}]+)")


_MOST_REMEMBERED = 20_000


class _Folding(dict[int, str | int]):
    """The table of `str.translate`: what a character becomes is found out when it is first met."""

    def __missing__(self, codepoint: int) -> str | int:
        folded = self.folded(codepoint)
        if len(self) < _MOST_REMEMBERED:
            self[codepoint] = folded
        return folded

    @staticmethod
    def folded(codepoint: int) -> str | int:
        """What a character is in plain ASCII mathematics, or itself."""
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
        return _decomposed(char, category)


def _decomposed(char: str, category: str) -> str | int:
    """A vulgar fraction as `1/2`, an enclosed number as its digits, a letter of another font as the plain one."""
    decomposition = unicodedata.decomposition(char)
    if decomposition.startswith("<fraction>"):
        return " " + "".join(chr(int(part, 16)) for part in decomposition.split()[1:]).replace("\u2044", "/")
    if category == "No" and decomposition.startswith(("<circle>", "<compat>")):
        value = unicodedata.numeric(char)
        return str(int(value)) if value.is_integer() else ord(char)
    if decomposition.startswith("<square>") and 0x3380 <= ord(char) <= 0x33DF:  # a unit in one character
        unit = "".join(chr(int(part, 16)) for part in decomposition.split()[1:])
        return " " + re.sub(f"[{_SUPERSCRIPT_CHARS}]", lambda power: f"^{{{power[0].translate(_SUPERSCRIPTS)}}}", unit)
    if decomposition.startswith("<font>"):
        return chr(int(decomposition.split()[1], 16))
    return ord(char)


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The same text with digits of every script, signs, spaces and superscripts in ASCII; other letters stay.

    Zero-width characters and currency signs are dropped.

    >>> fold("\\u0661\\u0668"), fold("\\u22125"), fold("x\\u00b2"), fold("3\\u00bd"), fold("43\\u2087")
    ('18', '-5', 'x^{2}', '3 1/2', '43_{7}')
    """
    if text.isascii():
        return text
    text = _SMALL_FRACTION.sub(_small_fraction, text)
    text = _SUPERSCRIPT_RUN.sub(lambda run: "^{" + run[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _SUBSCRIPT_RUN.sub(lambda run: "_{" + run[0].translate(_SUBSCRIPTS) + "}", text)
    return text.translate(_FOLDING)


def _small_fraction(match: re.Match[str]) -> str:
    return f"{match[1].translate(_SUPERSCRIPTS)}/{match[2].translate(_SUBSCRIPTS)}"
