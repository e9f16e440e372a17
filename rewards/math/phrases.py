# ruff: noqa: RUF001  (words in other scripts)
"""How completions announce their final answer, in the languages that models are asked in. Standard library only."""

from __future__ import annotations

import re
from typing import NamedTuple

# A noun for the answer, and between it and the answer any of these verbs and signs, or none where the last alternative
# is empty, or only a sign and a line of one number where they are "-". Scripts that run words together have no spaces
# to rely on.
_WORDS = {
    "en": ("answer|ans|correct option|correct choice", "is|was|equals|would be|should be"),
    "es": ("respuesta", "es|ser\u00eda"),
    "fr": ("r\u00e9ponse", "est"),
    "de": ("antwort", "ist|lautet|betr\u00e4gt"),
    "pt": ("resposta", "\u00e9|seria|\u00e9s"),
    "it": ("risposta", "\u00e8|sarebbe|sia"),
    "nl": ("antwoord", "is|luidt"),
    "pl": ("odpowied\u017a", "to|brzmi|wynosi"),
    "cs": ("odpov\u011b\u010f", "je|zn\u00ed"),
    "sv": ("svaret|svarið|svar", "\u00e4r|er|blir"),
    "fi": ("vastaus", "on"),
    "hu": ("v\u00e1lasz", "az?|"),
    "ro": ("r\u0103spunsul|r\u0103spuns", "este"),
    "tr": ("cevap|yan\u0131t", ""),
    "id": ("jawabannya|jawaban", "adalah|ialah"),
    "sw": ("jibu", "ni"),
    "vi": ("\u0111\u00e1p \u00e1n|\u0111\u00e1p s\u1ed1|c\u00e2u tr\u1ea3 l\u1eddi", "l\u00e0"),
    "ru": ("\u043e\u0442\u0432\u0435\u0442", "\u0440\u0430\u0432\u0435\u043d|"),
    "uk": (
        "\u0432\u0456\u0434\u043f\u043e\u0432\u0456\u0434\u044c",
        "\u0434\u043e\u0440\u0456\u0432\u043d\u044e\u0454|",
    ),
    "el": ("\u03b1\u03c0\u03ac\u03bd\u03c4\u03b7\u03c3\u03b7", "\u03b5\u03af\u03bd\u03b1\u03b9"),
    "ar": (
        "\u0625\u062c\u0627\u0628\u0629|\u062c\u0648\u0627\u0628",
        "\u0647\u064a|\u0647\u0648",
    ),
    "fa": ("\u067e\u0627\u0633\u062e|\u062c\u0648\u0627\u0628", ""),
    "he": ("\u05d4\u05ea\u05e9\u05d5\u05d1\u05d4|\u05ea\u05e9\u05d5\u05d1\u05d4", "\u05d4\u05d9\u05d0"),
    "hi": ("\u0909\u0924\u094d\u0924\u0930", "\u0939\u0948|\u0906\u0939\u0947"),
    "bn": ("\u0989\u09a4\u09cd\u09a4\u09b0", "\u09b9\u09b2|\u09b9\u09b2\u09cb|\u09b9\u09ac\u09c7"),
    "ta": ("\u0baa\u0ba4\u0bbf\u0bb2\u0bcd|\u0bb5\u0bbf\u0b9f\u0bc8", ""),
    "te": ("\u0c38\u0c2e\u0c3e\u0c27\u0c3e\u0c28\u0c02|\u0c1c\u0c35\u0c3e\u0c2c\u0c41", ""),
    "th": ("\u0e04\u0e33\u0e15\u0e2d\u0e1a", "\u0e04\u0e37\u0e2d"),
    "zh": ("\u7b54\u6848", "应该是|應該是|应为|應為|\u662f|\u4e3a|\u70ba|\u9009|\u9078|\u7b49\u4e8e"),
    "ja": ("\u7b54\u3048|\u6b63\u89e3", "\u306f"),
    "ko": ("\uc815\ub2f5|\ub2f5\ubcc0|\ub2f5", "\uc740|\ub294"),
    "et": ("vastus", "on"),
    "lt": ("atsakymas", "yra"),
    "lv": ("atbilde", "ir"),
    "sk": ("odpoveď", "je|znie"),
    "sl, hr": ("odgovor", "je|glasi"),
    "sr": ("одговор", "је|гласи"),
    "bg, mk": ("отговорът|отговор|одговорот", "е"),
    "be": ("адказ", ""),
    "ky": ("жообу|жооп", ""),
    "ga": ("freagra", ""),
    "kk": ("жауабы|жауап", ""),
    "mn": ("хариулт", "нь|бол"),
    "az": ("cavab", ""),
    "uz": ("javob", ""),
    "ms": ("jawapannya|jawapan", "ialah|adalah"),
    "tl": ("sagot", "ay"),
    "eu": ("erantzuna", ""),
    "cy": ("ateb", "yw|ydy"),
    "eo": ("respondo", "estas"),
    "sq": ("përgjigjja|përgjigja", "është"),
    "yo": ("ìdáhùn", "ni"),
    "ha": ("amsar|amsa", "ita ce|ce|ita ne|ne"),
    "zu": ("impendulo", "ithi|ingu"),
    "so": ("jawaabtu", "waa"),
    "am": ("መልሱ|መልስ", ""),
    "hy": ("պատասխանը", ""),
    "ka": ("პასუხია|პასუხი", "არის"),
    "gu": ("જવાબ", ""),
    "pa": ("ਜਵਾਬ", ""),
    "kn": ("ಉತ್ತರ", ""),
    "ml": ("ഉത്തരം", ""),
    "si": ("පිළිතුර", ""),
    "or": ("ଉତ୍ତର", "ହେଉଛି"),
    "lo": ("ຄຳຕອບ", "ແມ່ນ|ຄື"),
    "km": ("ចម្លើយ", "គឺ"),
    "my": ("အဖြေ", "မှာ|သည်"),
    "ps": ("ځواب", ""),
    "zh, ja, before a sign": ("答", "-"),
}
_VERB_FIRST = ("de", "nl", "sv", "et", "cs", "sk", "sl, hr", "sr")
"""Languages, with their kin, that turn subject and verb round behind another word: "daher ist die Antwort 18"."""
_MARKS = r"[\s*_`]{0,6}"
_SIGN = r"(?:[:\uff1a=\u2014]|\u2013(?=\s))"
_QUALIFIER = (
    r"(?:\s+(?:final|finale|correcta|correcte|correta|corretta|finala|akhir|cuối cùng|la mwisho|sahihi|náà|corectă?"
    r"|đúng|ta ƙarshe"
    r"|ال(?:صحيح|نهائي)ة?"
    r"|نهایی|صحیح|הסופית)|\s?(?:ที่ถูกต้อง|สุดท้าย|ត្រឹមត្រូវ|ចុងក្រោយ|ທີ່ຖືກຕ້ອງ))?"
)


