# ruff: noqa: RUF001  (words in other scripts)
"""What `1.234` and `3,125` say: a thousand and some in one country, a decimal in the next.

The text decides, and decides for one reading only, whatever the gold answer: by its other numbers (`0,5` and `1.500,00`
against `0.5` and `1,500.00`, or the same digits without a mark), else by the habit of its language, and first by that
of the sentence around the number. Amounts of money have no three decimals. Standard library only.
"""

from __future__ import annotations

import re

from rewards.math.currencies import NAMES
from rewards.math.folding import vocabulary

_AMBIGUOUS = re.compile(
    r"(?P<before>\D{0,12}?)(?P<whole>[1-9]\d{0,2})(?P<mark>[.,])(?P<three>\d{3})(?P<after>[^\d.,].{0,40})?", re.DOTALL
)
_WORDS = (
    "el los las una del respuesta por es la le les est une des réponse donc der das ist und eine also antwort "
    "il è di "
    "della risposta quindi os uma não resposta portanto het een van antwoord og er svaret är och adalah yang jadi "
    "jawabannya jest wynosi odpowiedź zatem je odpověď tedy odgovor bir cevap toplam ve az válasz tehát este "
    "răspunsul "
    "deci on vastaus là vậy đáp câu có resposta és odpoveď vastus atsakymas atbilde dir dır su suma total beträgt "
    "lautet ergibt vale valor adalah totalnya harga ialah de foi custo preço valor het bedraagt totaal zijn "
    "sono gli som blir "
    "vastus atbilde atsakymas rezultat rezultatul rezultatas rezultāts výsledek výsledok wynik odpoveď resultat "
    "ergebnis résultat risultato resultado sonuç cevap yanıt cavab nəticə cəmi javob natija jami erantzuna emaitza "
    "jawaban memiliki pertanyaan yaitu sebesar përgjigja rezultati hasil hasilnya niðurstaðan svarið tulemus"
    " tulos eredmény lösung lösning løsning"
)
_FUNCTION_WORDS = vocabulary(_WORDS) - {"is", "total", "on", "a"}
_OF_POINTS = vocabulary(
    "hence the of and so is are that there we she he it they each for with answer dollars therefore thus number "
    "apples meters metres "
    "equals from has have was were you to my our be value which costs cost price can will "
    "jibu ni ya wa kwa jumla hivyo bei shilingi yake idadi ang ng sagot ay mga kabuuan jawapan jawapannya ringgit "
    "freagra uimhir agus atá sé yw yr ateb cyfanswm amsa shine jimla ìdáhùn jẹ impendulo ithi"
)
"""Words of English, Swahili, Filipino, Malay, Irish, Welsh, Hausa, Yoruba and Zulu, which have decimal points."""
_MONEY = frozenset(word for names in NAMES.values() for word in names.split())
_SIGN = re.compile(r"\\?[$\u20a0-\u20cf\u00a3\u00a5\u0e3f]|\\euro")
_WORD_AT_END, _WORD_AT_START = re.compile(r"([^\W\d_]+)\.?\s?$"), re.compile(r"\s?([^\W\d_]+)")
_STRICT = vocabulary(
    "der das und ist eine ein nicht ergeben ergibt zusammen also insgesamt beträgt wir sind mit für auf den dem einen "
    "somit le des est une donc environ dans et avec pour sur au aux du vaut pèse soit fait il gli della di è sono "
    "quindi totale circa pesa complessivamente nel uma não é são portanto do os em ao het een van zijn dus samen "
    "ongeveer och är det som på av blir og til samlet altså jest się razem wynosi więc je celkem tedy spolu ukupno "
    "dakle este și sunt deci az és összesen tehát ja yhteensä ovat kokku seega bir ve toplam bu için eder yani"
)
_WORD = re.compile(r"[^\W\d_]+")


def one_reading(number: str, text: str, *, is_boxed: bool = False) -> str | None:
    """What a number of three digits behind its only mark says in a text, written as in English; None for others.

    In a box, which may keep to English numbers, a comma before a last 0 groups, and a point before another digit does
    not, unless the other numbers of the text tell.

    >>> one_reading("1.234", "La respuesta es 1.234."), one_reading("3,125 km", "Ответ: 3,125 км")
    ('1234', '3.125 km')
    >>> one_reading("1,250", "Výsledek je 1,250."), one_reading("1,250", "25 · 50 = 1250. Výsledek je 1,250.")
    ('1.250', '1,250')
    >>> one_reading("1.234", "The answer is 1.234."), one_reading("1,250 €", "Das sind 1,250 €.")
    ('1.234', '1,250 €')
    """
    match = _AMBIGUOUS.fullmatch(number.replace("{,}", ",").strip(" $")) if len(number) < 70 else None
    if match is None:
        return None
    written = f"{match['whole']}{match['mark']}{match['three']}"
    text = text[-600:].replace("{,}", ",")
    mark = _shown_mark(text, match)
    if not mark and is_boxed:
        is_english = (match["mark"] == ",") == (match["three"][-1] == "0")
        mark = "." if is_english else _habit(text)
    behind = match["after"] or text.rpartition(written)[2][:12]
    mark = mark or _habit(_around(text, written), behind) or _habit(text, behind) or "."
    if mark == _SPANISH_HABIT:
        mark = "," if match["mark"] == "." else "."
    if mark == "." or (match["mark"] == "," and _is_money(number, match, text)):
        return number
    joined = match["three"] if match["mark"] == "." else f".{match['three']}"
    return f"{match['before']}{match['whole']}{joined}{match['after'] or ''}"


