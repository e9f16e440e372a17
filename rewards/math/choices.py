# ruff: noqa: RUF001  (words in other scripts)
"""The letter of a multiple-choice answer, out of the ways in which people name it."""

from __future__ import annotations

import re
from functools import lru_cache

from rewards.math.connectives import AND_AMONG_LETTERS, AND_IN_A_WORD, OR_AMONG_LETTERS, OR_IN_A_WORD
from rewards.math.denials import DENIED_IN_A_WORD, HEDGED

_LETTER = "[A-J]"
_GOLD = re.compile(r"\(?([A-J])\)?[.:]?|\(([A-J])\)\s*\S.*", re.DOTALL)
_ANSWER = re.compile(
    r"(?:(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:answer|option|choice|letter)\s*(?:is|:)?\s*)?"
    r"(?:[\[(](?P<bracketed>[A-Ja-j])[\])]|(?P<bare>[A-J])(?=[).:]|\s*$|\s+[-\u2013\u2014]\s))[).:]?(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_WRAPPER = re.compile(r"\\(?:text|textbf|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_ANOTHER = re.compile(r"\(([A-Ja-j])\)|(?:^|\W)(?:or|and|,|/|&)\s*\(?[A-J]\b")
_LETTERS = re.compile(
    rf"\(?{_LETTER}\)?(?:\s*(?:,|;|/|&|and|or|y|e|et|und|en|og|och|i|и|і|та|και|ve|dan|và|و|और|[和与與及、と와과]|\\text\{{\s*and\s*\}})+\s*\(?{_LETTER}\)?)+"
)


def _named(group: str) -> str:
    return rf"\(?\*{{0,2}}\(?(?P<{group}>{_LETTER})\)?\*{{0,2}}\)?"


_ONE = rf"{_named('letter')}(?![\w'])"
_NO_OTHER = (
    rf"(?!\**\s*(?:/|&|,?\s*(?:{OR_AMONG_LETTERS}|{AND_AMONG_LETTERS})\s|{OR_IN_A_WORD}|{AND_IN_A_WORD})"
    r"\s*\**\(?(?-i:[A-J])(?![A-Za-z]))"
)
_BEFORE_IT = "for sure|definitely|certainly|clearly|obviously|therefore|thus|then|option|choice|letter|is"
_STATED = re.compile(
    rf"(?:(?:{_BEFORE_IT})\W+|[\u9009\u9078\u662f]\s*)*{_ONE}{_NO_OTHER}",
    re.IGNORECASE,
)
_PICKED = re.compile(
    rf"(?:(?:\b(?:choose|chose|pick|select|go with|going with|think (?:it's|it is|it must be)|believe (?:it's|it is)|"
    rf"it's|it is|it must be|(?:correct|right|best) (?:answer|option|choice) is|answer is)|"
    rf"^(?:so|hence|thus|therefore)|[,.;]\s*(?:so|hence|thus|therefore),?|[\u9009\u9078])\s*"
    rf"(?:(?:option|choice|letter|answer)\s+)?{_ONE}{_NO_OTHER}(?!\s+(?:is|are)\s+(?:not|wrong|incorrect|false)))"
    rf"|(?:\b(?:option|choice|think|believe)\s+)?{_named('praised')}\s+is\s+(?:the\s+)?(?:correct|right|true|best|answer)",
    re.IGNORECASE | re.MULTILINE,
)
_LEADING = re.compile(rf"\W*\(?(?P<letter>{_LETTER})\)?[.):]\**\s")
_DENIED = re.compile(
    r"\b(?:not|isn't|aren't|neither|both|either|incorrect|wrong)\b|n't\b|\u4e0d\u662f|\u9519|\u932f", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def choice_of_gold(text: str) -> str | None:
    """The letter when a gold answer is one of A to J, alone or in brackets before the text of the choice.

    >>> choice_of_gold("(B)"), choice_of_gold("B"), choice_of_gold("AB"), choice_of_gold("(B) forty")
    ('B', 'B', None, 'B')
    """
    match = _GOLD.fullmatch(_WRAPPER.sub(r"\1", text).strip(" $"))
    return (match[1] or match[2]) if match else None


def choice_content(text: str) -> str:
    """What a gold choice says behind its letter, empty where it is the letter alone.

    >>> choice_content("(B) forty"), choice_content("(B)")
    ('forty', '')
    """
    match = _GOLD.fullmatch(_WRAPPER.sub(r"\1", text).strip(" $"))
    return text.partition(")")[2].strip(" }$\\") if match and match[2] else ""


def choice(text: str) -> str | None:
    """The one letter that an answer names, None when it names none or more than one.

    >>> choice("(B) 42"), choice("B. forty-two"), choice("option B"), choice("B or C"), choice("Because")
    ('B', 'B', 'B', None, None)
    """
    text = _WRAPPER.sub(r"\1", text).strip()
    match = _ANSWER.fullmatch(text)
    if match is None or _ANOTHER.search(match["rest"]):
        return None
    return (match["bracketed"] or match["bare"]).upper()


def choices(text: str) -> frozenset[str]:
    """The letters of an answer that names several and nothing else; empty for any other.

    >>> sorted(choices("A and C")), sorted(choices("(C), (A)")), sorted(choices("AC"))
    (['A', 'C'], ['A', 'C'], [])
    """
    text = _WRAPPER.sub(r"\1", text).strip()
    if len(text) > 100 or not _LETTERS.fullmatch(text):
        return frozenset()
    return frozenset(re.findall(rf"\b{_LETTER}\b", text))


_PACKED = re.compile(r"A?B?C?D?E?F?G?H?")


@lru_cache(maxsize=4096)
def several_choices(text: str) -> bool:
    """Whether a gold answer names several choices: `A and C`, `AC`.

    >>> several_choices("AC"), several_choices("A, C"), several_choices("A"), several_choices("CA")
    (True, True, False, False)
    """
    packed = _WRAPPER.sub(r"\1", text).strip(" .$()")
    return bool(choices(text)) or (len(packed) > 1 and _PACKED.fullmatch(packed) is not None)


def same_choices(one: str, other: str) -> bool | None:
    """Whether two answers name the same several letters; None where neither lists them with commas or "and".

    >>> same_choices("A and C", "C, A"), same_choices("ACD", "A, C, D"), same_choices("AB", "BA")
    (True, True, None)
    """
    lists = [choices(text) for text in (one, other)]
    if not any(lists):
        return None
    packed = [_WRAPPER.sub(r"\1", text).strip(" .$()") for text in (one, other)]
    letters = [
        listed or frozenset(word if _PACKED.fullmatch(word) else "") for listed, word in zip(lists, packed, strict=True)
    ]
    return letters[0] == letters[1] if all(letters) else None


_DENIED_BEHIND = re.compile(rf"[^A-Z\d,.;\u3001\uff0c\u060c]{{0,8}}?(?:{DENIED_IN_A_WORD}|\s(?:değil|deyil|emas|емес))")
"""A denial that its language puts behind what it denies."""


def stated_choice(text: str) -> str | None:
    """The letter that an announced answer begins with, whatever it goes on to say of others.

    >>> stated_choice("for sure D, it can't be A or B"), stated_choice("C or D"), stated_choice("not D")
    ('D', None, None)
    """
    text = text[:200].lstrip(" *_$\"'(")
    match = _STATED.match(text)
    if match is None or _DENIED_BEHIND.match(text, match.end("letter")):
        return None
    return match["letter"] if match["letter"].isupper() else None


_BUT_DROPPED = re.compile(
    r"\b(?:but|fails?|overcounts?|undercounts?|ignores|misses|is too (?:small|big"
    r"|large))\b",
    re.IGNORECASE,
)


def picked_choice(text: str) -> str | None:
    """The letter that prose settles on: the last one picked in it, or the one that it begins with (`D. It can't...`).

    >>> picked_choice("It's not A, therefore I think it's B"), picked_choice("Option D is incorrect.")
    ('B', None)
    """
    tail = text[-600:]
    picked = [match for match in _PICKED.finditer(tail) if (match["letter"] or match["praised"]).isupper()]
    if picked:
        last = picked[-1]
        before = re.split(
            r"[.,;!?]", tail[max(0, last.start() - 60) : last.start("letter" if last["letter"] else "praised")]
        )
        denied = _DENIED.search(before[-1]) or re.search(r"\b(?:and|or)\s*$", before[-1])
        return None if denied else last["letter"] or last["praised"]
    match = _LEADING.match(text)
    if match is None or _DENIED.match(text[match.end() :].lstrip("is ")):
        return None
    clause = re.split(r"[.;!?](?=\s|$)", text[match.end() :], maxsplit=1)[0]
    is_dropped = HEDGED.search(clause) is not None or _BUT_DROPPED.search(clause) is not None
    return None if is_dropped else match["letter"]