_RESULTS = (
    "result|resultado|r\u00e9sultat|ergebnis|risultato|wynik|v\u00fdsledek|sonu\u00e7|"
    "\u0440\u0435\u0437\u0443\u043b\u044c\u0442\u0430\u0442"
)


def _announcement(noun: str, verb: str) -> str:
    """Nouns of Latin, Greek, Cyrillic or Hebrew letters stand alone; those of other scripts may be part of a word."""
    letters = next(char for char in noun if char.isalpha())
    is_spaced = letters <= "\u05ff"
    edge, end = (r"\b", r"(?=[\s*_`:$\\\d(-])") if is_spaced else ("", "")
    purpose = r"(?:\s+(?:to|of|for)\s[^.\n:]{1,80}?)?" if noun.startswith("answer") else ""
    if verb == "-":
        return rf"(?:{noun}){_MARKS}[:\uff1a]{_MARKS}(?=[^\d\n]{{0,30}}\d[\d.,/]*[^\d\n]{{0,30}}(?:\n|$))"
    verbs = rf"{edge}(?:{verb.removesuffix('|')}){end}{_MARKS}{_SIGN}?" if verb else r"(?!)"
    bare = r"|(?=\d|[A-J](?![A-Za-z]))"  # where the verb stands behind the answer, or there is none
    if is_spaced:
        bare = "" if verb and not verb.endswith("|") else r"|(?<=\s)(?=[-+]?\d)"
    return rf"{edge}(?:{noun}){_QUALIFIER}{purpose}{_MARKS}(?:{verbs}|{_SIGN}{bare}){_MARKS}"


