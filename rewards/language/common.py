"""The common words of a language, most frequent first, from the table of what follows what in it."""

from __future__ import annotations

from functools import lru_cache

from rewards.language.order import read_common
from rewards.language.tags import scripts_of


@lru_cache(maxsize=128)
def common_words(code: str) -> tuple[str, ...]:
    """Lower-case common words of a language in all its scripts; none for a language without a table.

    >>> common_words("en")[:2], common_words("br")
    (('the', 'to'), ())
    """
    names = [code, *(f"{code}_{script}" for script in sorted(scripts_of(code)))]
    return tuple(word for name in names for word in read_common(name))


@lru_cache(maxsize=128)
def common_set(code: str) -> frozenset[str]:
    """The same words, to look one up."""
    return frozenset(common_words(code))
