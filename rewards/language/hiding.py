"""English that hides where nobody looks for sentences: in identifiers, addresses, single letters, names in capitals.

A policy falls into English, and what it can smuggle out of sight costs it nothing. One comment of one word is no
sentence, and neither is one address; but all that was taken out of a text reads as prose where words stand in it that
hold English sentences together and name nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from rewards.math.numbers import vocabulary

_GLUE = vocabulary(
    "the that we they them their there these those was were must which because our been would should could than very "
    "also since"
)
"""Hardly ever in identifiers."""
_GLUE_OF_NAMES = (_GLUE - {"the"}) | vocabulary("is are be can has have it its this he she you if so")
"""Hardly ever in titles, of which many begin with `The`."""
_LEAST_GLUE = 4
_LEAST_SHARE = 0.08
_FREQUENT = _GLUE | vocabulary(
    "a an of to it its he his him she her who on at by but had has have can will what when where while into about "
    "after before between during other only you your me my many much more most some such then this two"
)
"""Words of every kind of English. In programs they are few, and the same ones again: of 2,660 pieces of libraries' code
none had as many different ones, of three English sentences 99 in 100 have.
"""
_LEAST_DIFFERENT, _LEAST_FREQUENT = 5, 0.15
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_HUMPS = re.compile(r"(?<![^\W_])(?:[A-Z][a-z]+|[a-z]+(?=[A-Z]))(?:[A-Z][a-z]+)+")
_HUMP = re.compile("[a-z][A-Z]")
_APART = re.compile(r"(?<![^\W\d_])[A-Za-z](?:[ \n.\-*_|/]{1,8}[A-Za-z](?![^\W\d_])){7,}")
_MAX_CHARS = 20_000


def reads_as_english(words: Iterable[str], *, as_names: bool = False) -> bool:
    """Whether words, whatever stands between them, are English prose rather than names of things (`as_names`: rather
    than titles).

    >>> reads_as_english("we see that the sum must be odd since they were even".split())
    True
    >>> reads_as_english("get user by id return the list of names".split())
    False
    """
    glue = _GLUE_OF_NAMES if as_names else _GLUE
    all_words = [word.casefold() for word in words]
    found = sum(word in glue for word in all_words)
    if found >= _LEAST_GLUE and found >= _LEAST_SHARE * len(all_words):
        return True
    frequent = [] if as_names else [word for word in all_words if word in _FREQUENT]
    return len(set(frequent)) >= _LEAST_DIFFERENT and len(frequent) >= _LEAST_FREQUENT * len(all_words)


def hidden_prose(pieces: Iterable[str]) -> str:
    """The words of program text, addresses and the like that read as English prose together; else empty text.

    >>> hidden_prose(["weSeeThat", "the_sum_must_be", "# odd", "x = since + they_were"])
    'we see that the sum must be odd since they were'
    """
    words = [word.lower() for word in _PIECE.findall(" ".join(pieces)[:_MAX_CHARS]) if len(word) > 1]
    return " ".join(words) if reads_as_english(words) else ""


def humped_words(text: str) -> list[str]:
    """The words of a text that are several words written as one, such as `WeSeeThat`."""
    return _HUMPS.findall(text) if _HUMP.search(text) else []


def join_letters(text: str) -> str:
    """The text with words put together that were spelled letter by letter, eight letters and more.

    >>> join_letters("W e  s e e  t h a t, or s-p-e-l-l o-u-t and a, b, c")
    'We see that, or spell out and a, b, c'
    """
    return _APART.sub(_joined, text)


def _joined(spelled: re.Match[str]) -> str:
    gaps = re.findall(r"[^A-Za-z]+", spelled[0])
    usual = Counter(gaps).most_common(1)[0][0]
    return "".join(
        part if part.isalpha() else "" if part == usual else " " for part in re.split(r"([^A-Za-z]+)", spelled[0])
    )