def _verb_first(noun: str, verb: str) -> str:
    """The verb, the noun and a number behind it, in no question."""
    words = r"(?:[^\W\d_]{2,9}\s){0,2}"
    is_statement = r"(?=[$\\(]*[-+]?\d)(?![^.!\n]*\?)"
    return rf"\b(?:{verb})\s{words}(?P<noun>{noun})\s(?:[^\W\d_]{{3,9}}\s)?{_MARKS}{is_statement}"


def _results() -> str:
    """A result may be an intermediate one, or no number at all; only `result is 18` and `result: 18` count."""
    verbs = "|".join(sorted({verb.removesuffix("|") for _, verb in _WORDS.values() if verb.strip("-")}))
    verbs = verbs.replace("to|brzmi", "(?<=wynik )to|brzmi")  # English compares "the result to 18"
    return rf"\b(?:{_RESULTS}){_MARKS}(?:(?:{verbs}){_MARKS}{_SIGN}?|{_SIGN}){_MARKS}(?=[$\\(]*[-+]?\d|\\)"


class _Noun(NamedTuple):
    """One noun for the answer, and how it announces one."""

    text: str
    announcement: re.Pattern[str]
    verb_first: re.Pattern[str] | None = None

    def span(self, text: str, position: int) -> tuple[int, int] | None:
        """Where the announcement whose noun stands at a position begins and ends; None where it announces nothing."""
        match = self.announcement.match(text, position)
        if match is None and self.verb_first is not None:
            found = self.verb_first.finditer(text, max(0, position - 40), position + 60)
            match = next((one for one in found if one.start("noun") == position), None)
        return match.span() if match else None


def _nouns() -> tuple[_Noun, ...]:
    nouns = []
    for language, (words, verb) in _WORDS.items():
        patterns = [re.compile(_announcement(words, verb), re.IGNORECASE)]
        if language in _VERB_FIRST:
            patterns.append(re.compile(_verb_first(words, verb), re.IGNORECASE))
        nouns += [_Noun(noun, *patterns) for noun in words.split("|")]
    results = re.compile(_results(), re.IGNORECASE)
    return (*nouns, *(_Noun(noun, results) for noun in _RESULTS.split("|")))


_NOUNS = _nouns()
_ASCII_NOUNS = tuple(noun for noun in _NOUNS if noun.text.isascii())


def last_announcement(text: str) -> tuple[int, int] | None:
    """Where the last announcement of an answer in a text begins and ends; None where there is none.

    Nouns are looked up from the end, as plain text, and only where one stands is its pattern tried: forty patterns at
    every character would cost more than all the rest of a verdict.

    >>> last_announcement("The answer is 5"), last_announcement("La respuesta es 5"), last_announcement("5")
    ((4, 14), (3, 16), None)
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals have longer small letters
        lowered = text
    nouns = _ASCII_NOUNS if text.isascii() else _NOUNS
    last, nearest = -1, None
    for noun in nouns:  # what stands before one that is already found is not looked at again
        if (position := lowered.rfind(noun.text, last + 1)) >= 0:
            last, nearest = position, noun
    if nearest is None:
        return None
    if (span := nearest.span(text, last)) is not None:
        return span
    found = [(lowered.rfind(noun.text), noun) for noun in nouns]
    found = [place for place in found if place[0] >= 0]
    while found:
        place = max(found, key=lambda one: one[0])
        position, noun = place
        if (span := noun.span(text, position)) is not None:
            return span
        found.remove(place)
        earlier = lowered.rfind(noun.text, 0, position)
        if earlier >= 0:
            found.append((earlier, noun))
    return None


COPULA = re.compile(
    r"\s*(?:\u3067\u3059|\u3067\u3042\u308b|\u3060|\uc785\ub2c8\ub2e4|\uc774\ub2e4|\uc608\uc694|\uc774\uc5d0\uc694|\u0939\u0948|\u09b9\u09df|'?d[i\u0131u\u00fc]r)\s*$",
    re.IGNORECASE,
)
"""A verb that some languages put behind the answer."""
SENTENCE_END = re.compile(
    r"[.;](?=\s|$)|[\u3002\u0964\uff1b\u061f\u06d4\u0589\u1362\u104b\u17d4]|\s+(?:because|since|as|which|so)\b",
    re.IGNORECASE,
)
