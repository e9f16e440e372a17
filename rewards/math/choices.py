"""The letter of a multiple-choice answer, out of the ways in which people name it."""

from __future__ import annotations

import re

_GOLD = re.compile(r"\(?([A-J])\)?\.?")
_ANSWER = re.compile(
    r"(?:(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:answer|option|choice)\s*(?:is|:)?\s*)?"
    r"(?:\((?P<bracketed>[A-Ja-j])\)|(?P<bare>[A-J])(?=[).:]|\s*$|\s+[-\u2013\u2014]\s))[).:]?(?P<rest>.*)",
    re.DOTALL,
)
_WRAPPER = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_ANOTHER = re.compile(r"\(([A-Ja-j])\)|\b(?:or|and|,|/)\s*\(?[A-J]\b")


def choice_of_gold(text: str) -> str | None:
    """The letter when a gold answer is one of A to J and nothing else.

    >>> choice_of_gold("(B)"), choice_of_gold("B"), choice_of_gold("AB")
    ('B', 'B', None)
    """
    match = _GOLD.fullmatch(text.strip())
    return match[1] if match else None


def choice(text: str) -> str | None:
    """The one letter that an answer names, None when it names none or more than one.

    >>> choice("(B) 42"), choice("B. forty-two"), choice("option B"), choice("B or C"), choice("Because")
    ('B', 'B', 'B', None, None)
    """
    match = _ANSWER.fullmatch(_WRAPPER.sub(r"\1", text).strip())
    if match is None or _ANOTHER.search(match["rest"]):
        return None
    return (match["bracketed"] or match["bare"]).upper()
