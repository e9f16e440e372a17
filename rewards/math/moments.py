# ruff: noqa: RUF001  (words in other scripts)
"""Times of day and dates, so that 2:30 PM is 14:30, 下午2点半 too, and 5 March 2024 is 2024-03-05."""

from __future__ import annotations

import re
from typing import NamedTuple


class Moment(NamedTuple):
    """A time (seconds of the day) or a date (year, month, day; year 0 where none is given)."""

    kind: str
    value: tuple[int, ...]


_MONTH_NAMES = (
    "january jan enero ene janvier janv januar jänner gennaio janeiro januari января січня stycznia ledna "
    "styczeń leden январь ianuarie ocak "
    "يناير जनवरी জানুয়ারি ιανουαρίου ינואר มกราคม tammikuuta január gener јануара",
    "february feb febrero février févr februar febbraio fevereiro februari февраля лютого lutego února luty "
    "únor февраль februarie şubat "
    "فبراير फरवरी ফেব্রুয়ারি φεβρουαρίου פברואר กุมภาพันธ์ helmikuuta február febrer pebrero",
    "march mar marzo mars märz março maart марта березня marca března marzec březen март martie mart maret مارس "
    "मार्च মার্চ μαρτίου מרץ "
    "มีนาคม maaliskuuta március març marso",
    "april apr abril abr avril avr aprile апреля квітня kwietnia dubna kwiecień duben апрель aprilie nisan "
    "أبريل अप्रैल এপ্রিল απριλίου אפריל "
    "เมษายน huhtikuuta április",
    "may mayo mai maggio maio mei мая травня maja května květen май mayıs مايو मई মে μαΐου מאי พฤษภาคม "
    "toukokuuta május maig maj",
    "june jun junio juin juni giugno junho июня червня czerwca června czerwiec červen июнь iunie haziran يونيو "
    "जून জুন ιουνίου יוני มิถุนายน "
    "kesäkuuta június juny hunyo",
    "july jul julio juillet juil juli luglio julho июля липня lipca července lipiec červenec июль iulie temmuz "
    "يوليو जुलाई জুলাই ιουλίου "
    "יולי กรกฎาคม heinäkuuta július juliol hulyo",
    "august aug agosto ago août augustus augusti августа серпня sierpnia srpna sierpień srpen август ağustos "
    "agustus أغسطس अगस्त আগস্ট "
    "αυγούστου אוגוסט สิงหาคม elokuuta augusztus agost",
    "september sep sept septiembre septembre settembre setembro сентября вересня września wrzesień září "
    "сентябрь septembrie eylül سبتمبر "
    "सितंबर सितम्बर সেপ্টেম্বর σεπτεμβρίου ספטמבר กันยายน syyskuuta szeptember setembre setyembre",
    "october oct octubre octobre oktober okt ottobre outubro октября жовтня października října październik "
    "říjen октябрь octombrie ekim أكتوبر "
    "अक्टूबर অক্টোবর οκτωβρίου אוקטובר ตุลาคม lokakuuta október oktubre",
    "november nov noviembre novembre novembro ноября листопада listopada listopadu listopad ноябрь noiembrie "
    "kasım نوفمبر नवंबर नवम्बर "
    "নভেম্বর νοεμβρίου נובמבר พฤศจิกายน marraskuuta nobyembre",
    "december dec diciembre décembre déc dezember dez dicembre dezembro декабря грудня grudnia prosince "
    "grudzień prosinec декабрь decembrie "
    "aralık desember ديسمبر दिसंबर दिसम्बर ডিসেম্বর δεκεμβρίου דצמבר ธันวาคม joulukuuta desembre disyembre",
)
_MONTH_NUMBERS = {name: month for month, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})(?![^\W\d_])\.?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_DAY = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|\.|er|º|°|-?го|:?e)?"
_YEAR = r"(?:\s*,|\s+del?|\s+năm|\s+tahun)?\s*(?P<year>\d{4})(?!\d)"
_DATES = [
    re.compile(rf"{_WEEKDAY}(?<![^\W\d_]){_MONTH}\s+{_DAY}(?!\d)(?:{_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_WEEKDAY}(?:the\s+)?{_DAY}(?:\s+(?:of|de|d'))?\s*(?:ב)?{_MONTH}(?:{_YEAR})?", re.IGNORECASE),
    re.compile(r"(?<!\d)(?P<year>\d{4})(?P<sep>[-/])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?![\d.]*\d)"),
    re.compile(
        r"(?:(?P<year>\d{4})\s?[年년]\s?)?(?<!\d)(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日号號일]",
    ),
    re.compile(r"(?:ngày\s+)?(?<!\d)(?P<day>\d{1,2})\s+tháng\s+(?P<month>\d{1,2})(?:,?\s+năm\s+(?P<year>\d{4}))?"),
    re.compile(rf"(?P<year>\d{{4}})\.\s+{_MONTH}\s+{_DAY}(?!\d)", re.IGNORECASE),
]
_MORNING = (
    "午前|上午|早上|凌晨|清晨|오전|새벽|아침|de la mañana|du matin|da manhã|di mattina|del mattino|утра|ранку"
    "|rano|sáng|pagi"
    "|صباحا|صباحًا|صباحاً|ص|صبح|सुबह|সকাল|sabah|morgens|vormittags|asubuhi|πμ|π\\.μ"
)
_AFTERNOON = (
    "夜|午後|下午|晚上|傍晚|中午|오후|저녁|de la tarde|de la noche|de l'après-midi|du soir|da tarde|da noite|di "
    "sera|del pomeriggio"
    "|вечера|дня|вечора|дня|po południu|wieczorem|chiều|tối|sore|مساء|مساءً|م|بعدازظهر|بعد از ظهر|عصر|शाम|दोपहर"
    "|বিকাল|বিকেল"
    "|öğleden sonra|akşam|nachmittags|abends|jioni|mchana|μμ|μ\\.μ"
)
_MINUTES = r"(?P<minute{0}>[0-5]\d)"
_TIME = re.compile(
    r"(?<![\d:.,])(?:"
    rf"(?P<hour>\d{{1,2}})(?::{_MINUTES.format('')}(?::(?P<second>\d{{2}}))?)?\s*(?P<half>[ap])\.?\s?m\.?(?![^\W\d_])"
    rf"|(?P<hour_far>\d{{1,2}})(?:(?::|h|\.){_MINUTES.format('_far')}|h)?\s*(?:(?P<am>{_MORNING})|(?P<pm>{_AFTERNOON}))(?!\w)"
    r"|(?:jam|pukul|kl|kl\.|klo|klokken|klockan|godz\.|godzinie|saat|alle|ore|kell|ob)\s"
    rf"(?P<hour_kl>\d{{1,2}})[.:]{_MINUTES.format('_kl')}(?!\d)"
    rf"|(?P<hour24>\d{{1,2}}):{_MINUTES.format('24')}(?::(?P<second24>\d{{2}}))?(?![\d:])"
    rf"|(?P<hour_h>\d{{1,2}})\s?h\s?{_MINUTES.format('_h')}?(?!\w)"
    rf"|(?P<hour_uhr>\d{{1,2}})(?:[.:]{_MINUTES.format('_uhr')})?\s?(?:uhr|น\.?|horas|heures|часов|часа|час|годин[аи]?|ore|uur|giờ|घंटे)(?:\s(?:y\s|e\s|et\s|und\s|и\s)?{_MINUTES.format('_uhr2')})?(?!\w)"
    r")"
    rf"|(?:(?:(?P<am_cjk>{_MORNING})|(?P<pm_cjk>{_AFTERNOON}))\s?)?(?<![\d:.,])(?P<hour_cjk>\d{{1,2}})(?:\s?[時时点點시]\s?"
    r"(?:(?P<minute_cjk>\d{1,2})\s?[分분]?|(?P<half_past>半|반))?[整정]?|:(?P<minute_cjk2>[0-5]\d)(?!\d))",
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
    if (time := _TIME.fullmatch(text)) is not None and _says_so(time):
        return _time(time)
    return next((_date(date) for pattern in _DATES if (date := pattern.fullmatch(text)) is not None), None)


def last_moment(text: str, kind: str) -> str:
    """The last time or date (the kind that is asked for) in a sentence of folded text, empty where there is none.

    >>> last_moment("The train leaves at 14:30 and arrives at 3:30 pm.", "time"), last_moment("on 4 July", "date")
    ('3:30 pm', '4 July')
    """
    tail = text[-300:]
    patterns = [_TIME] if kind == "time" else _DATES
    found = [match for pattern in patterns for match in pattern.finditer(tail) if kind == "date" or _says_so(match)]
    return max(found, key=lambda match: (match.end(), -match.start()))[0].strip(" .") if found else ""


def _says_so(match: re.Match[str]) -> bool:
    """Whether a match of the pattern of times is sure to be one: a bare `5 h` is a duration, `3\u70b9` three points."""
    if match["hour_h"] or match["hour_cjk"]:
        named = ("minute_h", "minute_cjk", "minute_cjk2", "half_past", "am_cjk", "pm_cjk")
        return any(match[name] for name in named)
    return not match["hour_uhr"] or "uhr" in match[0].lower() or bool(match["minute_uhr"] or match["minute_uhr2"])


def _date(match: re.Match[str]) -> Moment | None:
    name = match["month"].lower()
    month = int(name) if name.isdigit() else _MONTH_NUMBERS[name]
    day, year = int(match["day"]), int(match["year"] or 0)
    return Moment("date", (year, month, day)) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _first(match: re.Match[str], *names: str) -> str:
    return next((match[name] for name in names if match[name]), "")


def _time(match: re.Match[str]) -> Moment | None:
    hour = int(_first(match, "hour", "hour_far", "hour24", "hour_h", "hour_uhr", "hour_cjk", "hour_kl"))
    minutes = (
        "minute_kl",
        "minute",
        "minute_far",
        "minute24",
        "minute_h",
        "minute_uhr",
        "minute_uhr2",
        "minute_cjk",
        "minute_cjk2",
    )
    minute = 30 if match["half_past"] else int(_first(match, *minutes) or 0)
    second = int(_first(match, "second", "second24") or 0)
    is_late = (match["half"] or "").lower() == "p" or bool(match["pm"] or match["pm_cjk"])
    if match["half"] and not 1 <= hour <= 12:
        return None
    if is_late or match["half"] or match["am"] or match["am_cjk"]:
        hour = hour % 12 + (12 if is_late else 0) if hour <= 12 else hour
    if hour > 23 or minute > 59 or second > 59:
        return None
    return Moment("time", (3600 * hour + 60 * minute + second,))
