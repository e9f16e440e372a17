# ruff: noqa: RUF001  (number words in other scripts)
"""Numbers in the words of European and other languages: "achtzehn", "quatre-vingt-dix", "три четверти", "trzy i pół".

English words and Chinese characters are read by `rewards.math.spelled`. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from rewards.math.counting import MORE_TABLES
from rewards.math.counting_european import FIRST_TABLES
from rewards.math.counting_further import FURTHER_TABLES
from rewards.math.counting_singly import BEGINNINGS, singly
from rewards.math.fractions_said import ZEROS, part_of, part_said
from rewards.math.halves import HALF_BEGINNINGS, and_a_half, and_a_part

_TABLES = {**FIRST_TABLES, **MORE_TABLES, **FURTHER_TABLES}
_PARTS = {
    2: r"hälfte|halb|demie?|moitié|medi[oa]|mitad|mezz[oa]|metà|mei[oa]|metade|половина|половину|pół|połowa"
    r"|yarım|yarısı"
    r"|polovina|puolet|puoli|halva|hälften|halvdelen|fél|jumătate|μισό|setengah|một nửa|nửa|nusu|نصف|نیم|आधा"
    r"|חצי|ครึ่ง",
    3: r"drittel|tiers|tercios?|terz[oi]|terços?|треть|третью|трети|третини|trzecie"
    r"|tredjedel(?:ar|e)?|třetiny|třetina|kolmasosaa?|harmad|treim[ei]|τρίτα|τρίτο|pertiga|phần ba|तिहाई|سوم"
    r"|שליש|ثلث|derde|terços",
    4: r"viertel|quarts?|cuartos?|quart[oi]|quartos?|четверти|четверть|четвертью|чвертю|чверті|чверть"
    r"|czwarte|ćwierć|ćwiercią"
    r"|fjärdedel(?:ar)?|fjerdedel(?:e|er)?|čtvrtiny|čtvrtina|neljäsosaa?|negyed|pătrimi|sferturi|sfert|τέταρτα"
    r"|τέταρτο|perempat|phần tư"
    r"|चौथाई|چهارم|أرباع|ربع|רבעים|רבע|kwart|vierde|četvrtine",
    5: r"fünftel|cinquièmes?|quintos?|quint[oi]|пятых|piąte|femtedel(?:ar|e|er)?|pětiny|viidesosaa?|ötöd"
    r"|cincimi|πέμπτα|perlima|phần năm|پنجم|أخماس|vijfde",
}
_PART = re.compile("(?:(.+) )?(?:" + "|".join(rf"(?P<p{below}>{words})" for below, words in _PARTS.items()) + ")")
_MINUS = re.compile(
    r"(?:minus|moins|menos|meno|минус|мінус|eksi|mínusz|min|mínus|miinus|μείον|מינוס|سالب|ناقص|منفی|ऋण|माइनस|ঋণাত্মক"
    r"|ลบ|âm|negatif|hasi) ?"
)
_TWO_THIRDS = frozenset(("ثلثان", "ثلثا", "ثلثي", "ثلثين"))
_LONE_PARTS = "ثلث ربع خمس سدس שליש רבע तिहाई चौथाई τρίτο τέταρτο треть четверть третина чверть"
"""Parts that stand alone where others need a count, in scripts whose parts are no ordinals."""
MAX_CHARS = 100
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bb\u02bc"), "'")


class _Language(NamedTuple):
    values: dict[str, int]
    word: re.Pattern[str]
    is_units_first: bool
    twenties: frozenset[int]
    """The tens that eleven to nineteen may follow."""
    is_scale_first: bool
    longest: int


def _language(name: str) -> _Language:
    ones, tens, joints, others = _TABLES[name]
    values = {word: 0 for word in joints.split("|") if word}
    for numbers, words in ((range(1, 20), ones.split()), (range(20, 100, 10), tens.split())):
        values |= {word: value for value, names in zip(numbers, words, strict=True) for word in names.split("|")}
    values |= {word: value for value, names in others.items() for word in names.split("|")}
    values.pop("-", None)
    values = {unicodedata.normalize("NFC", word): value for word, value in values.items()}
    longest_first = sorted(values, key=len, reverse=True)
    pattern = re.compile("|".join(longest_first))
    return _Language(
        values, pattern, name in _UNITS_FIRST, _TWENTIES.get(name, frozenset()), name == "sw", len(longest_first[0])
    )


_UNITS_FIRST = frozenset(("de", "nl", "af", "da", "ar", "sl", "cs", "sk"))
_TWENTIES = {"fr": frozenset((60, 80)), **dict.fromkeys(("ka", "eu"), frozenset((20, 40, 60, 80)))}
_LANGUAGES = [_language(name) for name in _TABLES]


def _beginnings(language: _Language) -> Iterator[str]:
    """The first three letters of the words of a language, and of what begins with two short ones: "enogtyve"."""
    words = [word for word, value in language.values.items() if value]
    yield from (word[:3] for word in words)
    if language.is_units_first or language.twenties:
        yield from {short + word[0] for short in words if len(short) == 2 for word in language.values}


_BEGINNINGS = BEGINNINGS.union(
    HALF_BEGINNINGS,
    ZEROS,
    (word[:3] for word in (*_TWO_THIRDS, *_LONE_PARTS.split())),
    (beginning for language in _LANGUAGES for beginning in _beginnings(language)),
)


def _by_beginning() -> dict[str, list[_Language]]:
    """The languages in which a number word begins with these two letters."""
    found: dict[str, list[_Language]] = {}
    for language in _LANGUAGES:
        for beginning in {word[:2] for word, value in language.values.items() if value}:
            found.setdefault(beginning, []).append(language)
    return found


_BY_BEGINNING = _by_beginning()


def may_begin(word: str) -> bool:
    """Whether a word can be the first of a number; most words cannot, and need no closer look.

    >>> may_begin("achtzehn"), may_begin("Spiel")
    (True, False)
    """
    if word[:1] in _HEBREW_PREFIXES and word[1:4] in _BEGINNINGS:
        return True
    return word[:3].lower() in _BEGINNINGS or (word > "\u2fff" and word[:2] in _BEGINNINGS)


_FRENCH = [
    (re.compile(r"\bquatre[- ]vingts?\b"), "quatrevingt"),
    (re.compile(r"\bdix-(?=sept|huit|neuf)"), "dix"),
]


def cardinal(text: str) -> int | Fraction | None:
    """The value of a number in words of one of these languages, None for anything else.

    >>> cardinal("achtzehn"), cardinal("quatre-vingt-dix"), cardinal("три четверти"), cardinal("achtzig elf")
    (18, 90, Fraction(3, 4), None)
    """
    if len(text) > MAX_CHARS:
        return None
    text = " ".join(unicodedata.normalize("NFC", text).lower().translate(_APOSTROPHES).split())
    if (value := singly(text)) is not None:
        return value
    if (part := part_said(text, cardinal)) is not None:
        return part
    if (half := and_a_half(text, cardinal)) is not None:
        return half
    if (mixed := and_a_part(text, cardinal)) is not None:
        return mixed
    if text in _TWO_THIRDS:
        return Fraction(2, 3)
    if (share := _PART.fullmatch(text)) and share.lastgroup:
        count = cardinal(share[1]) if share[1] else 1
        return Fraction(count, int(share.lastgroup[1:])) if isinstance(count, int) else None
    for pattern, joined in _FRENCH:
        text = pattern.sub(joined, text)
    value = _in_one_language(text.replace(" ", "").replace("-", ""))
    if value is None and (minus := _MINUS.match(text)):  # behind whole numbers: Azerbaijani for a thousand is "min"
        value = cardinal(text[minus.end() :])
        return None if value is None or value < 0 else -value
    return part_of(text, cardinal) if value is None and " " in text else value


def _in_one_language(letters: str) -> int | None:
    """A whole number whose words are run together, in the first language that has it."""
    for start in (0, 1) if letters[:1] in _HEBREW_PREFIXES else (0,):
        for language in (
            *_BY_BEGINNING.get(letters[start : start + 2], ()),
            *_BY_BEGINNING.get(letters[start : start + 1], ()),
        ):
            if (value := _whole(letters[start:], language)) is not None:
                return value
    return None


_HEBREW_PREFIXES = frozenset("\u05d5\u05e9\u05d4\u05d1\u05dc\u05db\u05de")
"""And, that, the, in, to, as and from are written as one word with what follows."""


def _whole(letters: str, language: _Language) -> int | None:
    """A whole number in one language, its words run together."""
    words = _words(letters, language)
    values = [language.values[word] for word in words]
    if not values or not values[0] or not values[-1] or (values[0] == 100 and words[0] in _ONLY_TIMES):
        return None
    if language.is_scale_first:
        values = _scales_last(values)
    total, last_scale, group, previous = 0, 10**9, 0, 1
    for value in values:
        if value >= 1000:
            if value >= last_scale:
                return None
            total, last_scale, group = total + (group or 1) * value, value, 0
        else:
            joined = _joined(group, value, language, is_behind_joint=not previous)
            if joined is None:
                return None
            group = joined
        previous = value
    return total + group or None


_ONLY_TIMES = frozenset(("sta", "set", "stě"))
"""Czech for hundreds, behind their number only: "set" is seven in Catalan."""


def _words(letters: str, language: _Language) -> list[str]:
    """Letters cut into the words of a language, longer ones first; empty where they cannot be."""
    words = language.word.findall(letters)
    if "".join(words) == letters:
        return words
    if not words or not letters.startswith(words[0][:-1]):
        return []
    # The longest word may be one too long: "cent six" begins like "cents".
    rest_of: dict[int, list[str]] = {len(letters): []}
    for start in range(len(letters) - 1, -1, -1):
        for end in range(min(len(letters), start + language.longest), start, -1):
            if end in rest_of and letters[start:end] in language.values:
                rest_of[start] = [letters[start:end], *rest_of[end]]
                break
    return rest_of.get(0, [])


def _scales_last(values: list[int]) -> list[int]:
    """The order of other languages, where Swahili says "hundreds two": a count behind its scale goes before it.

    >>> _scales_last([1000, 1, 100, 2, 30, 0, 4]), _scales_last([100, 0, 5])
    ([1, 1000, 2, 100, 30, 0, 4], [100, 0, 5])
    """
    ordered: list[int] = []
    for value in values:
        is_count = 1 <= value <= 9 and ordered[-1:] in ([100], [1000])
        ordered.insert(len(ordered) - is_count, value)
    return ordered


def _joined(group: int, value: int, language: _Language, *, is_behind_joint: bool) -> int | None:
    """A group below a thousand with one more word behind it; None where no language says so."""
    rest = group % 100
    if value == 0 or group == 0:
        return group + value
    if value == 100:
        return group * 100 if group < 10 else None
    if value > 100:
        return None
    if rest == 0 or (rest >= 20 and rest % 10 == 0 and value < 10) or (rest == 10 and value < 10):
        return group + value
    if rest in language.twenties and 10 <= value < 20:  # soixante-dix, quatre-vingt-onze
        return group + value
    is_inverted = language.is_units_first and is_behind_joint and 0 < rest < 10
    return group + value if is_inverted and 20 <= value < 100 else None
