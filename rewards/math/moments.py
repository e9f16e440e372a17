"""Times of day and dates, so that 2:30 PM is 14:30 and 5 March 2024 is 2024-03-05."""

from __future__ import annotations

import re
from typing import NamedTuple


class Moment(NamedTuple):
    """A time (seconds of the day) or a date (year, month, day; year 0 where none is given)."""

    kind: str
    value: tuple[int, ...]


_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = rf"(?P<month>{'|'.join(f'{month[:3]}(?:{month[3:]})?' for month in _MONTHS if month != 'may')}|may|sept)\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:\s*,)?\s*(?P<year>\d{4})"
_DATES = [
    re.compile(rf"{_MONTH}\s+{_DAY}(?:{_YEAR})?", re.IGNORECASE),
    re.compile(rf"(?:the\s+)?{_DAY}(?:\s+of)?\s+{_MONTH}(?:{_YEAR})?", re.IGNORECASE),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
]
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?\s*(?P<half>[ap])\.?\s?m\.?"
    r"|(?P<hour24>\d{1,2}):(?P<minute24>\d{2})(?::(?P<second24>\d{2}))?",
    re.IGNORECASE,
)
MAX_CHARS = 40


def moment(text: str) -> Moment | None:
    """The time or date that a cleaned answer is, or None. Slashes are left alone: 3/4 may be a fraction or two dates.

    >>> moment("2:30 PM") == moment("14:30"), moment("March 5, 2024") == moment("2024-03-05"), moment("3/4")
    (True, True, None)
    """
    if len(text) > MAX_CHARS or not any(char.isdigit() for char in text):
        return None
    if (time := _TIME.fullmatch(text)) is not None:
        return _time(time)
    for pattern in _DATES:
        if (date := pattern.fullmatch(text)) is not None:
            name = date["month"].lower()
            month = int(name) if name.isdigit() else 1 + [known[:3] for known in _MONTHS].index(name[:3])
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
