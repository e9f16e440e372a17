"""Formulas between the sentences of a text: `$5$`, `\\(x\\)`, `$$x$$` over several lines. Standard library only."""

from __future__ import annotations

import re

INLINE_MATH = re.compile(
    r"\$(?!(?<=\d\s\$)(?:\s|[.,;:!?)](?!\d)))\$?(?!\d[^$\n]{0,60}\$\d|\s\d[^$\n]{0,60}\$\s\d)(?!\d[^$\\\n]{0,200}?\s[a-z]{2,12}\s[a-z]{2,12}\s)([^$\n]{1,400})\$\$?|\\\(([^\n]{1,400}?)\\\)|\\\[([^\n]{1,400}?)\\\]"
)
_DISPLAY = re.compile(r"\s*(?:\$\$([^$]{1,400}?)\$\$|\\\[(.{1,400}?)\\\])", re.DOTALL)
_JOINT = re.compile(r"\s*(?:,\s*)?(?:(?:and|or)\b)?\s*(?=\$|\\\()")
_END_MARK = re.compile(
    r"\s*\$*\s*(?:\\(?:blacksquare|square|Box|qed|qedsymbol|blacklozenge|checkmark)\b|[\u220e\u25a0\u25a1\u2713\u2714\u2705])\s*\$*[\s.]*$"
)
_ENDS_OF_MARKS = (*"\u220e\u25a0\u25a1\u2713\u2714\u2705", "square", "Box", "qed", "symbol", "lozenge", "mark")
_CLOSING_LINE = re.compile(
    r"\n\s*(?:(?:please\s+)?let me know\b|i hope\b|hope (?:this|that)\b|(?:please\s+)?feel free\b|is there anything\b"
    r"|if you (?:have|need|want|would|'d)\b|would you like\b|do you (?:have|want|need)\b)[^\n]*\s*$",
    re.IGNORECASE,
)
MAX_FORMULAS = 20


def content(match: re.Match[str]) -> str:
    """What stands between the delimiters of a formula."""
    return next(group for group in match.groups() if group is not None).strip()


def displayed(text: str) -> str:
    """The formula that a text begins with, set apart over several lines; empty where there is none.

    >>> displayed("\\n$$\\nx = 5\\n$$"), displayed("it is $$5$$")
    ('x = 5', '')
    """
    match = _DISPLAY.match(text)
    return " ".join(content(match).split()) if match and "\n" in match[0].strip() else ""


def joined(text: str, first: re.Match[str]) -> str:
    """A formula, and those that only commas, "and" or "or" join to it: `$5$ or $10$` is not 5.

    >>> text = "$5$ or $10$, as $x > 0$"
    >>> joined(text, INLINE_MATH.match(text))
    '5, 10'
    """
    formulas: list[str] = []
    match: re.Match[str] | None = first
    while match is not None and len(formulas) < MAX_FORMULAS:
        formulas.append(content(match))
        joint = _JOINT.match(text, match.end())
        match = INLINE_MATH.match(text, joint.end()) if joint else None
    return ", ".join(formulas)


_ANY_JOINT = re.compile(
    r"\s{0,3}(?:,\s{0,3})?(?:(?:and|or|y|o|e|et|ou|und|oder|en|of|och|eller|og|i|lub|a|nebo|и|или|та|або|"  # noqa: RUF001
    r"ve|veya|dan|atau|và|hoặc)\s"
    r"|[和与與或及と]|または|과|와|또는|और|या|و|أو)?\s{0,3}"
)


def last_joined(text: str) -> tuple[str, int, int]:
    """The last formulas of a text that only "and", "or" or commas join, and where they begin and end; at least two.

    >>> last_joined("As $x>0$, it is $1+i$ or $1-i$."), last_joined("From $x$ we get $y$.")
    (('1+i, 1-i', 16, 30), ('', 0, 0))
    """
    found = list(INLINE_MATH.finditer(text))
    run = found[-1:]
    for match in reversed(found[-MAX_FORMULAS:-1]):
        if not _ANY_JOINT.fullmatch(text, match.end(), run[0].start()):
            break
        run.insert(0, match)
    if len(run) < 2:
        return "", 0, 0
    return ", ".join(map(content, run)), run[0].start(), run[-1].end()


def without_closing(text: str) -> str:
    """A text without the mark that ends a proof, and the line that only takes leave of the reader.

    >>> without_closing("It is 5. $\\\\blacksquare$"), without_closing("It is 5.\\n\\nLet me know if 6 is unclear!")
    ('It is 5.', 'It is 5.')
    """
    tail = text[-400:]
    shorter = _CLOSING_LINE.sub("", tail) if "\n" in tail else tail
    if shorter.rstrip(" \t\r\n$.").endswith(_ENDS_OF_MARKS):
        shorter = _END_MARK.sub("", shorter)
    return text if shorter == tail else text[:-400] + shorter
