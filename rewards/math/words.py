"""Answers that are words, and the form in which two of them are compared. Standard library only."""

from __future__ import annotations

import re
import unicodedata

_PROSE = re.compile(r"[^\\{}^_=<>|$]+")
_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\w)")
_NUMERIC_WORDS = frozenset({"pi", "inf", "infinity", "e", "i"})


def as_words(text: str) -> str:
    """Text brought to the form in which text answers are compared: case, spaces, wrappers and end punctuation ignored.

    >>> as_words("\\\\text{ New  York }."), as_words("Tuesday!") == as_words("tuesday")
    ('new york', True)
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mbox)\s*\{([^{}]*)\}", r"\1", text)
    words = " ".join(text.casefold().split()).strip(" .,;:!?\"'*`$")
    return _ARTICLE.sub("", words)


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


_TEXT = re.compile(r"\\text\s*\{[^{}]*[A-Za-z]{2}[^{}]*\}")


def is_marked_prose(text: str) -> bool:
    """Whether an answer mixes words set as text with formulas (`\\text{Yes, } n = 2`): compared as it is written.

    >>> is_marked_prose("\\\\text{Yes, } n = 2"), is_marked_prose("\\\\text{Yes"), is_marked_prose("n = 2")
    (True, False, False)
    """
    return text.count("{") == text.count("}") and _TEXT.search(text) is not None


_IDLE_SPACE = re.compile(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])")


def squeeze(text: str) -> str:
    """The text without spaces next to operators and brackets; `1 1/2` keeps its own, being not `11/2`.

    >>> squeeze("( 1 , 2 )"), squeeze("1 1/2")
    ('(1,2)', '1 1/2')
    """
    return _IDLE_SPACE.sub("", text)
