"""Answers in LaTeX or plain notation -> tokens, the words of `rewards.math.notation`. Nothing is evaluated here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from rewards.math.numbers import MAX_DIGITS, vocabulary


class Unreadable(ValueError):
    """The text is not an answer in any notation that the parser knows."""


class Token(NamedTuple):
    """One word of an answer.

    >>> [token.text for token in tokenize("2\\\\pi x")]
    ['2', 'pi', 'x', '']
    """

    kind: str
    """`num`, `sym`, `const`, `fn`, `cmd` (takes arguments), `env` (`begin matrix`), `op` or `end`."""
    text: str


FUNCTIONS = {
    **{
        name: name
        for name in vocabulary(
            "sin cos tan cot sec csc cis arcsin arccos arctan sinh cosh tanh ln log exp gcd lcm max min"
        )
    },
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "lg": "log",
}
_GREEK = vocabulary(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
)
_SKIPPED = vocabulary(
    "left right middle mleft mright big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr displaystyle textstyle limits "
    "quad qquad angle triangle bf it rm tt large Large LARGE huge small normalsize boldmath tiny "
    "centering nonumber hfill strut underline uline bm pmb"
) | frozenset(",;!:> ")
_CONSTANTS = {"pi": "pi", "e": "e", "i": "i", "imath": "i"} | dict.fromkeys(("infty", "inf", "infinity", "oo"), "inf")
_WITH_ARGUMENTS = {
    "frac": "frac",
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "nicefrac": "frac",
    "sfrac": "frac",
    "sqrt": "sqrt",
} | dict.fromkeys(("binom", "dbinom", "tbinom"), "binom")
_SPELLINGS = {
    "*": "cdot times ast",
    "/": "div",
    "pm": "pm",
    "mp": "mp",
    "cup": "cup bigcup",
    "setminus": "setminus smallsetminus backslash",
    "(": "langle lparen lgroup",
    ")": "rangle rparen rgroup",
    "[": "lbrack",
    "]": "rbrack",
    "floor(": "lfloor",
    "floor)": "rfloor",
    "ceil(": "lceil",
    "ceil)": "rceil",
    "in": "in",
    "<": "lt",
    ">": "gt",
    "<=": "le leq leqslant",
    ">=": "ge geq geqslant",
    "!=": "ne neq",
    "=": "equiv",
    "~": "approx simeq cong",
    "%": "%",
    "set(": "{ lbrace",
    "set)": "} rbrace",
    "|": "lvert rvert vert mid",
    ",": "lor land vee wedge",
    "degree": "degree circ degrees",
    "empty": "emptyset varnothing",
    "...": "ldots dots cdots dotsc dotsb",
}
_OPERATORS = {name: operator for operator, names in _SPELLINGS.items() for name in vocabulary(names)}
_SEPARATOR_WORDS = frozenset({"or", "and"})
_LITTLE_WORDS = vocabulary(
    "we so is get got the are for sum has its was our can not but to of if no she he her his they may let see use put "
    "any all how due now yes via per out who then than be by my you your ans one two six ten too had did do"
)
"""Words of a sentence, which no product of symbols is taken for; `it`, `an` and `as` may be products."""
_TEXT_COMMANDS = vocabulary(
    "text textbf textit textrm textnormal textsf texttt textsc textsl textup textmd mathrm mathsf mathbf mathit mathtt "
    "mathnormal mathup mbox hbox "
    "operatorname boldsymbol vec"
)

_TOKEN = re.compile(
    rf"""
    (?P<space>\s+|~)
    | (?P<degree>\^\s*(?:\{{\s*\\circ\s*\}}|\\circ(?![A-Za-z])))
    | (?P<grouped>[1-9]\d{{0,2}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?)
    | (?P<repeating>\d*\.\d*(?:\\(?:overline|bar)\s*\{{\d+\}}|\\dot\s*\{{?\d\}}?(?:\d*\\dot\s*\{{?\d\}}?)?|\(\d+\)))
    | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{{1,3}}(?![A-Za-z\d]))?)
    | \\(?:{"|".join(sorted(_TEXT_COMMANDS))})\s*\{{(?P<text>[^{{}}]*)\}}
    | \\(?:overline|vec|hat|bar|widehat|tilde|overrightarrow)\s*\{{(?P<accented>[A-Za-z]{{1,4}})\}}
    | \\(?:mathbb|mathcal)\s*\{{?(?P<letter>[A-Z])\}}?
    | (?P<row>\\\\(?:\s*\[\s*[\d.]{{1,6}}\s*[a-z]{{2}}\s*\])?)
    | \\(?P<env>(?:begin|end)\s*\{{[A-Za-z]*)\}}
    | \\(?P<command>[A-Za-z]+|.)
    | (?P<primed>[A-Za-z]'{{1,3}})
    | (?P<letters>[A-Za-z]+)
    | (?P<op><=|>=|!=|==|\*\*|[-+*/^_!=<>()\[\]{{}}|,;:&%~])
    | (?P<other>.)
    """,
    re.DOTALL | re.ASCII | re.VERBOSE,
)
_OPENING = frozenset({"(", "[", "set("})
_CLOSING = frozenset({")", "]", "set)"})


def tokenize(text: str) -> Iterator[Token]:
    """Yields the tokens of an answer, `end` last. A comma groups thousands only outside brackets: `(1,234)` is a pair.

    Raises:
        Unreadable: at a character, command or word that no answer notation has.
    """
    position = depth = 0
    while match := _TOKEN.match(text, position):
        kind = str(match.lastgroup)
        piece, position = match[kind], match.end()
        if kind == "grouped" and depth > 0:
            piece = piece.partition(",")[0]
            position = match.start() + len(piece)
        token = None if kind == "space" else _one_token(kind, piece)
        if token is not None:
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            yield token
        elif kind in ("letters", "accented"):
            yield from (_symbol(letter) for letter in piece)
    yield Token("end", "")


def _one_token(kind: str, piece: str) -> Token | None:
    """The token of a piece; None when it means nothing (spacing) or several symbols (letters)."""
    if kind in ("grouped", "number"):
        if len(piece) > MAX_DIGITS:
            raise Unreadable(f"a number of {len(piece)} digits is longer than {MAX_DIGITS}")
        return Token("num", piece.replace(",", ""))
    if kind == "repeating":
        return Token("num", _repeating(piece))
    if kind == "op":
        return Token("op", {"==": "=", "**": "^"}.get(piece, piece))
    if kind in ("degree", "row"):
        return Token("op", kind)
    if kind == "env":
        return Token("env", piece.replace("{", " "))
    if kind == "command":
        return None if piece in _SKIPPED else _command(piece)
    if kind in ("letters", "text"):
        return _word(piece.strip(), wrapped=kind == "text")
    if kind == "accented" and len(piece) > 1 and piece.isupper():
        return None  # a segment, AB
    if kind == "accented" and piece in ("i", "j", "k"):
        return _symbol(piece)  # the unit vectors, which others set in bold
    if kind in ("primed", "accented"):
        return Token("sym", piece if kind == "primed" else f"bar {piece}")
    return Token("sym", f"set {piece}") if kind == "letter" else _greek_letter(piece)


_NUMBER = re.compile(r"\d{1,50}(?:\.\d{1,50})?", re.ASCII)
_REPEATING = re.compile(r"(\d*)\.(\d*)(\D.*)")


def _repeating(piece: str) -> str:
    """The fraction that a repeating decimal is: 0.1(6) is 1/6."""
    if len(piece) > MAX_DIGITS:
        raise Unreadable(f"a number of {len(piece)} digits is longer than {MAX_DIGITS}")
    match = _REPEATING.fullmatch(piece)
    assert match is not None, "the tokenizer's pattern is a part of this one"
    whole, fixed, marked = match.groups()
    period = "".join(char for char in marked if char.isdecimal())
    nines = (10 ** len(period) - 1) * 10 ** len(fixed)
    return str(Fraction(int(whole + fixed + period or 0) - int(whole + fixed or 0), nines))


def _command(name: str) -> Token:
    if name in _WITH_ARGUMENTS:
        return Token("cmd", _WITH_ARGUMENTS[name])
    if _OPERATORS.get(name) == "...":
        return Token("sym", "...")
    if name in _OPERATORS:
        return Token("op", _OPERATORS[name])
    if name in FUNCTIONS:
        return Token("fn", FUNCTIONS[name])
    if name in _CONSTANTS:
        return Token("const", _CONSTANTS[name])
    if name in _GREEK:
        return Token("sym", name)
    raise Unreadable(f"\\{name[:40]} is not a notation of answers")


def _word(word: str, *, wrapped: bool) -> Token | None:
    """A function, a constant, `or`, one symbol; None for a product of up to three symbols such as `xyz`."""
    if word.lower() in _SEPARATOR_WORDS or (wrapped and word == ","):
        return Token("op", ",")
    if wrapped and _NUMBER.fullmatch(word):
        return Token("num", word)
    if word in FUNCTIONS:
        return Token("fn", FUNCTIONS[word])
    if word == "sqrt":
        return Token("cmd", "sqrt")
    if len(word) == 1 or word.lower() in _CONSTANTS:
        return _symbol(word)
    if not wrapped and len(word) <= 3 and word.lower() not in _LITTLE_WORDS:
        return None
    raise Unreadable(f"the word {word[:40]!r} is not mathematics")


def _symbol(name: str) -> Token:
    constant = _CONSTANTS.get(name) or (_CONSTANTS.get(name.lower()) if len(name) > 1 else None)
    if constant:
        return Token("const", constant)
    if name.isascii():
        return Token("sym", name)
    return _greek_letter(name)


def _greek_letter(char: str) -> Token:
    words = unicodedata.name(char, "").split()
    if len(words) == 4 and words[0] == "GREEK" and words[2] == "LETTER":
        name = words[3].lower() if words[1] == "SMALL" else words[3].capitalize()
        return Token("const", "pi") if name == "pi" else Token("sym", name)
    raise Unreadable(f"{char!r} is not a notation of answers")
