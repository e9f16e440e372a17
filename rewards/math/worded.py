# ruff: noqa: RUF001  (words in other scripts)
"""The number words of a sentence as digits, in the languages that `cardinals` counts in. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from rewards.math.cardinals import cardinal, may_begin
from rewards.math.folding import vocabulary
from rewards.math.halves import counted, may_have_half
from rewards.math.spelled import ENGLISH_NUMBERS, spelled_number
from rewards.math.stating_words import STATES

_WORD = re.compile(
    r"(?:[^\W\d_]|[\u064b-\u0652\u0900-\u0963\u0971-\u0dff])+(?:['\u2019-][^\W\d_]+)*"
)  # vowel signs of Indic and Arabic script are no letters to a regular expression
_HAN = re.compile(
    "[\u8d1f\u8ca0]?[\u96f6\u3007\u4e00\u4e8c\u4e24\u5169\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343\u4e07\u842c\u4ebf\u5104"
    "\u58f9\u58f1\u8d30\u8cb3\u53c1\u53c3\u8086\u4f0d\u9646\u9678\u67d2\u634c\u7396\u62fe\u4f70\u4edf\u842c\u5206\u4e4b\u306e]{2,20}(?:[\u70b9\u9ede][\u96f6\u3007\u4e00-\u4e5d\u4e8c\u4e09\u56db\u4e94\u516d\u516b]{1,6})?"
    "|[百千](?=[円元圓])"
)
_THAI = re.compile("(?:หนึ่ง|เอ็ด|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|ยี่|สิบ|ร้อย|พัน)+")  # no spaces between words
_KOREAN = re.compile(
    "(?<![가-힣])(?=[일이삼사오육칠팔구]?[십백천만])[일이삼사오육칠팔구십백천만억]{2,16}"
    "|(?<![가-힣])(?:열|스물|서른|마흔|쉰|예순|일흔|여든|아흔)(?:하나|한|둘|두|셋|세|넷|네|다섯|여섯"
    "|일곱|여덟|아홉)"
    "|(?<![가-힣])(?:다섯|여섯|일곱|여덟|아홉)"
)
_LONGEST = 6
_EVERYDAY = frozenset(("siete", "sette", "million", "бес", "тав"))
"""Words that mean something else as well; French "et" is Danish for one, so that "et demie" is another."""
_MINUS_WORDS = vocabulary("minus moins menos meno минус мінус eksi mínusz mínus miinus μείον מינוס سالب منفی ऋण माइनस")
_VERB_BEHIND = re.compile(r"(?<=...)(?:[dt][ıiuü]r|[նը]|ია)$")
_SHORT = vocabulary(
    "four five nine drei vier fünf acht neun zehn tres seis ocho diez doce sept huit neuf onze otto nove sete "
    "oito dez "
    "fyra fire fem åtta åtte nio tolv üç dört beş altı pięć sześć pět šest pět lima enam tano nane "
    "lăm tám chín "
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
        line = unicodedata.normalize("NFC", line)
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
    "(?=(?:[个個]|年|天|小[时時]|時間|分[钟鐘間]|公里|公斤|[公平]?[升斤米尺]|元|[块塊]|倍|[個个か]月"
    "|週間|キロ|メートル)半)"
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
    if not may_begin(first) and first not in _MINUS_WORDS and first.partition("-")[0] not in ENGLISH_NUMBERS:
        return 0, ""
    for length in range(len(words), 0, -1):
        text = line[words[0].start() : words[length - 1].end()]
        if "," in text or "." in text or text.lower() in _EVERYDAY or text.lower().startswith("et demi"):
            continue
        if len(text) < (5 if text < "\u0370" else 3) - (text > "\uabff") and text.lower() not in _SHORT:
            continue
        value = spelled_number(text)
        value = cardinal(text) if value is None else value
        if value is None and (shorter := _VERB_BEHIND.sub("", text)) != text:
            value = cardinal(shorter)
        if (isinstance(value, int) and abs(value) > 2) or (
            isinstance(value, Fraction) and (length > 1 or value > 1 or "-" in text)
        ):
            return length, str(value)
        if isinstance(value, Fraction) and text > "\u0370" and value.denominator > 2 and before in STATES:
            return length, str(value)  # "the rest is a third", in scripts whose thirds are no ordinals
    return 0, ""