def _is_money(number: str, match: re.Match[str], text: str) -> bool:
    """Whether the sign or the name of a currency stands at a number, or at the last of its kind in a text."""
    written = f"{match['whole']}{match['mark']}{match['three']}"
    for around in (number, text):
        place = around.rfind(written)
        before, behind = around[max(0, place - 16) : max(0, place)], around[place + len(written) :][:16]
        if place >= 0 and (_SIGN.search(before[-4:]) or _SIGN.search(behind[:4])):
            return True
        words = _WORD_AT_END.search(before), _WORD_AT_START.match(behind)
        if place >= 0 and any(word is not None and word[1].lower() in _MONEY for word in words):
            return True
    return False


def _around(text: str, written: str) -> str:
    """The sentence of a text that last has the number as it is written."""
    place = text.rfind(written)
    if place < 0:
        return ""
    return f"{_SENTENCES.split(text[:place])[-1]} {_SENTENCES.split(text[place + len(written) :])[0]}"


_SENTENCES = re.compile(r"[.!?](?=\s)|[\n\u3002\u0964]")
_COMMA_DECIMAL = re.compile(
    r"(?<![\d.,(\[{])(?:0,\d{1,6}|\d{1,3},(?:\d{1,2}|\d{4,6})|\d{1,3}(?:\.\d{3}){2,}"
    r"|\d{1,3}(?:[.\u00a0\u202f ']\d{3})+,\d{1,3})"
    r"(?![\d,]|\.\d)"
)
_POINT_DECIMAL = re.compile(
    r"(?<![\d.,])(?:0\.\d{1,6}|\d{1,3}\.(?:\d{1,2}|\d{4,6})|\d{1,3}(?:,\d{3}){2,}|\d{1,3}(?:,\d{3})+\.\d{1,3})(?![\d.]\d|\d|,\d)"
)
"""Numbers that can only be written with a decimal comma, or with a point."""


_GAPS = ("", " ", "\u00a0", "\u202f", "'", " \u00a0\u202f'")
_MARKED = re.compile(r"[.,](?=\d)")


def _shown_mark(text: str, match: re.Match[str]) -> str:
    """The decimal mark that the other numbers of a text show; empty where they show none, or both.

    The same digits without a mark tell that it groups, as in 25 · 50 = 1250, which is 1,250.
    """
    whole, three = match["whole"], match["three"]
    if any(f"{whole}{gap}{three}" in text for gap in _GAPS) and re.search(
        rf"(?<![\d.,]){whole}[{_GAPS[-1]}]?{three}(?![\d.,]?\d)", text
    ):
        return "," if match["mark"] == "." else "."
    written = f"{whole}{match['mark']}{three}"
    if len(_MARKED.findall(text)) == text.count(written):  # all marks are those of the number itself
        return ""
    comma, point = _COMMA_DECIMAL.search(text) is not None, _POINT_DECIMAL.search(text) is not None
    return "" if comma == point else "," if comma else "."


_COMMA_SCRIPTS = re.compile("[\u0370-\u03ff\u0400-\u052f\u10d0-\u10ff\u0531-\u058f]")
_VIETNAMESE = re.compile("[ăđơư\u1ea2-\u1eb7\u1ebc-\u1ecb\u1ece-\u1ef1]", re.IGNORECASE)
_LETTERS = re.compile("[\u00c0-\u024f]")
_SPANISH_HABIT = "es"
_SPANISH = vocabulary("el los las una del respuesta por es la suma total y son que cuesta en de resultado vale")
_ELISION = re.compile(r"(?<![^\W\d_])[dlnqs]['\u2019](?=[a-z\u00e0-\u00ff])")
_OF_MEASURE = re.compile(
    r"\s?(?:[kcm]?[mglL]|km|kg|cm|mm|ml|[Ll]itros?|metros?|kil[oó]\w*|gramos?|%|segundos?|s)(?![^\W\d_])"
)


def _habit(text: str, behind: str = "") -> str:
    """The decimal mark of the language of a text, empty where nothing tells; `behind` stands behind the number.

    Spanish has both: Mexico and its neighbours write 1,250 for a thousand. There a comma before a unit of measure is
    taken for a decimal one, and any other for the group's.

    >>> _habit("Die Antwort ist 5."), _habit("The answer is 5."), _habit("5")
    (',', '.', '')
    """
    if text.isascii() and text.count(" the ") > 1:  # plain English, told without a look at every word
        return "."
    if _COMMA_SCRIPTS.search(text) or _VIETNAMESE.search(text):
        return ","
    lowered = text.lower()
    found = _WORD.findall(lowered)
    words = {word for word in found if len(word) > 1}
    english, comma = len(words & _OF_POINTS), len(words & (_FUNCTION_WORDS | _STRICT | _SPANISH))
    comma += (_ELISION.search(lowered) is not None) + (_LETTERS.search(text) is not None)
    if english > comma or not words:
        return "." if english else ""
    if any(char > "\u02af" for word in words for char in word):
        return "."  # neither Latin nor one of the scripts above
    if comma == english:
        return ""
    spanish, others = len(words & _SPANISH), len(words & (_FUNCTION_WORDS | _STRICT) - _SPANISH)
    if spanish > others and not _OF_MEASURE.match(behind):
        return _SPANISH_HABIT
    return ","
