# ruff: noqa: RUF001  (words in other scripts)
"""The time of day that a sentence says in words: "um halb drei nachmittags" is 14:30. Standard library only.

It is looked for only where the right answer is a time of day, so that a half stays a half elsewhere. What part of the
day is meant is taken from the words around it; without any, the hour counts as it is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from rewards.math.cardinals import cardinal
from rewards.math.clock_words import DAY_PARTS, WESTERN_CLOCKS, Clock
from rewards.math.clock_words_further import FURTHER_CLOCKS
from rewards.math.counting_singly import singly
from rewards.math.spelled import spelled_number

_MOST_CHARS = 300


class Said(NamedTuple):
    """A time of day and where a text says it; the time in the form `14:30`."""

    time: str
    start: int
    end: int


class _Phrase(NamedTuple):
    pattern: re.Pattern[str]
    hours: tuple[re.Pattern[str], ...]
    added: int
    sign: int
    shift: int


_MINUTES = r"(?P<minute>\d{1,2}|[^\W\d_]{2,20}(?:[ -][^\W\d_]{2,14}(?: [^\W\d_]{2,14})??)??)"


def _phrases(clock: Clock) -> Iterator[_Phrase]:
    hours = tuple(re.compile(f"(?:{words})\\Z") for words in clock.hours.split())
    words = "|".join(f"(?:{variants})" for variants in reversed(clock.hours.split()))
    hour = rf"(?P<hour>(?<![\d.:,])\d{{1,2}}(?![.:,]?\d)|{words})"
    for phrase, added, sign in clock.phrases:
        pattern = re.sub(r"\bM\b", lambda _: _MINUTES, re.sub(r"(?<![A-Z])H", lambda _: hour, phrase, count=1))
        yield _Phrase(re.compile(rf"(?<![^\W_])(?:{pattern})(?:kor)?(?![^\W_])"), hours, added, sign, clock.shift)


@lru_cache(maxsize=1)
def _all_phrases() -> tuple[_Phrase, ...]:
    """Compiled when the first gold answer is a time: most runs have none."""
    return tuple(phrase for clock in (WESTERN_CLOCKS | FURTHER_CLOCKS).values() for phrase in _phrases(clock))


def said_time(line: str) -> Said | None:
    """The last time of day that a line says in words; None where it says none.

    >>> said_time("Der Zug kommt nachmittags um halb drei an.").time, said_time("Het is kwart over vier.").time
    ('14:30', '04:15')
    >>> said_time("Er hat drei Äpfel.") is None
    True
    """
    line = unicodedata.normalize("NFC", line[-_MOST_CHARS:])
    lowered = line.lower()
    if len(lowered) != len(line):
        return None
    found = [*_in_spaced_words(lowered), *_in_indic(lowered), *_in_thai(lowered), *_in_han(lowered)]
    found += _in_korean(lowered)
    found = found or list(_by_name(lowered))
    return max(found, key=lambda said: (said.end, -said.start)) if found else None


def _in_spaced_words(line: str) -> Iterator[Said]:
    for phrase in _all_phrases():
        for match in phrase.pattern.finditer(line):
            groups = match.groupdict()
            hour = _hour(groups.get("hour"), phrase.hours)
            minutes = _minutes(groups.get("minute")) if phrase.sign else 0
            if hour is None or minutes is None:
                continue
            if phrase.shift:
                hour = (hour + phrase.shift - 1) % 12 + 1
            part = _named_part(groups.get("hour") or "") or _day_part(line, match.start(), match.end())
            is_bare = not phrase.added and not phrase.sign
            if is_bare and not part and "h" not in match[0] and "u" not in match[0]:
                continue
            yield from _said(hour, phrase.added + phrase.sign * minutes, part, match.start(), match.end())


_NAMED_PARTS = {
    "am": "mezzanotte|minuit|medianoche|meia[- ]noite|mitjanit|mitternacht|middernacht|midnatt|midnat"
    "|keskiyö\\w*|kesköö\\w*"
    "|północ[ąy]?|půlnoc[ei]?|polnoc[ei]?|ponoć[iu]?|поноћ|полночь|полуночи|опівночі|північ|полунощ|полноќ"
    "|éjfél\\w*|gece yarısı\\w*"
    "|miezul nopții|μεσάνυχτα|midnight|午夜|子夜|자정|منتصف الليل|نصف شب|نیمه شب|חצות|आधी रात|nửa đêm|tengah"
    " malam|usiku wa manane"
    "|hatinggabi|pusnakt\\w*|vidurnakt\\w*|miðnætti\\w*",
    "noon": "mezzogiorno|mezzodì|midi|mediodía|meio[- ]dia|mediodia|migdia|południ[eau]|poledne|poludnie|podne"
    "|подне|полдень|опівдні"
    "|полудень|пладне|öğle vakti|amiază|noon|正午|정오|kešpäivä\\w*|keskipäivällä|hádegi|vidurdien\\w*|pusdien\\w*",
}
_BY_NAME = {
    name: re.compile(rf"(?<![^\W_])(?<!-)(?<!po )(?<!przed )(?:{words})(?![^\W_])")
    for name, words in _NAMED_PARTS.items()
}
"""Noon and midnight, which are hours by themselves."""


def _named_part(hour: str) -> str:
    return next((name for name, words in _BY_NAME.items() if words.fullmatch(hour)), "")


def _by_name(line: str) -> Iterator[Said]:
    for name, words in _BY_NAME.items():
        for match in words.finditer(line):
            yield from _said(12, 0, name, *match.span())


def _hour(text: str | None, hours: tuple[re.Pattern[str], ...]) -> int | None:
    if text is None:
        return 12
    if text.isdecimal():
        return int(text) if int(text) <= 24 else None
    return next((number for number, words in enumerate(hours, start=1) if words.match(text)), None)


def _minutes(text: str | None) -> int | None:
    """The number of minutes that words end with: another word may stand in front of them."""
    words = (text or "").replace("oh-", "").split()
    for first in range(len(words)):
        rest = " ".join(words[first:])
        value = int(rest) if rest.isdecimal() else spelled_number(rest)
        value = cardinal(rest) if value is None else value
        if isinstance(value, int) and 0 < value < 60:
            return value
    return None


_DAY_PARTS = {
    name: re.compile(rf"(?<![A-Za-zÀ-ɏͰ-ӿ])(?:{words})(?![A-Za-zÀ-ɏͰ-ӿ])") for name, words in DAY_PARTS.items()
}
_BEHIND, _BEFORE = 24, 40
_SENTENCE = re.compile(r"[.!?;](?=\s)|[。।؟\n]")


def _day_part(line: str, start: int, end: int) -> str:
    """The part of the day that stands behind a time, else the one in front of it; empty where none does."""
    behind = _SENTENCE.split(line[end : end + _BEHIND])[0]
    before = _SENTENCE.split(line[max(0, start - _BEFORE) : start])[-1]
    for text, choose in ((behind, min), (before, max)):
        found = [(match.start(), name) for name, words in _DAY_PARTS.items() for match in words.finditer(text)]
        if found:
            return choose(found)[1]
    return ""


def _said(hour: int, minutes: int, part: str, start: int, end: int) -> Iterator[Said]:
    """The hour, put into its part of the day, and then the minutes: a quarter to one in the afternoon is 12:45."""
    total = 60 * hour + minutes
    if part and hour <= 12:
        total %= 720
        half_day = total // 60
        is_late = part == "pm" or (part == "night" and half_day >= 5) or (part == "noon" and half_day <= 5)
        total += 720 * is_late
        if part == "pm" and half_day == 0 and hour != 12 and minutes >= 0:
            return
    total %= 1440
    yield Said(f"{total // 60:02}:{total % 60:02}", start, end)


_INDIC = re.compile(
    r"(?P<words>[\u0900-\u0dff\u0600-\u06ff]+(?:\s[\u0900-\u0dff\u0600-\u06ff]+)?|\d{1,2})\s?"
    r"(?:बजे|बजकर|वाजता|वाजले|বাজে|টায়|টায়|টার|টা(?!\w)|বাজবে|વાગ્યે|વાગે|ਵਜੇ|بجے|மணி\w*|గంట\w*"
    r"|ಗಂಟೆ\w*|മണി\w*)"
)


def _in_indic(line: str) -> Iterator[Said]:
    """`साढ़े तीन बजे`: the hour and its half or quarter are one number there."""
    for match in _INDIC.finditer(line):
        words = match["words"].split()
        for count in range(len(words), 0, -1):
            text = " ".join(words[-count:])
            value = int(text) if text.isdecimal() else singly(text)
            if isinstance(value, int | Fraction) and 0 < value < 25 and (value * 60).denominator == 1:
                minutes, start = int(value * 60), match.start() + match["words"].rindex(text)
                hour = max(1, minutes // 60)
                part = _day_part(line, start, match.end())
                yield from _said(hour, minutes - 60 * hour, part, start, match.end())
                break


_THAI_DIGITS = "หนึ่ง|เอ็ด|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ"
_THAI_NUMBER = rf"(?:(?:{_THAI_DIGITS}|ยี่)+|\d{{1,2}})"
_THAI_MINUTES = rf"(?:(?P<half>ครึ่ง)|\s?(?P<minute>{_THAI_NUMBER})\s?นาที)?"
_THAI_HOURS = [
    (re.compile(pattern.replace("N", rf"(?P<number>{_THAI_NUMBER})") + _THAI_MINUTES), added)
    for pattern, added in (
        ("เที่ยง(?!คืน)", 12),
        ("เที่ยงคืน", 24),
        ("ตีN", 0),
        (r"(?:N)?\s?ทุ่ม", 18),
        (r"บ่าย(?:N)?\s?โมง(?:เย็น)?", 12),
        (r"(?<!บ่าย)N\s?โมงเย็น", 12),
        (r"(?<!บ่าย)N\s?โมง(?:เช้า)?(?!เย็น)", 0),
        (r"N\s?นาฬิกา", 0),
    )
]
"""How Thai names an hour (N), and what is added to it: the afternoon is counted from one, the night from seven."""


def _in_thai(line: str) -> Iterator[Said]:
    for pattern, added in _THAI_HOURS:
        for match in pattern.finditer(line):
            said = match.groupdict()
            counted = said.get("number")
            number = _thai(counted) if counted else 1 if "บ่าย" in match[0] or "ทุ่ม" in match[0] else 0
            minute = 30 if said["half"] else _thai(said["minute"]) if said["minute"] else 0
            if number is not None and minute is not None:
                yield from _said((number + added) % 24 or 24, minute, "", *match.span())


def _thai(text: str) -> int | None:
    value = int(text) if text.isdecimal() else cardinal(text)
    return value if isinstance(value, int) and value < 60 else None


_HAN_NUMBER = r"(?:[一二三四五六七八九十两兩]{1,3}|\d{1,2})"
_HAN = re.compile(
    rf"(?:(?P<short>差(?:一刻|{_HAN_NUMBER}分?)钟?鐘?(?:到)?))?(?P<hour>{_HAN_NUMBER})\s?[点點時时](?:[钟鐘])?"
    rf"(?:(?P<half>半)|(?P<quarters>[一三])刻|零?〇?(?P<minute>{_HAN_NUMBER})\s?分?(?P<before>前)?"
    rf"|差(?P<less>一刻|{_HAN_NUMBER}分)|整)?"
)


def _in_han(line: str) -> Iterator[Said]:
    """`下午三點一刻`, `差一刻四点`, `午後3時15分前`; a bare `三点` may be three points."""
    for match in _HAN.finditer(line):
        hour, minute = _han(match["hour"]), 0
        less = match["short"] or match["less"]
        if match["half"]:
            minute = 30
        elif match["quarters"]:
            minute = 15 * (_han(match["quarters"]) or 0)
        elif match["minute"]:
            minute = (_han(match["minute"]) or 0) * (-1 if match["before"] else 1)
        if less:
            minute = -(15 if "刻" in less else _han(less.strip("差分钟鐘到")) or 0)
        part = _day_part(line, match.start(), match.start())
        if hour is not None and hour <= 24 and (minute or part):
            yield from _said(hour, minute, part, *match.span())


def _han(text: str) -> int | None:
    value = int(text) if text.isdecimal() else spelled_number(text)
    return value if isinstance(value, int) else None


_KOREAN_HOURS = ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"]
_KOREAN = re.compile(
    rf"(?P<hour>{'|'.join(reversed(_KOREAN_HOURS))}|\d{{1,2}})\s?시(?![간작])(?:\s?(?:(?P<half>반)"
    r"|(?P<minute>[일이삼사오육칠팔구십]{1,4}|\d{1,2})\s?분(?P<before>\s?전)?))?"
)


def _in_korean(line: str) -> Iterator[Said]:
    for match in _KOREAN.finditer(line):
        hour = int(match["hour"]) if match["hour"].isdecimal() else _KOREAN_HOURS.index(match["hour"]) + 1
        minute = 30 if match["half"] else _minutes(match["minute"]) or 0
        part = _day_part(line, match.start(), match.start())
        if hour <= 24 and (minute or part):
            yield from _said(hour, -minute if match["before"] else minute, part, *match.span())
