"""Numbers that are not written in digits alone: in English words, in Chinese characters, with a scale behind them.

Standard library only. Everything is exact, and what is not a number in one of these forms is None.
"""

from __future__ import annotations

import re
from fractions import Fraction

from rewards.math.chinese import KOREAN, MINUS, chinese, digits_and_places
from rewards.math.separators import simplest

_TO_NINE = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TO_NINETEEN = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ONES = {word: value for value, word in enumerate(_TO_NINE + _TO_NINETEEN)}
_DECADES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * value for value, word in enumerate(_DECADES, start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SCALE_WORDS = {
    "hundred": 100,
    **_SCALES,
    **dict.fromkeys(("k", "tausend"), 10**3),
    **dict.fromkeys(
        [
            "mil",
            "mille",
            "tusen",
            "tuhat",
            "tuhatta",
            "ezer",
            "bin",
            "ribu",
            "elfu",
            "nghìn",
            "ngàn",
            "тыс",
            "тысяча",
            "тысячи",
            "тысяч",
            "тис",
        ],
        10**3,
    ),
    **dict.fromkeys(
        [
            "тисяч",
            "хиляди",
            "хиљада",
            "χιλιάδες",
            "ألف",
            "آلاف",
            "هزار",
            "ہزار",
            "אלף",
            "אלפים",
            "हज़ार",
            "हजार",
            "হাজার",
            "พัน",
            "tysięcy",
            "tysiące",
        ],
        10**3,
    ),
    **dict.fromkeys(["หมื่น"], 10**4),
    **dict.fromkeys(["tys"], 10**3),
    **dict.fromkeys(["mio"], 10**6),
    **dict.fromkeys(["mrd"], 10**9),
    **dict.fromkeys(["lakh", "lac", "लाख", "লাখ", "লক্ষ", "لاکھ", "แสน"], 10**5),
    **dict.fromkeys(["crore", "करोड़", "करोड", "কোটি", "کروڑ"], 10**7),
    **dict.fromkeys(
        [
            "millionen",
            "millón",
            "millones",
            "milhão",
            "milhões",
            "milione",
            "milioni",
            "miljoen",
            "miljon",
            "miljoner",
            "miljoonaa",
        ],
        10**6,
    ),
    **dict.fromkeys(
        ["millió", "milyon", "juta", "triệu", "mln", "млн", "миллион", "миллиона", "миллионов", "мільйон", "мільйонів"],
        10**6,
    ),
    **dict.fromkeys(
        ["εκατομμύρια", "مليون", "ملايين", "میلیون", "מיליון", "ล้าน", "milion", "miliony", "milionów", "milionů"], 10**6
    ),
    **dict.fromkeys(
        [
            "milliarde",
            "milliarden",
            "milliard",
            "miljard",
            "miljarder",
            "miljardia",
            "milliárd",
            "milyar",
            "miliar",
            "tỷ",
            "tỉ",
            "mld",
        ],
        10**9,
    ),
    **dict.fromkeys(
        [
            "млрд",
            "миллиард",
            "миллиарда",
            "миллиардов",
            "мільярд",
            "мільярдів",
            "مليار",
            "میلیارد",
            "מיליארד",
            "miliardi",
        ],
        10**9,
    ),
}
"""What a number in digits may be multiplied by, by name."""
ENGLISH_NUMBERS = frozenset((*_ONES, *_TENS, "minus", "negative", "a"))
"""What a number in English words can begin with."""
_PARTS = {
    **{"half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4},
    **{"fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12},
    **{"thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "eighteenth": 18, "twentieth": 20},
    **{"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "sixtieth": 60, "hundredth": 100, "thousandth": 1000},
}
_SCALED = re.compile(rf"([-+]?\d[\d,]*(?:\.\d+)?)\s*({'|'.join(SCALE_WORDS)})s?", re.IGNORECASE)
_TRAILING_COMMA_DECIMAL = re.compile(r"[-+]?\d+,\d{1,2}")
_LETTERS = re.compile(r"[A-Za-z]+(?:[\s-]+[A-Za-z]+){0,20}")


_DOZENS = {"a dozen": 12, "half a dozen": 6}
"""Two dozen may be meant as 2, where dozens are asked for."""


def spelled_number(text: str) -> int | Fraction | None:
    """The value of a number in English words or Chinese characters, or of digits with a scale (`2.5 million`).

    >>> spelled_number("one hundred and twenty-three"), spelled_number("minus two thirds")
    (123, Fraction(-2, 3))
    >>> spelled_number("2.5 million")
    2500000
    >>> spelled_number("\\u4e00\\u767e\\u4e8c\\u5341"), spelled_number("two three"), spelled_number("someone")
    (120, None, None)
    """
    if len(text) > 200:
        return None
    if scaled := _SCALED.fullmatch(text):
        is_decimal = _TRAILING_COMMA_DECIMAL.fullmatch(scaled[1])
        return simplest(Fraction(scaled[1].replace(",", "." if is_decimal else "")) * SCALE_WORDS[scaled[2].lower()])
    if (dozens := _DOZENS.get(text.lower())) is not None:
        return dozens
    if _LETTERS.fullmatch(text):
        words = re.split(r"[\s-]+", text.lower())
        negative = words[0] in ("minus", "negative")
        value = _english(words[1:] if negative else words)
    else:
        sign = MINUS.match(text)
        text = text[sign.end() :].translate(KOREAN) if sign else text.translate(KOREAN)
        negative, value = bool(sign), digits_and_places(text)
        value = int(text) if sign and text.isdecimal() else value
        value = chinese(_PART_OF.sub("分之", text)) if value is None else value
    return None if value is None else -value if negative else value


_PART_OF = re.compile(r"(?:分の|分의|분의)\s?")


def _english(words: list[str]) -> int | Fraction | None:
    """`two thirds`, `three point five` or a whole number."""
    if "point" in words[1:-1]:
        return _english_decimal(words[: words.index("point")], words[words.index("point") + 1 :])
    part = words[-1].removesuffix("s") if words else ""
    if part in _PARTS and "and" in words[1:]:
        joint = len(words) - 1 - words[::-1].index("and")
        whole, rest = _english_whole(words[:joint]), _english(words[joint + 1 :])
        return whole + rest if whole and isinstance(rest, Fraction) and 0 < rest < 1 else None
    if part in _PARTS and len(words) <= 3:
        count = 1 if words[:-1] in ([], ["a"]) else _english_whole([word for word in words[:-1] if word != "a"])
        return None if count is None else simplest(Fraction(count, _PARTS[part]))
    return _english_whole(words)


def _english_decimal(whole: list[str], decimals: list[str]) -> Fraction | int | None:
    """`three point one four`: digits one by one, or a number below a hundred."""
    before = _english_whole(whole)
    digits = [_ONES.get(word if word != "oh" else "zero", 10) for word in decimals]
    if before is None:
        return None
    if all(digit < 10 for digit in digits):
        return simplest(Fraction(f"{before}.{''.join(map(str, digits))}"))
    together = _below_thousand(decimals)
    return simplest(Fraction(f"{before}.{together}")) if together is not None and together < 100 else None


def _english_whole(words: list[str]) -> int | None:
    """Groups below a thousand with falling scales behind them."""
    total, last_scale, group = 0, 10**15, []
    for word in [word for word in words if word != "and"]:
        if word not in _SCALES:
            group.append(word)
            continue
        value, scale = _below_thousand(group), _SCALES[word]
        if not value or scale >= last_scale:
            return None
        total, last_scale, group = total + value * scale, scale, []
    if not group:
        return total if last_scale < 10**15 else None
    value = _below_thousand(group)
    return None if value is None else total + value


def _below_thousand(words: list[str]) -> int | None:
    """0 to 999, None where the words are in no number's order."""
    if not words:
        return None
    if len(words) >= 2 and words[1] == "hundred":
        hundreds = 1 if words[0] == "a" else _ONES.get(words[0], 0)
        rest = _below_thousand(words[2:]) if len(words) > 2 else 0
        return 100 * hundreds + rest if 1 <= hundreds <= 19 and rest is not None and rest < 100 else None
    if len(words) == 1:
        return _ONES.get(words[0], _TENS.get(words[0]))
    ones = _ONES.get(words[1], 0)
    return _TENS[words[0]] + ones if len(words) == 2 and words[0] in _TENS and 1 <= ones <= 9 else None
