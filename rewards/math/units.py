# ruff: noqa: RUF001  (unit names in other scripts)
"""Units: their names in many languages, and which convert into each other: 5 km is 5000 m, 36 km/h is 10 m/s."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from rewards.math.currencies import FAMILIES, NAMES, PARTS
from rewards.math.unit_names import MORE_NAMES

_NAMES = {
    "mm": "mm millimeter millimetre milimetro millimètre 毫米 ミリメートル 밀리미터 мм मिमी",
    "cm": "cm centimeter centimetre zentimeter centímetro centimètre 厘米 公分 センチメートル センチ 센티미터 см सेमी",
    "m": "m meter metre metro mètre 米 公尺 メートル 미터 м метр метров метра मीटर متر เมตร mét",
    "km": "km kilometer kilometre kilómetro kilomètre quilômetro 公里 千米 キロメートル キロ 킬로미터 км километр "
    "километров किमी किलोमीटर كم كيلومتر กิโลเมตร",
    "in": "in inch inches",
    "ft": "ft foot feet",
    "yd": "yd yard",
    "mi": "mi mile 英里 マイル 마일 миля миль मील",
    "mg": "mg milligram 毫克",
    "g": "g gram gramm gramo gramme 克 グラム 그램 г грамм граммов ग्राम غرام",
    "kg": "kg kilo kilogram kilogramm kilogramo kilogramme quilograma 公斤 千克 キログラム 킬로그램 кг килограмм "
    "килограммов किग्रा किलोग्राम كغ كيلوغرام กิโลกรัม",
    "lb": "lb lbs",
    "pound": "pound",
    "oz": "oz ounce",
    "ton": "tonne",
    "ml": "ml milliliter millilitre 毫升 ミリリットル",
    "l": "l liter litre litro 升 リットル 리터 л литр литров लीटर لتر ลิตร",
    "s": "s sec second sekunde segundo seconde 秒 초 сек секунд सेकंड ثانية วินาที giây",
    "min": "min minute minuten minuto 分钟 分鐘 분 мин минут मिनट دقيقة นาที phút",
    "h": "h hr hour stunde stunden hora heure 小时 小時 時間 시간 час часов часа घंटे ساعة ชั่วโมง giờ",
    "day": "day tag tage día jour dia 天 日 일 день дней दिन يوم วัน ngày",
    "week": "week woche wochen semana semaine 周 週間 주 неделя недель",
    "month": "month monat monate mes mois 个月 ヶ月 개월 месяц месяцев",
    "year": "year yr jahr jahre año an ans 年 년 год лет",
    "degree": "degree deg circ grad grados degrés 度 도 градус градусов",
    "celsius": "celsius",
    "fahrenheit": "fahrenheit",
    "mph": "mph",
    "kph": "kph kmh kmph",
}
CANONICAL = {
    name: unit for table in (MORE_NAMES, NAMES, _NAMES) for unit, names in table.items() for name in names.split()
}


class Measure(NamedTuple):
    """What a unit measures, as powers of base dimensions, and how many base units it is."""

    dimensions: frozenset[tuple[str, int]]
    factor: Fraction


def _table(dimension: str, sizes: str) -> dict[str, tuple[str, int, Fraction]]:
    """Units of one dimension by name, its power written behind it where that is not one."""
    name, _, power = dimension.partition("^")
    pairs = (entry.split("=") for entry in sizes.split())
    return {unit: (name, int(power or 1), Fraction(size)) for unit, size in pairs}


_SIZES = {
    **{unit: (unit, 1, Fraction(1)) for unit in (*_NAMES, *NAMES, *FAMILIES)},
    **_table("length", "mm=0.001 cm=0.01 m=1 km=1000 in=0.0254 ft=0.3048 yd=0.9144 mi=1609.344"),
    **_table("length^3", "ml=0.000001 l=0.001"),
    **_table("mass", "mg=0.001 g=1 kg=1000 oz=28.349523125 lb=453.59237 pound=453.59237 ton=1000000"),
    **_table("time", "s=1 min=60 h=3600 day=86400 week=604800"),
    **_table("years", "month=1 year=12"),
    **{name: (whole, 1, Fraction(1, 100)) for name, whole in PARTS.items()},
}
_RATES = {"mph": ("mi", "h"), "kph": ("km", "h")}
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "平方": 2, "立方": 3}
_POWER_AFTER = {"squared": 2, "cubed": 3}
_WORD = r"[^\s\d_/^(),.*\\-]+"  # not \w, which has no vowel signs
_PIECE = re.compile(rf"[平立]方|{_WORD}|\^-?\d|/")


def measure(unit: str) -> Measure | None:
    """What a unit stands for, None where a part of it is not one of these; `square` and `per` count as they mean.

    >>> measure("cm^2"), measure("clips")
    (Measure(dimensions=frozenset({('length', 2)}), factor=Fraction(1, 10000)), None)
    >>> measure("km/h") == measure("kilometers per hour"), measure("m/s") == measure("m")
    (True, False)
    """
    factors: list[tuple[str, int]] = []
    sign = power = 1
    for piece in _PIECE.findall(unit.replace("{", "").replace("}", "")):
        word = piece.lower()
        if word in ("/", "per"):
            sign = -1
        elif word in _POWER_WORDS:
            power = _POWER_WORDS[word]
        elif factors and (word in _POWER_AFTER or word[0] == "^"):
            factors[-1] = (factors[-1][0], factors[-1][1] * (_POWER_AFTER.get(word) or int(word[1:])))
        elif (name := canonical(word)) in _RATES:
            factors += [(_RATES[name][0], sign), (_RATES[name][1], -sign)]
        elif name in _SIZES:
            factors.append((name, sign * power))
            power = 1
        else:
            return None
    return _product(factors) if factors else None


def _product(factors: list[tuple[str, int]]) -> Measure:
    dimensions: Counter[str] = Counter()
    total = Fraction(1)
    for name, power in factors:
        dimension, own, size = _SIZES[name]
        dimensions[dimension] += own * power
        total *= size**power
    return Measure(frozenset((name, power) for name, power in dimensions.items() if power), total)


def canonical(word: str) -> str:
    """One name for a lower-case unit word, singular; other words only lose their plural s.

    >>> canonical("meters"), canonical("apples"), canonical("公里")
    ('m', 'apple', 'km')
    """
    if word in CANONICAL:
        return CANONICAL[word]
    for prefix, into in (("平方", "sq "), ("立方", "cubic ")):
        if word.startswith(prefix):
            return into + canonical(word.removeprefix(prefix))
    singular = word.removesuffix("s")
    return CANONICAL.get(singular, singular if len(word) > 3 else word)


def convert(value: Fraction | int, unit: str, into: str) -> Fraction | None:
    """The value in another unit, None where one does not convert into the other.

    >>> convert(5, "km", "meters"), convert(36, "km/h", "m/s"), convert(5, "km", "kg")
    (Fraction(5000, 1), Fraction(10, 1), None)
    """
    if {canonical(unit.lower()), canonical(into.lower())} == {"cent", "euro"}:  # there are cents of both
        unit, into = (name if canonical(name.lower()) == "cent" else "dollar" for name in (unit, into))
    one, other = measure(unit), measure(into)
    if one is None or other is None or one.dimensions != other.dimensions:
        return None
    return value * one.factor / other.factor


def units_agree(one: str, other: str) -> bool:
    """Whether two units may stand for the same: a missing unit agrees with all, 5 m is not 5 km, words share one word.

    >>> units_agree("", "km"), units_agree("m", "km"), units_agree("meters", "m"), units_agree("clips", "hair clips")
    (True, False, True, True)
    """
    if not one or not other or one == other:
        return True
    if one.startswith("modulo") and other.startswith("modulo"):
        return False
    left, right = measure(one), measure(other)
    if left is not None and right is not None:
        return left == right or _share_a_name(canonical(one.lower()), canonical(other.lower()))
    if one.partition("^")[2] != other.partition("^")[2]:
        return False
    known = set(_SIZES)
    words, others = ({canonical(word) for word in words_of(unit)} for unit in (one, other))
    return words & known == others & known and bool(words & others)


def _share_a_name(one: str, other: str) -> bool:
    """Whether one of two currencies is the name of a family, and the other one is in it: kronor and SEK."""
    families = FAMILIES.get(one, frozenset()), FAMILIES.get(other, frozenset())
    return other in families[0] or one in families[1] or not families[0].isdisjoint(families[1])


def words_of(unit: str) -> list[str]:
    """The lower-case words of a unit, powers dropped."""
    return re.findall(_WORD, unit.partition("^")[0].lower())
