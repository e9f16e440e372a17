# ruff: noqa: RUF001  (words in other scripts)
"""What keeps a value from being the answer of its sentence, in the languages of the phrases: "not", "more than", "or".

Words of spaced scripts are matched whole. A comparison counts where the words that make it one are there: "mayor que",
not "mayor", which also names the larger of two numbers.
"""

from __future__ import annotations

import re

_NOT = {
    "en": "not|never|cannot|wrong|incorrect",
    "es": "no es|no sería",
    "fr": "pas",
    "de": "nicht|keine?",
    "pt": "não",
    "it": "non",
    "nl": "niet|geen",
    "pl, cs": "nie|není",
    "sv, no": "inte|ikke",
    "fi": "ei ole",
    "hu": "nem",
    "ro": "nu este",
    "tr": r"değil\w*",
    "id": r"bukan\w*|tidak",
    "vi": "không",
    "sw": "jibu si|sio",
    "ru, uk, bg": "не",
    "el": "δεν",
    "ar": "ليست?",
    "fa, ur": "نیست|نہیں",
    "he": "אינה|אינו|לא",
}
_NOT_IN_A_WORD = {
    "en": "n['’]t\\b",
    "hi, mr": "नहीं|नाही",
    "bn": "নয়|নয়",
    "ta, te": "இல்லை|அல்ல|కాదు",
    "th": "ไม่",
    "zh": "不是|并非|不对|不等|错",
    "ja": "ではない|ではありません|じゃない",
    "ko": "아니|아닙|않",
}
_BEYOND = {
    "en": r"at (?:least|most)|(?:more|less|fewer|greater|larger|smaller|bigger|higher|lower) than|up to"
    r"|between (?=[\d$\\])",
    "de": r"(?:größer|kleiner|mehr|weniger) als|mindestens|höchstens|zwischen (?=\d)",
    "fr": r"au (?:moins|plus)|(?:plus|moins) (?:grande?s? |petite?s? )?(?:de|que) (?=\d)|(?:sup|inf)érieure? à"
    r"|entre (?=\d)",
    "es": r"al menos|por lo menos|como máximo|(?:más|menos) (?:de|que) (?=\d)|(?:mayor|menor) (?:que|a|de)",
    "pt": r"pelo menos|no máximo|(?:mais|menos) d[eo] (?=(?:que )?\d)|(?:maior|menor) (?:que|do)",
    "it": r"almeno|al massimo|(?:più|meno|maggiore|minore) (?:grande )?di|tra (?=\d)",
    "nl": r"minstens|hoogstens|(?:meer|minder|groter|kleiner) dan|tussen (?=\d)",
    "pl": r"co najmniej|co najwyżej|(?:więcej|mniej) niż|(?:większ|mniejsz)\w* (?:niż|od)",
    "ru, uk": r"не менее|не более|(?:больше|меньше|более|менее|свыше|більше|менше|между)(?: чем)? (?=\d)",
    "tr": r"en az|en fazla|'?[dt][ea]n (?:büyük|küçük|fazla|az)",
    "id, ms": r"setidaknya|paling (?:banyak|sedikit)|(?:lebih|kurang) dari|lebih (?:besar|kecil)|antara (?=\d)",
    "vi": "ít nhất|nhiều nhất|(?:lớn|nhỏ|nhiều|ít) hơn",
    "sv, da, no": "minst|högst|(?:större|mindre|mer|fler|større) (?:än|end|enn)",
    "sw": "zaidi ya|angalau",
    "el": r"τουλάχιστον|(?:μεγαλύτερ|μικρότερ)\w+",
}
_BEYOND_IN_A_WORD = {
    "ar": "أكبر من|أكثر من|أقل من|على الأقل",
    "fa": "بیشتر|کمتر",
    "he": "יותר|פחות|לפחות",
    "hi": "से (?:अधिक|कम|ज़्यादा|बड़)|कम से कम",
    "bn": "বেশি",
    "th": "มากกว่า|น้อยกว่า|อย่างน้อย",
    "zh": "[大小多少]于|[大小]於|至[少多]|超[过過]|以[上下]|不到",
    "ja": "超え|未満|より[大小多少]|少なくとも",
    "ko": "보다|이[상하]|미만|초과|적어도",
}
_OR = {
    "en": "or",
    "de": "oder",
    "fr": "ou",
    "es, it, tr": "o|veya",
    "pl, cs": "lub|nebo",
    "sv, da, no": "eller",
    "fi": "tai",
    "hu, ro": "vagy|sau",
    "vi": "hoặc",
    "id, sw": "atau|au",
    "ru, uk": "или|або",
    "el": "ή",
    "he": "או",
    "ar, fa, ur": "أو|یا",
    "hi, bn": "या|বা",
}


def _any(table: dict[str, str]) -> str:
    return "|".join(table.values())


DENIED = re.compile(rf"(?<![\\\w])(?:{_any(_NOT)})(?!\w)|{_any(_NOT_IN_A_WORD)}", re.IGNORECASE)
"""What takes a value back."""
COMPARED = re.compile(rf"(?<!\w)(?:{_any(_BEYOND)})|{_any(_BEYOND_IN_A_WORD)}", re.IGNORECASE)
"""What makes a number the bound of an answer."""
VAGUE = re.compile(
    r"\b(?:more|less|fewer|greater|over|under|between|maybe|perhaps|possibly|probably|either"
    r"|unknown|or|than|among|from|sum|product|difference|around|roughly)\b",
    re.IGNORECASE,
)
# ruff: noqa: RUF001  (words in other scripts)
"""What keeps the only number of an announced English sentence from being its answer."""
OR = re.compile(
    rf"(?:\b(?:{_any(_OR)})|或者?|または|か|또는|หรือ)\s*(?:maybe|perhaps|possibly|even)?\s*[\\$(]*$",
    re.IGNORECASE,
)
"""What makes the number behind it one of two."""
CLAUSE_END = re.compile(r"[,.;:!?](?=\s|$)|[\n。，；।،؛]")
