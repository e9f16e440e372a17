"""Times of day and dates, so that 2:30 PM is 14:30 and 5 March 2024 is 2024-03-05."""

from __future__ import annotations

import re
from typing import NamedTuple


class Moment(NamedTuple):
    """A time (seconds of the day) or a date (year, month, day; year 0 where none is given)."""

    kind: str
    value: tuple[int, ...]


_MONTH_NAMES = (
    "january jan enero ene janvier janv januar gennaio janeiro januari",
    "february feb febrero f\u00e9vrier f\u00e9vr februar febbraio fevereiro februari",
    "march mar marzo mars m\u00e4rz mar\u00e7o maart",
    "april apr abril abr avril avr aprile",
    "may mayo mai maggio maio mei",
    "june jun junio juin juni giugno junho",
    "july jul julio juillet juil juli luglio julho",
    "august aug agosto ago ao\u00fbt augustus",
    "september sep sept septiembre septembre settembre setembro",
    "october oct octubre octobre oktober okt ottobre outubro",
    "november nov noviembre novembre",
    "december dec diciembre d\u00e9cembre d\u00e9c dezember dez dicembre dezembro",
)
_MONTH_NUMBERS = {name: month for month, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})\.?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.|er)?"
_YEAR = r"(?:\s*,|\s+de)?\s*(?P<year>\d{4})"
_DATES = [
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}(?:{_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_WEEKDAY}(?:the\s+)?{_DAY}(?:\s+(?:of|de))?\s+{_MONTH}(?:{_YEAR})?", re.IGNORECASE),
    re.compile(r"(?P<year>\d{4})(?P<sep>[-/])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})"),
    re.compile(
        "(?P<year>\\d{4})\\s?[\u5e74\ub144]\\s?(?P<month>\\d{1,2})\\s?[\u6708\uc6d4]\\s?(?P<day>\\d{1,2})\\s?[\u65e5\uc77c]"
    ),
]
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?\s*(?P<half>[ap])\.?\s?m\.?"
    r"|(?P<hour24>\d{1,2}):(?P<minute24>\d{2})(?::(?P<second24>\d{2}))?",
    re.IGNORECASE,
)
_TEXT = re.compile(r"\\(?:text|mathrm|mbox)\s*\{\s*([^{}]*)\}")
_NAMED = {"noon": 43_200, "12 noon": 43_200, "midnight": 0}
MAX_CHARS = 40


def moment(text: str) -> Moment | None:
    """The time or date that a cleaned answer is, or None. Slashes count behind a year only: 3/4 may be a fraction.

    >>> moment("2:30 PM") == moment("14:30"), moment("March 5, 2024") == moment("2024-03-05"), moment("3/4")
    (True, True, None)
    """
    if text.lower() in _NAMED:
        return Moment("time", (_NAMED[text.lower()],))
    if len(text) > MAX_CHARS or not any(char.isdigit() for char in text):
        return None
    text = _TEXT.sub(r"\1", text)
    if (time := _TIME.fullmatch(text)) is not None:
        return _time(time)
    for pattern in _DATES:
        if (date := pattern.fullmatch(text)) is not None:
            name = date["month"].lower()
            month = int(name) if name.isdigit() else _MONTH_NUMBERS[name]
            day, year = int(date["day"]), int(date["year"] or 0)
            return Moment("date", (year, month, day)) if 1 <= month <= 12 and 1 <= day <= 31 else None
    return None


def _time(match: re.Match[str]) -> Moment | None:
    if match["half"]:
        hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    else:
        hour, minute, second = (int(match[name] or 0) for name in ("hour24", "minute24", "second24"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return Moment("time", (3600 * hour + 60 * minute + second,))
