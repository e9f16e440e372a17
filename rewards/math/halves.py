# ruff: noqa: RUF001  (words in other scripts)
"""Numbers with a half: words such as "anderthalb" and "two and a half", and digits with a unit before the half.

Standard library only; linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from rewards.math.folding import vocabulary

_ONE_AND_A_HALF = vocabulary(
    "anderthalb anderthalbe anderthalben anderthalber anderthalbes eineinhalb anderhalf anderhalve "
    "полтора полторы "
    "полутора паўтара паўтары півтора півтори półtora półtorej poolteist pooleteise puolitoista puolentoista"
    " másfél halvannen halvanden "
    "halvannet halvandet "
    "pusantra pusantros pusotra pusotras půldruhé půldruhého poldruha poldruhej poldrugi poldrugo "
    "ενάμισι ενάμισης "
    "ενάμιση μιάμιση"
)
_GREEK_PREFIXES = "δυό τρε τεσ πεν εξί εξή εφτ επτ οχτ οκτ ενν δεκ"
_DRAVIDIAN = (
    ("ஒன்ற இரண்ட மூன்ற நால|நான்க ஐந்த|அஞ்ச ஆற ஏழ எட்ட ஒன்பத பத்த", "ரை", "ேகால்", "ேமுக்கால்"),
    ("ఒకటి|ఒకటు రెండు|రెండ మూడు నాలుగు ఐదు ఆరు ఏడు ఎనిమిది తొమ్మిది పది", "న్నర", "ంపావు", "ంముప్పావు"),
    ("ಒಂದ ಎರಡ ಮೂರ ನಾಲ್ಕ ಐದ ಆರ ಏಳ ಎಂಟ ಒಂಬತ್ತ ಹತ್ತ", "ೂವರೆ", "ೂಕಾಲು", "ೂಮುಕ್ಕಾಲು"),
    ("ഒന്ന രണ്ട മൂന്ന നാല അഞ്ച ആറ ഏഴ എട്ട ഒമ്പത പത്ത", "ര", "േകാൽ|േകാല്", "േമുക്കാൽ|േമുക്കാല്"),
)
"""Stems of the numbers from one to ten, and what a half, a quarter and three quarters make of their end."""
_WITH_PARTS = {
    f"{stem}{ending}": number + Fraction(quarters, 4)
    for stems, *parts in _DRAVIDIAN
    for number, variants in enumerate(stems.split(), start=1)
    for stem in variants.split("|")
    for quarters, endings in zip((2, 1, 3), parts, strict=True)
    for ending in endings.split("|")
}
HALF_BEGINNINGS = frozenset(word[:3] for word in (*_ONE_AND_A_HALF, *_GREEK_PREFIXES.split(), *_WITH_PARTS))
"""How the words for one and a half may begin, and the Greek ones with a half."""
_BEHIND = (
    r"einhalb(?:e[nrs]?)?| и пол| i pół| i pol(?:a|ovin[aeu])?| a půl| a pol| in pol| с половиной| з половиною|\sі пів"
    r"| и половина| и по| y medi[oa]| et demie?| e mezz[oa]| e mei[oa]| e medi[oa]| i mig| i mitja"
    r"| ?en een hal(?:f|ve)| ?[eë]nhal(?:f|ve)|[eë]neenhal(?:f|ve)| 'n half| och en halv| och ett halvt"
    r"| og en halv"
    r"| og et halvt| og et halv| og hálf(?:ur|t|a)?| ja puoli| ja pool| és fél| și jumătate"
    r"| şi jumătate| και μισ[όή]"
    r"| buçuk| yarım| yarim| жарым| su puse| ar pusi| eta erdi| e gjysmë| setengah| na nusu| at kalahati| rưỡi"
    r"|ครึ่ง| ?ونصف| و ?نصف| و ?نیم| וחצי|ნახევარი| და ნახევარი|ուկես| ու կես| և կես| ተኩል"
)
_HALF_BEHIND = re.compile(rf"(.+?)(?:{_BEHIND})")
_GREEK_WHOLES = {
    "δυό": 2,
    "δύο": 2,
    "τρεισή": 3,
    "τρεισι": 3,
    "τριά": 3,
    "τεσσερά": 4,
    "τεσσερισή": 4,
    "πεντέ": 5,
    "εξί": 6,
    "εξή": 6,
    "εφτά": 7,
    "επτά": 7,
    "οχτώ": 8,
    "οκτώ": 8,
    "εννιά": 9,
    "δεκά": 10,
}
_GREEK_HALF = re.compile(rf"({'|'.join(_GREEK_WHOLES)})μισ[ιη]ς?")


def and_a_half(text: str, whole_of: Callable[[str], int | Fraction | None]) -> Fraction | None:
    """The value of number words with a half, None for other words; `whole_of` reads what the half is added to.

    >>> and_a_half("anderhalve", {}.get), and_a_half("dos y medio", {"dos": 2}.get), and_a_half("medio", {}.get)
    (Fraction(3, 2), Fraction(5, 2), None)
    """
    if text in _ONE_AND_A_HALF:
        return Fraction(3, 2)
    if text in _WITH_PARTS:
        return _WITH_PARTS[text]
    if greek := _GREEK_HALF.fullmatch(text):
        return _GREEK_WHOLES[greek[1]] + Fraction(1, 2)
    half = _HALF_BEHIND.fullmatch(text)
    whole = whole_of(half[1].strip()) if half else None
    return whole + Fraction(1, 2) if isinstance(whole, int) and whole > 0 else None


_JOINT = re.compile(
    r"(.+?) (?:y|e|et|und|og|och|i|a|in|ja|és|și|şi|ve|və|na|at|en|con|с|з|и|і|та|και|ו|و|eta|dhe|and|plus|s|sa|un|ir)"
    r" (.+)|(.+?) [וو](\w.*)"
)
"""The last is written as one word with what it joins."""


def and_a_part(text: str, value_of: Callable[[str], int | Fraction | None]) -> Fraction | None:
    """A whole number with a part of one behind it, None for other words: "dos y un cuarto", "due e tre quarti".

    >>> words = {"due": 2, "tre quarti": Fraction(3, 4), "tre": 3}
    >>> and_a_part("due e tre quarti", words.get), and_a_part("due e tre", words.get)
    (Fraction(11, 4), None)
    """
    joint = _JOINT.fullmatch(text)
    if joint is None:
        return None
    part = value_of(joint[2] or joint[4])
    if not isinstance(part, Fraction) or not 0 < part < 1:
        return None
    whole = value_of(joint[1] or joint[3])
    return whole + part if isinstance(whole, int) and whole > 0 else None


_STEMS = HALF_BEGINNINGS - {word[:3] for word in _GREEK_PREFIXES.split()} | vocabulary(
    "med mez mei dem pół pol půl mig mit hal puo poo fél jum μισ buç yar жар pus erd gjy set nus kal "
    "rưỡ ونص نصف نیم "
    "וחצ חצי կես ተኩል пол пів डेढ ढाई साढ दीड अडी साड দেড আড় সাড আড় ڈیڑ ڈھا ساڑ"
)
_INSIDE = ("ன்றரை", "ண்டரை", "லரை", "ంపావు", "న్నర", "ೂವರೆ", "ครึ่ง", "반", "halb", "halve", "μισ", "ნახევარ", "ուկես")


def may_have_half(text: str) -> bool:
    """Whether number words with a half can be in a text; a cheap look.

    >>> may_have_half("anderhalve liter"), may_have_half("apples in all")
    (True, False)
    """
    lowered = text.lower()
    return any(part in lowered for part in _INSIDE) or not _STEMS.isdisjoint(word[:3] for word in lowered.split())


_WORD = r"[^\W\d_]{1,14}"
_BEHIND_A_UNIT = (
    r"et demie?|y medi[oa]|e mezz[oa]|e mei[oa]|e medi[oa]|i mig|i mitja|och en halv|och ett halvt|og en halv"
    r"|og et halvt|ja puoli|ja pool|и половина|с половиной|з половиною|i pół|a půl|a pol|i pol|in "
    r"pol|și jumătate"
    r"|και μισ[όή]|rưỡi|ครึ่ง|ونصف|و نصف|و نیم|וחצי|na nusu|at kalahati|ተኩል|반"
)
_UNSPACED = (
    r"個|个|年|天|日|小时|小時|時間|分钟|分鐘|分間|秒間|公里|千米|公尺|米|公斤|千克|斤|升|公升|元|块|塊"
    r"|倍|個月|个月|か月|ヶ月|週間|周"
    r"|キロ|メートル|リットル|センチ|グラム|杯|시간|개월|년|미터|킬로미터|킬로|킬로그램|리터|배|개"
    r"|ชั่วโมง|ลิตร|เมตร|กิโลเมตร|กิโลกรัม|กิโล|ปี"
)
_DIGITS_UNIT_HALF = re.compile(
    rf"(?<![\d.,])(\d{{1,6}})(?:\s?({_UNSPACED})\s?(?:半|반|ครึ่ง)(?![音分数數径徑島减減])"
    rf"|\s({_WORD})\s?(?:{_BEHIND_A_UNIT})(?!\w))"
    rf"|(?<![\d.,])(\d{{1,6}})\s(?:{_BEHIND_A_UNIT}|buçuk|yarım|жарым|yarim|setengah|és fél)(?=\s{_WORD})",
    re.IGNORECASE,
)
_MEASURE_WORDS = frozenset("個个")
"""Chinese words between a number and what it counts; the unit stands behind the half."""
_HALF_WORDS = re.compile(
    r"半|반|ครึ่ง|demi|medi[oa]|mezz|mei[oa]|mi(?:g|tja)|halv|puoli|pool|половин|pół|půl|pol|jumăt|μισ|rưỡi"
    r"|نصف|نیم|חצי|nusu|kalahati|ተኩል|buçuk|yar[ıi]m|жарым|setengah|fél"
)


_WORDS_UNIT_HALF = re.compile(
    rf"(?<!\w)({_WORD})(?=\s{_WORD}\s?(?:{_BEHIND_A_UNIT})(?!\w))"
    rf"|(?<!\w)(한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?=(?:{_UNSPACED})\s?반)"
    rf"|((?:หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ)+)(?=(?:{_UNSPACED})ครึ่ง)",
    re.IGNORECASE,
)


def counted(text: str, whole_of: Callable[[str], int | Fraction | None]) -> str:
    """A text whose number words before a unit and its half are digits; `whole_of` reads them.

    >>> counted("sono due ore e mezza", {"due": 2}.get), counted("sono due ore", {"due": 2}.get)
    ('sono 2 ore e mezza', 'sono due ore')
    """

    def in_digits(match: re.Match[str]) -> str:
        value = whole_of(match[0].strip().lower())
        return str(value) if isinstance(value, int) else match[0]

    return _WORDS_UNIT_HALF.sub(in_digits, text)


def with_halves(text: str) -> str:
    """A text in which digits with a half behind them, or behind their unit, are decimals.

    >>> with_halves("1時間半です"), with_halves("dura 2 horas y media."), with_halves("11時半")
    ('1.5時間です', 'dura 2.5 horas.', '11時半')
    """
    return _DIGITS_UNIT_HALF.sub(_decimal, text) if _HALF_WORDS.search(text) else text


def _decimal(match: re.Match[str]) -> str:
    if match[4]:
        return f"{match[4]}.5"
    unit = match[2] or f" {match[3]}"
    return f"{match[1]}.5{'' if unit in _MEASURE_WORDS else unit}"
