# ruff: noqa: RUF002  (words in other scripts)
"""Sentences that only say how many of a smaller unit a larger one has. Standard library only."""

from __future__ import annotations

import re

from rewards.math.folding import vocabulary
from rewards.math.units import Measure, measure

_WORD = re.compile(r"[^\W\d_]+")
_ONE_OR_NONE = re.compile(r"(?<![\d.,])\d[\d.,]*")


_RATIOS = vocabulary("3 7 10 12 16 24 36 60 100 168 1000 1440 1760 3600 5280 100000 1000000")
"""How many times one everyday unit is another."""


def is_fact_of_units(sentence: str) -> bool:
    """Whether a sentence only says how many of a smaller unit a larger one has: "one hour is 60 minutes".

    >>> is_fact_of_units("Bir saat 60 dakikadır"), is_fact_of_units("One hour later he has 50 minutes")
    (True, False)
    """
    found = [match for match in _ONE_OR_NONE.finditer(sentence) if match[0].strip(".,") != "1"]
    if len(found) != 1 or len(sentence) > 120:
        return False
    count = found[0][0].strip(".,").replace(",", "")
    if count not in _RATIOS:
        return False
    larger = _units(sentence[: found[0].start()])
    smaller = _units(sentence[found[0].end() :])[:1] or _units(sentence[: found[0].start()])[-1:]
    return any(
        one.dimensions == other.dimensions and one.factor == other.factor * int(count)
        for one in larger
        for other in smaller
    )


def _units(text: str) -> list[Measure]:
    """The units that words of a text name, or begin with where endings are put to them."""
    found = []
    for word in _WORD.findall(text.lower()):
        shortest = len(word) if len(word) < 4 else max(3, len(word) - 4)
        ends = range(len(word), shortest - 1, -1)
        unit = next((known for end in ends if (known := measure(word[:end])) is not None), None)
        if unit is not None and len(word) > 1:
            found.append(unit)
    return found
