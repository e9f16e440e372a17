# ruff: noqa: RUF001  (words in other scripts)
"""The other reading of `1.234` and `3,125` in texts of countries with decimal commas, where a point groups thousands.

English reads both the other way round, and so does the rest of this package; a text in one of those languages may mean
either, so that both readings are tried. Standard library only.
"""

from __future__ import annotations

import re

from rewards.math.folding import vocabulary

_AMBIGUOUS = re.compile(
    r"(?P<before>\D{0,12}?)(?P<whole>[1-9]\d{0,2})(?P<mark>[.,])(?P<three>\d{3})(?P<after>[^\d.,].{0,40})?"
)
_WORDS = (
    "el los las una del respuesta por es la le les est une des réponse donc der das ist und eine also antwort "
    "il è di "
    "della risposta quindi os uma não resposta portanto het een van antwoord og er svaret är och adalah yang jadi "
    "jawabannya jest wynosi odpowiedź zatem je odpověď tedy odgovor bir cevap toplam ve az válasz tehát este "
    "răspunsul "
    "deci on vastaus là vậy đáp câu có resposta és odpoveď vastus atsakymas atbilde dir dır su suma total beträgt "
    "lautet ergibt vale valor adalah totalnya harga ialah de foi custo preço valor het bedraagt totaal zijn "
    "sono gli som blir"
)
_FUNCTION_WORDS = vocabulary(_WORDS) - {"is", "total", "on", "a"}
_ENGLISH = vocabulary(
    "the of and so is are that there we she he it they each for with answer dollars therefore thus number "
    "total apples meters metres "
    "equals per from has have was were you to in my our be result value which costs cost price can will"
)
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = re.compile(r"[\u0370-\u052f\u10d0-\u10ff\u0531-\u058f\u1ea0-\u1eff]")


def other_reading(number: str, text: str) -> str | None:
    """The other reading of a number of three digits behind its only mark, where the text is in a language that has it.

    >>> other_reading("1.234", "La respuesta es 1.234."), other_reading("3,125 km", "Ответ: 3,125 км")
    ('1234', '3.125 km')
    >>> other_reading("1.234", "The answer is 1.234.") is None
    True
    """
    match = _AMBIGUOUS.fullmatch(number.replace("{,}", ",").strip(" $")) if len(number) < 70 else None
    if match is None or not has_comma_decimals(text[-600:]):
        return None
    joined = match["three"] if match["mark"] == "." else f".{match['three']}"
    return f"{match['before']}{match['whole']}{joined}{match['after'] or ''}"


def comma_decimal_only(number: str, text: str) -> str | None:
    """The number with a point where its comma can only be a decimal one; None where English thousands are possible.

    Languages in which models also write English commas (Spanish, Vietnamese, Indonesian) leave both readings, unless
    the text has another decimal comma; so do amounts of money, which have no three decimals.

    >>> comma_decimal_only("1,500 Liter", "Zusammen sind das 1,500 Liter und nicht mehr.")
    '1.500 Liter'
    >>> comma_decimal_only("1,500", "En total son 1,500.") is None, comma_decimal_only("1,500", "It is 1,500.") is None
    (True, True)
    """
    if "," not in number or len(number) >= 70 or (match := _AMBIGUOUS.fullmatch(number.strip(" $"))) is None:
        return None
    text = text[-600:]
    if match["mark"] != "," or _MONEY.search(number) or not _has_only_comma_decimals(text):
        return None
    return f"{match['before']}{match['whole']}.{match['three']}{match['after'] or ''}"


_MONEY = re.compile(
    r"[$\u20a0-\u20cf\u00a3\u00a5]"
    r"|\b(?:eur|euros?|tl|kr|dong|đồng|rp|rupiah|lei|ft|forint|z[lł]|kč|lira|руб\w*|usd)\b",
    re.IGNORECASE,
)
_COMMA_DECIMAL = re.compile(r"(?<![\d.,])\d{1,3},(?:\d{1,2}|\d{4,})(?![\d,.]\d|\d)")
_POINT_DECIMAL = re.compile(r"(?<![\d.,])\d{1,3}\.\d{1,2}(?!\d|[.,]\d)")
_STRICT = vocabulary(
    "der das und ist eine ein nicht ergeben ergibt zusammen also insgesamt beträgt wir sind mit für auf den dem einen "
    "somit le des est une donc environ dans et avec pour sur au aux du vaut pèse soit fait il gli della di è sono "
    "quindi totale circa pesa complessivamente nel uma não é são portanto do os em ao het een van zijn dus samen "
    "ongeveer och är det som på av blir og til samlet altså jest się razem wynosi więc je celkem tedy spolu ukupno "
    "dakle este și sunt deci az és összesen tehát ja yhteensä ovat kokku seega bir ve toplam bu için eder yani"
)
"""Words of languages in which a comma is always a decimal one."""
_ELISION = re.compile(r"(?<![^\W\d_])[dlnqs]['\u2019](?=[a-z\u00e0-\u00ff])")
_STRICT_SCRIPTS = re.compile("[\u0370-\u052f\u10d0-\u10ff\u0531-\u058f]")


def _has_only_comma_decimals(text: str) -> bool:
    if _STRICT_SCRIPTS.search(text):
        return True
    if _COMMA_DECIMAL.search(text) and not _POINT_DECIMAL.search(text) and has_comma_decimals(text):
        return True
    lowered = text.lower()
    words = set(_WORD.findall(lowered))
    hits = len(words & _STRICT) + (_ELISION.search(lowered) is not None)
    return hits >= 2 and len(words & _ENGLISH) < 2


def groups_thousands(number: str, text: str) -> bool:
    """Whether the point of `3.750` can only group thousands: in such a language, no decimal ends in 0.

    >>> groups_thousands("3.750 €", "Das Ergebnis ist 3.750 €."), groups_thousands("3.75", "Das Ergebnis ist 3.75.")
    (True, False)
    """
    match = _AMBIGUOUS.fullmatch(number.strip(" $")) if len(number) < 70 else None
    return match is not None and match["mark"] == "." and match["three"][-1] == "0" and has_comma_decimals(text[-600:])


def has_comma_decimals(text: str) -> bool:
    """Whether a text is, by its script or two of its words, in a language with decimal commas.

    >>> has_comma_decimals("Die Antwort ist 5."), has_comma_decimals("The answer is 5.")
    (True, False)
    """
    if _SCRIPTS.search(text):
        return True
    words = {word for word in _WORD.findall(text.lower()) if len(word) > 1}
    if len(words & _FUNCTION_WORDS) >= 2:
        return True
    if not _ENGLISH.isdisjoint(words) or sum(len(word) > 2 for word in words) < 2:
        return False
    return text.isascii() or all(char < "\u0250" for word in words for char in word)
