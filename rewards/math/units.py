"""Units that convert into each other exactly: 5 km is 5000 m, and 3 h is 180 min."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from rewards.math.numbers import canonical_units


class Measure(NamedTuple):
    """What a unit measures and how many base units it is."""

    dimension: str
    power: int
    factor: Fraction


def _table(dimension: str, power: int, sizes: str) -> dict[str, Measure]:
    pairs = (entry.split("=") for entry in sizes.split())
    return {name: Measure(dimension, power, Fraction(size)) for name, size in pairs}


_MEASURES = {
    **_table("length", 1, "mm=0.001 cm=0.01 m=1 km=1000 in=0.0254 ft=0.3048 yd=0.9144 mi=1609.344"),
    **_table("length", 3, "ml=0.000001 l=0.001"),
    **_table("mass", 1, "mg=0.001 g=1 kg=1000 oz=28.349523125 lb=453.59237"),
    **_table("time", 1, "s=1 min=60 h=3600 day=86400 week=604800"),
    **_table("years", 1, "month=1 year=12"),
    **_table("dollars", 1, "cent=1 dollar=100"),
}
_POWER = re.compile(r"[^\d^]+\^([23])")


def measure(unit: str) -> Measure | None:
    """What a unit stands for, None where it is not one of these; `square` and `cubic` count as powers.

    >>> measure("cm^2"), measure("clips")
    (Measure(dimension='length', power=2, factor=Fraction(1, 10000)), None)
    """
    words = canonical_units(unit)
    named = {"square": 2, "sq": 2, "cubic": 3, "cubed": 3, "squared": 2}
    power = next((named[word] for word in words if word in named), 1)
    if (written := _POWER.fullmatch(unit)) is not None:
        power = int(written[1])
    known = [_MEASURES[word] for word in words if word in _MEASURES]
    if len(known) != 1 or len([word for word in words if word not in named]) != 1:
        return None
    dimension, own, factor = known[0]
    return Measure(dimension, own * power, factor**power)


def convert(value: Fraction | int, unit: str, into: str) -> Fraction | None:
    """The value in another unit, None where one does not convert into the other.

    >>> convert(5, "km", "meters"), convert(5, "km", "kg")
    (Fraction(5000, 1), None)
    """
    one, other = measure(unit), measure(into)
    if one is None or other is None or one[:2] != other[:2]:
        return None
    return value * one.factor / other.factor
