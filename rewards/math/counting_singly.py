"""Numbers of the languages of India and Pakistan, most of which have a word of its own for each one below a hundred.

The words of a language stand in order from one on, variants with a bar between them. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from rewards.math.counting_dravidian import FUSED, HUNDREDS, LISTS
from rewards.math.separators import simplest

_HINDI = (
    "एक दो तीन चार पाँच|पांच छह|छः|छ: सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह|पन्द्रह सोलह सत्रह|सतरह अठारह"
    "|अट्ठारह उन्नीस बीस "
    "इक्कीस बाईस|बाइस तेईस|तेइस चौबीस पच्चीस छब्बीस सत्ताईस|सत्ताइस अट्ठाईस|अठाईस उनतीस|उन्तीस तीस इकतीस"
    "|इकत्तीस बत्तीस तैंतीस चौंतीस पैंतीस "
    "छत्तीस सैंतीस अड़तीस|अड़तीस उनतालीस|उनचालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस|चवालीस पैंतालीस छियालीस "
    "सैंतालीस अड़तालीस|अड़तालीस "
    "उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन|अठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ "
    "छियासठ सड़सठ|सड़सठ "
    "अड़सठ|अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी|उन्यासी "
    "अस्सी इक्यासी बयासी तिरासी चौरासी पचासी "
    "छियासी सत्तासी अट्ठासी|अठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे|पंचानवे छियानवे सत्तानवे "
    "अट्ठानवे|अठानवे निन्यानवे"
)
_URDU = (
    "ایک دو تین چار پانچ چھ|چھے|چھہ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس "
    "بیس اکیس بائیس "
    "تئیس چوبیس پچیس چھبیس ستائیس اٹھائیس انتیس تیس اکتیس بتیس تینتیس چونتیس پینتیس چھتیس سینتیس "
    "اڑتیس انتالیس چالیس "
    "اکتالیس بیالیس تینتالیس چوالیس پینتالیس چھیالیس سینتالیس اڑتالیس انچاس پچاس اکیاون باون ترپن - "
    "پچپن چھپن ستاون "
    "اٹھاون انسٹھ ساٹھ اکسٹھ باسٹھ ترسٹھ چونسٹھ پینسٹھ چھیاسٹھ سڑسٹھ اڑسٹھ انہتر ستر اکہتر - تہتر "
    "چوہتر پچہتر چھہتر "
    "ستتر اٹھہتر اناسی اسی اکیاسی بیاسی تراسی چوراسی پچاسی چھیاسی ستاسی اٹھاسی نواسی نوے اکانوے بانوے "
    "ترانوے چورانوے "
    "پچانوے چھیانوے ستانوے اٹھانوے ننانوے"
)
"""Without the words for 54 and 72, which mean something else as well."""
_BENGALI = (
    "এক দুই|দু তিন চার পাঁচ|পাচ ছয় সাত আট নয় দশ এগারো|এগার বারো|বার তেরো|তের চৌদ্দ|চোদ্দ পনেরো|পনের ষোলো|ষোল "
    "সতেরো|সতের আঠারো|আঠার উনিশ বিশ|কুড়ি একুশ বাইশ তেইশ চব্বিশ পঁচিশ|পচিশ ছাব্বিশ সাতাশ আটাশ|আঠাশ "
    "উনত্রিশ|ঊনত্রিশ "
    "ত্রিশ|তিরিশ একত্রিশ বত্রিশ তেত্রিশ চৌত্রিশ পঁয়ত্রিশ ছত্রিশ সাঁইত্রিশ|সাইত্রিশ আটত্রিশ "
    "উনচল্লিশ|ঊনচল্লিশ চল্লিশ "
    "একচল্লিশ বিয়াল্লিশ তেতাল্লিশ চুয়াল্লিশ পঁয়তাল্লিশ ছেচল্লিশ সাতচল্লিশ আটচল্লিশ "
    "উনপঞ্চাশ|ঊনপঞ্চাশ পঞ্চাশ একান্ন "
    "বাহান্ন|বায়ান্ন তিপ্পান্ন চুয়ান্ন পঞ্চান্ন ছাপ্পান্ন সাতান্ন আটান্ন উনষাট|ঊনষাট ষাট একষট্টি "
    "বাষট্টি তেষট্টি চৌষট্টি "
    "পঁয়ষট্টি ছেষট্টি সাতষট্টি আটষট্টি উনসত্তর|ঊনসত্তর সত্তর একাত্তর বাহাত্তর তিয়াত্তর চুয়াত্তর "
    "পঁচাত্তর ছিয়াত্তর "
    "সাতাত্তর আটাত্তর উনআশি|ঊনআশি|উনাশি আশি একাশি বিরাশি তিরাশি চুরাশি পঁচাশি ছিয়াশি সাতাশি অষ্টাশি|আটাশি "
    "ঊননব্বই"
    "|উননব্বই নব্বই একানব্বই বিরানব্বই তিরানব্বই চুরানব্বই পঁচানব্বই ছিয়ানব্বই সাতানব্বই আটানব্বই নিরানব্বই"
)
_MARATHI = (
    "एक दोन तीन चार पाच सहा सात आठ नऊ दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस|एकोणवीस वीस "
    "एकवीस बावीस "
    "तेवीस चोवीस पंचवीस सव्वीस सत्तावीस अठ्ठावीस एकोणतीस तीस एकतीस बत्तीस तेहतीस|तेहेतीस चौतीस पस्तीस "
    "छत्तीस सदतीस "
    "अडतीस एकोणचाळीस चाळीस एक्केचाळीस बेचाळीस त्रेचाळीस चव्वेचाळीस पंचेचाळीस सेहेचाळीस|शेहेचाळीस "
    "सत्तेचाळीस अठ्ठेचाळीस "
    "एकोणपन्नास पन्नास एक्कावन्न बावन्न त्रेपन्न चोपन्न पंचावन्न छप्पन्न सत्तावन्न अठ्ठावन्न एकोणसाठ "
    "साठ एकसष्ट|एकसष्ठ "
    "बासष्ट|बासष्ठ त्रेसष्ट|त्रेसष्ठ चौसष्ट|चौसष्ठ पासष्ट|पासष्ठ सहासष्ट|सहासष्ठ सदुसष्ट"
    "|सदुसष्ठ अडुसष्ट|अडुसष्ठ "
    "एकोणसत्तर सत्तर एक्काहत्तर बाहत्तर त्र्याहत्तर चौऱ्याहत्तर पंच्याहत्तर शहात्तर सत्त्याहत्तर|सत्याहत्तर "
    "अठ्ठ्याहत्तर एकोणऐंशी ऐंशी एक्क्याऐंशी ब्याऐंशी त्र्याऐंशी चौऱ्याऐंशी पंच्याऐंशी शहाऐंशी सत्त्याऐंशी"
    "|सत्याऐंशी "
    "अठ्ठ्याऐंशी एकोणनव्वद नव्वद एक्क्याण्णव ब्याण्णव त्र्याण्णव चौऱ्याण्णव पंच्याण्णव शहाण्णव सत्त्याण्णव"
    "|सत्याण्णव "
    "अठ्ठ्याण्णव नव्व्याण्णव"
)
_SCALES = {
    100: "सौ سو শত শো শ शे સો ਸੌ",
    1000: "हज़ार हजार हज़ार ہزار হাজার હજાર ਹਜ਼ਾਰ ਹਜ਼ਾਰ ஆயிரம் ಸಾವಿರ ആയിരം",
    10**5: "लाख لاکھ লাখ লক্ষ લાખ ਲੱਖ லட்சம் ಲಕ್ಷ ലക്ഷം",
    10**7: "करोड़ करोड کروڑ কোটি કરોડ ਕਰੋੜ கோடி ಕೋಟಿ കോടി",
}
_HALVES = {
    Fraction(3, 2): "डेढ़ डेढ दीड দেড় ڈیڑھ દોઢ ਡੇਢ ਡੇੜ੍ਹ",
    Fraction(5, 2): "ढाई अढ़ाई अढाई अडीच আড়াই ڈھائی અઢી ਢਾਈ",
}
_ADDED = {
    Fraction(1, 2): "साढ़े साढे साडे সাড়ে ساڑھے સાડા ਸਾਢੇ",
    Fraction(1, 4): "सवा सव्वा সোয়া سوا સવા ਸਵਾ",
    Fraction(-1, 4): "पौने पावणे पाउने পৌনে پونے પોણા પોણી ਪੌਣੇ ਪੌਣੀ",
}
"""What stands in front of the whole number, or of its scale, that a half or a quarter is added to or taken from."""
_COUNTERS = re.compile("(?:টি|টা|টির|টার|জন|জনের|খানা|খানি|গুলি)$")
"""Bengali says what kind of thing it counts, at the end of the number."""


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


_WHOLE = {
    _normal(word): value
    for names in (_HINDI, _URDU, _BENGALI, _MARATHI, *LISTS)
    for value, words in enumerate(names.split(), start=1)
    for word in words.split("|")
    if word != "-"
} | {"शंभर": 100, **{_normal(word): value for word, value in FUSED.items()}}
_SCALE = {_normal(word): value for value, words in _SCALES.items() for word in words.split()}
_HALF = {_normal(word): value for value, words in _HALVES.items() for word in words.split()}
_MORE = {_normal(word): part for part, words in _ADDED.items() for word in words.split()}
_HUNDRED = tuple(word for word, value in _SCALE.items() if value == 100)
BEGINNINGS = frozenset(
    word[:3]
    for word in (
        *_WHOLE,
        *_HALF,
        *_MORE,
        *(_normal(word) for language in HUNDREDS for words in language.split() for word in words.split("|")),
    )
)
"""How a number may begin."""


def singly(text: str) -> int | Fraction | None:
    """The value of a number in one of these languages, None for anything else; the text is in small letters.

    >>> singly("छप्पन"), singly("ছাপ্পান্নটি"), singly("दो सौ चौंतीस"), singly("ढाई"), singly("पौने पाँच"), singly("सौ दो सौ")
    (56, 56, 234, Fraction(5, 2), Fraction(19, 4), None)
    """
    if text.isascii():
        return None
    words = _COUNTERS.sub("", _normal(text)).split()
    if words and words[0] in _HALF:
        return _times(_HALF[words[0]], words[1:])
    if more := next((part for part in _MORE if words and words[0].startswith(part)), None):
        rest = [words[0].removeprefix(more), *words[1:]] if words[0] != more else words[1:]
        return _with_part(rest, _MORE[more])
    return _total(words)


def _times(count: int | Fraction, scales: list[str]) -> int | Fraction | None:
    """A count with at most one scale behind it: `ढाई हज़ार` is 2500."""
    if len(scales) > 1 or not all(scale in _SCALE for scale in scales):
        return None
    return simplest(Fraction(count) * (_SCALE[scales[0]] if scales else 1))


def _with_part(words: list[str], part: Fraction) -> int | Fraction | None:
    """A whole number and its scale, with a half or quarter of that scale more or less; `सवा सौ` has no number."""
    scales = words[-1:] if words and words[-1] in _SCALE else []
    whole = _total(words[: len(words) - len(scales)]) if len(words) > len(scales) else 1 if scales else None
    return None if whole is None else _times(whole + part, scales)


_HUNDREDS = {
    _normal(word): 100 * count
    for language in HUNDREDS
    for count, words in enumerate(language.split(), start=1)
    for word in words.split("|")
}


def _total(words: list[str]) -> int | None:
    """Numbers below a hundred with falling scales behind them."""
    total, last_scale, count = 0, 10**9, 0
    for word in words:
        if word in _HUNDREDS and last_scale > 100 and not count:
            total, last_scale = total + _HUNDREDS[word], 100
            continue
        hundred = next((end for end in _HUNDRED if word.endswith(end) and word.removesuffix(end) in _WHOLE), "")
        value, scale = _WHOLE.get(word.removesuffix(hundred)), 100 if hundred else _SCALE.get(word)
        if value is not None:
            if count:
                return None
            count = value
        if scale is not None:
            if scale >= last_scale:
                return None
            total, last_scale, count = total + (count or 1) * scale, scale, 0
        elif value is None:
            return None
    if count >= last_scale:
        return None
    return total + count or None


_DIGITS_BEHIND = re.compile(
    rf"(?<![\u0900-\u0dff])({'|'.join(sorted(_MORE, key=len, reverse=True))})\s?(\d{{1,4}})(?![\d.,:/])"
)


def with_parts(text: str) -> str:
    """A text in which a half or quarter in front of digits is added to them: `साढ़े 3` is 3.5.

    >>> with_parts("पौने 5 घंटे"), with_parts("5 घंटे")
    ('4.75 घंटे', '5 घंटे')
    """
    return _DIGITS_BEHIND.sub(lambda found: f"{float(int(found[2]) + _MORE[found[1]]):g}", _normal(text))
