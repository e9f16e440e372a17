# ruff: noqa: RUF001  (number words in other scripts)
"""The numbers of a sentence, with what belongs to them: grouping, scale, sign and unit. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from rewards.math.cardinals import cardinal, may_begin
from rewards.math.folding import fold, vocabulary
from rewards.math.halves import counted, may_have_half, with_halves
from rewards.math.introduced import STATES
from rewards.math.spelled import ENGLISH_NUMBERS, SCALE_WORDS, spelled_number
from rewards.math.units import CURRENCY_CODE, measure

_GROUPED = r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?(?![\d.,]*\d)|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}(?![\d.,]*\d)"
_DIGITS = rf"(?:{_GROUPED}|\d[\d,]*(?:\.\d+)?)"
_MIXED = r"\d{1,3}\s{1,2}\d{1,3}\s?/\s?\d{1,3}(?!\d)"
_CODE = rf"(?:(?<![A-Za-z]){CURRENCY_CODE}(?=\d))?"
NUMBER = re.compile(
    rf"(?<![\w%])%\s?\d+(?:[.,]\d+)?|(?<![\w.)\]}}^{{])(?<!\d,){_CODE}[-+]?(?:{_MIXED}|(?:{_DIGITS}|\.\d+)(?:\s?/\s?\d+)?)\s?%?"
    rf"|(?<![A-Za-z^{{_\d.,]){_MIXED}"
    rf"|(?<![A-Za-z^{{_\d.,]){_DIGITS}\s?%?",
    re.ASCII,
)
"""A number in folded text."""
_MAY_BEGIN = re.compile(rf"[-+%.0-9]|(?<![A-Za-z]){CURRENCY_CODE}(?=\d)")
_MINUS = re.compile(
    r"(?:(?:^|[:=\u2014\u2013(]|\b(?:is|es|est|\u00e9|\u00e8|ist|lautet|be|\u0440\u0430\u0432\u043d\w+|\u00e4r"
    r"|er|to|\u044d\u0442\u043e|was|equals))\s*"
    r"(?:minus|negative|moins|menos|meno|минус|мінус|mínusz|eksi)"
    r"|(?<=[^\W\d_][^\W\d_][^\W\d_]\s)(?:minus|moins|menos|meno|минус|мінус|mínusz|eksi|miinus|mínus|μείον)|\bd[ei]\s(?:menos|moins|meno)|零下|氷点下|영하"
    r"|[\u8d1f\u8ca0]|\u30de\u30a4\u30ca\u30b9|\ub9c8\uc774\ub108\uc2a4|منفی|سالب|ऋण|माइनस|\bâm)\s*$",
    re.IGNORECASE,
)
_MINUS_MONEY = re.compile(r"(?:^|(?<![\w)\]}])\s|[(=:])-\s?\$$|(?<=[a-z]\s)-\$$")
"""The sign of `-$15`."""
_WORD_BEHIND = re.compile(r"\s?((?:[^\W\d_]|[\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e])+)")
_UNIT_BEHIND = re.compile(
    r"\s?((?:[^\W\d_]|[\u0900-\u0963\u0971-\u0dff\u0e31-\u0e4e])+(?:/[^\W\d_]+)?(?:\^\{?[23]\}?)?)"
)
_RATE_BEHIND = re.compile(r"\sper\s([a-z]{1,12})\b")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7a3]")
_PLACE_BEHIND = re.compile(
    r"(?:[\u4e07\u842c\u4ebf\u5104\ub9cc\uc5b5](?:\s?\d{1,4}[\u5343\ucc9c\u767e\ubc31]?(?!\d))?)+|[\u5343\ucc9c]"
)
_PLACE_BEFORE = re.compile(r"\d[\u4e07\u842c\u4ebf\u5104\ub9cc\uc5b5]\s?$")
_ROOT_BEFORE = re.compile(r"\\sqrt\s*(?:\[\d\]|\{)?\s*$|\\(?:log(?:_\{?\w{1,3}\}?)?|ln|exp|sin|cos|tan)\s*[({]?\s*$")
_ROOT_BEHIND = re.compile(r"\s?(?:\\sqrt|\\pi|\u03c0|\\frac|\u2030|!(?:\)|!|\s[a-z]))|\^(?!\\circ)")
_NO_UNITS = frozenset(("in", "an", "as", "dia", "ago"))


def numbers(text: str) -> list[re.Match[str]]:
    """The numbers of folded text in order; `2\u4e075\u5343` is one.

    >>> [match[0].strip(", ") for match in numbers("2, then 3.5 and 2\u4e075\u5343")]
    ['2', '3.5', '2']
    """
    found, end = [], 0
    for candidate in _MAY_BEGIN.finditer(text):  # the pattern itself would try all its parts at every character
        if candidate.start() >= end and (match := NUMBER.match(text, candidate.start())) is not None:
            end = match.end()
            if not _PLACE_BEFORE.search(text, max(0, match.start() - 3), match.start()):
                found.append(match)
    return found


def in_formula(text: str, match: re.Match[str]) -> bool:
    """Whether a number of folded text is a part of a root or of a multiple of one or of pi.

    >>> text = "It is 2\u03c0."
    >>> in_formula(text, numbers(text)[0])
    True
    """
    return bool(_ROOT_BEHIND.match(text, match.end()) or _ROOT_BEFORE.search(text[: match.start()][-12:]))


def number_text(text: str, match: re.Match[str], *, with_unit: bool = False) -> str:
    """A number of folded text as it reads: `minus 5` as -5, `2.5 million` with its scale, `5 m` with its unit if asked.

    >>> text = "It is minus 2.5 million m."
    >>> number_text(text, NUMBER.search(text), with_unit=True)
    '-2.5 million m'
    """
    number, end = match[0].strip().rstrip(","), match.end()
    before = text[max(0, match.start() - 20) : match.start()]
    if number[:1] not in "-+" and (_MINUS.search(before) or _MINUS_MONEY.search(before)):
        number = f"-{number}"
    if (place := _PLACE_BEHIND.match(text, end)) is not None:
        return number + place[0]
    if (
        (word := _WORD_BEHIND.match(text, end)) is not None
        and unicodedata.normalize("NFC", word[1].lower()) in SCALE_WORDS
        and (len(word[1]) > 1 or word[0] == "k")  # 70k
    ):
        number, end = f"{number} {word[1]}", word.end()
    if with_unit and (unit := _UNIT_BEHIND.match(text, end)) is not None:
        known = _known_unit(unit[1])
        rate = _RATE_BEHIND.match(text, unit.end()) if known else None
        known = f"{known} per {rate[1]}" if rate and measure(f"{known} per {rate[1]}") is not None else known
        number = f"{number} {known}" if known else number
    if with_unit and before.endswith("$") and number[-1:].isdecimal():
        return f"{number} dollars"
    return number


_SCIENTIFIC = re.compile(
    r"(?<![\w.,)])[-+]?\d{1,20}(?:\.\d{1,20})?\s?(?:\u00d7|\\times|\\cdot|\u00b7|\*|x)\s{0,2}10\s?\^\s?[{(]?[-+]?\d{1,4}[})]?"
)


def scientific(text: str, position: int) -> str:
    """The number in scientific notation that ends a folded text and holds a position; empty where there is none.

    >>> scientific("There are 6 \u00d7 10^23 of them.", 14), scientific("It is 3^5.", 6)
    ('6 \u00d7 10^23', '')
    """
    found = list(_SCIENTIFIC.finditer(text[-200:])) if "10" in text[-200:] else []
    start = max(0, len(text) - 200)
    return found[-1][0] if found and start + found[-1].start() <= position < start + found[-1].end() else ""


_MIXED_MEASURE = re.compile(
    r"(?<![\w.,])\d{1,6}\s?([a-z]{1,9})(?:,\s?|\s)(?:and\s)?(\d{1,6}\s?([a-z]{1,9}))[.\s]*$", re.IGNORECASE
)


def mixed_measure_in(text: str) -> str:
    """The measure in two units that ends a folded text; empty where there is none.

    >>> mixed_measure_in("It takes 2 hours and 30 minutes."), mixed_measure_in("3 cats and 2 dogs")
    ('2 hours and 30 minutes', '')
    """
    match = _MIXED_MEASURE.search(text[-60:])
    if match is None:
        return ""
    one, other = measure(match[1]), measure(match[3])
    alike = one is not None and other is not None and one.dimensions == other.dimensions and one.factor > other.factor
    return match[0].rstrip(". ") if alike else ""


def _known_unit(word: str) -> str:
    """The unit that a word is, or begins with where its script has no spaces; empty where it is none."""
    shortest = 0 if _UNSPACED.match(word) else len(word) - 1
    longest = min(len(word), 12) if shortest == 0 else len(word)
    prefixes = (word[:end] for end in range(longest, shortest, -1))
    return next((unit for unit in prefixes if unit.lower() not in _NO_UNITS and measure(unit) is not None), "")


_WORD = re.compile(
    r"(?:[^\W\d_]|[\u064b-\u0652\u0900-\u0963\u0971-\u0dff])+(?:['\u2019-][^\W\d_]+)*"
)  # vowel signs of Indic and Arabic script are no letters to a regular expression
_HAN = re.compile(
    "[\u8d1f\u8ca0]?[\u96f6\u3007\u4e00\u4e8c\u4e24\u5169\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u4e07\u842c\u4ebf\u5104"
    "\u58f9\u8d30\u53c1\u8086\u4f0d\u9646\u67d2\u634c\u7396\u62fe\u4f70\u4edf\u5206\u4e4b\u306e]{2,20}(?:[\u70b9\u9ede][\u96f6\u3007\u4e00-\u4e5d\u4e8c\u4e09\u56db\u4e94\u516d\u516b]{1,6})?|[百千](?=[円元圓])"
)
_THAI = re.compile("(?:หนึ่ง|เอ็ด|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|ยี่|สิบ|ร้อย|พัน)+")  # no spaces between words
_KOREAN = re.compile(
    "(?<![가-힣])(?=[일이삼사오육칠팔구]?[십백천만])[일이삼사오육칠팔구십백천만억]{2,16}"
    "|(?<![가-힣])(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)(?:하나|한|둘|두|셋|세|넷|네|다섯|여섯|일곱|여덟|아홉)"
    "|(?<![가-힣])(?:다섯|여섯|일곱|여덟|아홉)"
)
_LONGEST = 6
_EVERYDAY = frozenset(("siete", "sette", "million", "бес", "тав"))
"""Words that mean something else as well; French "et" is Danish for one, so that "et demie" is another."""
_MINUS_WORDS = vocabulary("minus moins menos meno минус мінус eksi mínusz mínus miinus μείον מינוס سالب منفی ऋण माइनस")
_VERB_BEHIND = re.compile(r"(?<=...)[dt][ıiuü]r$")
_SHORT = vocabulary(
    "four five nine drei vier fünf acht neun zehn tres seis ocho diez doce sept huit neuf onze otto nove sete "
    "oito dez "
    "fyra fire fem åtta åtte nio tolv üç dört beş altı pięć sześć pět šest pět lima enam tano nane lăm tám chín "
    "négy öt"
)
"""Words of fewer than five Latin letters that mean a number and nothing else; other scripts need fewer letters."""
_LAST_SENTENCE = re.compile(r"(?:[.!?](?=\s)|[\u3002\u0964\uff01\uff1f\u06d4\u061f\n])\s*(?=\S)")


_LAST_DIGIT = re.compile(r".*\d", re.DOTALL)


def with_digits(text: str) -> str:
    """A text with the number words of its last sentence as digits; everyday words stay words.

    Where the sentence has digits, only what stands behind them and has a half counts: a whole number there may be one
    in passing ("18 for the four of them").

    >>> with_digits("Somit ist die Antwort achtzehn."), with_digits("So she has twenty-five dollars, one each.")
    ('Somit ist die Antwort 18.', 'So she has 25 dollars, one each.')
    """
    start = max(0, len(text) - 300)
    start = max((mark.end() for mark in _LAST_SENTENCE.finditer(text.rstrip(), start)), default=start)
    line = text[start:]
    last = _LAST_DIGIT.match(line)
    digits = last.end() if last else 0
    start, line = start + digits, line[digits:]
    if not line.isascii():
        line = _HAN_HALF.sub(_han_digits, _HAN_PARTS.sub(_han_digits, line))
        if not digits:
            line = _KOREAN.sub(_korean_digits, _THAI.sub(_thai_digits, _HAN.sub(_han_digits, line)))
    has_half = may_have_half(line)
    if has_half:
        line = counted(line, cardinal)
    words = list(_WORD.finditer(line)) if not digits or has_half else []
    parts, done, index = [text[:start]], 0, 0
    while index < len(words):
        length, value = _run(line, words[index : index + _LONGEST], words[index - 1][0] if index else "")
        if length and (not digits or _AND_A_HALF.fullmatch(value)):
            last = words[index + length - 1].end()
            parts += [line[done : words[index].start()], value]
            done = last
        else:
            length = 0
        index += length or 1
    return "".join(parts) + line[done:]


def _korean_digits(run: re.Match[str]) -> str:
    """The longest beginning of a run that is a number, as digits: its last syllable may be a part of the verb."""
    for end in range(len(run[0]), 1, -1):
        value = spelled_number(run[0][:end])
        value = cardinal(run[0][:end]) if value is None else value
        if isinstance(value, int) and run[0][:end] not in ("만일", "천만", "백만장"):
            return f"{value}{run[0][end:]}"
    return run[0]


def _thai_digits(run: re.Match[str]) -> str:
    value = cardinal(run[0]) if len(run[0]) > 3 else None
    return run[0] if not isinstance(value, int) or value < 3 else str(value)


_AND_A_HALF = re.compile(r"(?!1/)\d+/2")
_NUMERALS = "〇零一二两兩三四五六七八九十百千万萬億亿"
_HAN_HALF = re.compile(
    "(?<![第〇零一二两兩三四五六七八九十])[一二两兩三四五六七八九十]{1,3}"
    "(?=(?:[个個]|年|天|小[时時]|時間|分[钟鐘間]|公里|公斤|[公平]?[升斤米尺]|元|[块塊]|倍|[個个か]月|週間|キロ|メートル)半)"
)
_HAN_PARTS = re.compile(
    f"(?<![{_NUMERALS}])[{_NUMERALS}]{{1,12}}(?:分[之の][{_NUMERALS}]{{1,12}}(?:[点點][{_NUMERALS}]{{1,6}})?"
    f"|[点點][零〇一二三四五六七八九]{{1,6}}(?![{_NUMERALS}分刻半]))"
)
"""Fractions, percentages and decimals, which are numbers and nothing else; `三点五分` is a time."""


def _han_digits(run: re.Match[str]) -> str:
    value = spelled_number(run[0])
    if value is not None and run[0].startswith("百分"):
        return f"{_decimal(Fraction(value) * 100)}%"
    return run[0] if value is None else str(value)


def _decimal(value: Fraction) -> str:
    """A fraction of a power of ten in digits.

    >>> _decimal(Fraction(25)), _decimal(Fraction(25, 2))
    ('25', '12.5')
    """
    return f"{float(value):.12g}"


def _run(line: str, words: list[re.Match[str]], before: str) -> tuple[int, str]:
    """How many of these words are one number, and that number; as many as can be. `before` is the word in front."""
    first = words[0][0].lower()
    if not may_begin(first) and first not in _MINUS_WORDS and first not in ENGLISH_NUMBERS:
        return 0, ""
    for length in range(len(words), 0, -1):
        text = line[words[0].start() : words[length - 1].end()]
        if "," in text or "." in text or text.lower() in _EVERYDAY or text.lower().startswith("et demi"):
            continue
        if len(text) < (5 if text < "\u0370" else 3) - (text > "\uabff") and text.lower() not in _SHORT:
            continue
        text = _VERB_BEHIND.sub("", text)
        value = spelled_number(text)
        value = cardinal(text) if value is None else value
        if (isinstance(value, int) and abs(value) > 2) or (isinstance(value, Fraction) and (length > 1 or value > 1)):
            return length, str(value)
        if isinstance(value, Fraction) and text > "\u0370" and value.denominator > 2 and before in STATES:
            return length, str(value)  # "the rest is a third", in scripts whose thirds are no ordinals
    return 0, ""


_PART_FIRST = re.compile(r"(?<!\d)(\d{1,4})\s?[分분][의の之]\s?(\d{1,4})(?!\d)")
_HEBREW_HYPHEN = re.compile(r"(?<=[א-ת])[-\u05be](?=\d)")
_EMPHASIZED = re.compile(r"__([^_\n]{0,80}\d[^_\n]{0,80})__")
_LOOSE_SIGN = re.compile(r"(?<![\w)\]}]\s)(?<![\w)\]}])-\s(?=\d{1,3}/\d)|(?<=\w\s)-\s(?=\d{1,3}/\d{1,3}\D*$)")
_AND_A_PART = re.compile(r"(?<=\d)\s?[と又]\s?(?=\d+/\d)")


def folded(text: str) -> str:
    """Text whose numbers can be found by `NUMBER`: folded, its number words as digits where it has no digits."""
    is_ascii = text.isascii()
    text = fold(with_digits(text if is_ascii else _HEBREW_HYPHEN.sub(" ", text)))
    text = with_halves(text)
    if "__" in text:
        text = _EMPHASIZED.sub(r"\1", text)
    if "/" in text and "-" in text:
        text = _LOOSE_SIGN.sub("-", text)
    if not is_ascii and ("分" in text or "분" in text):
        text = _PART_FIRST.sub(r"\2/\1", text)
    return _AND_A_PART.sub(" ", text) if not is_ascii and "/" in text else text
