# ruff: noqa: RUF001  (words in other scripts)
"""Decimals and mixed numbers in words: "drei Komma fünf", "три целых две третьих", "üçte iki". Standard library"
" only."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from rewards.math.folding import vocabulary

_Reader = Callable[[str], int | Fraction | None]
_POINT = re.compile(
    r" (?:komma|virgule|virgola|coma|vírgula|przecinek|virgül|vergül|virgulă|κόμμα|pilkku|koma|phẩy|кома|запятая"
    r"|comă|punto|ponto|point|egész|цел(?:ых|ая|ые|о)|ціл(?:их|а|і)|цэл(?:ых|ая|ыя)|цяло|цели|цел[ао]|cel(?:é|á|ých|a|e|i)"
    r"|całe|cała|całych|cijel[aoi]h?|egész|heil(?:ir|ar)?|दशमलव|दशांश|দশমিক|فاصلة|ممیز|اعشاریہ|נקודה|จุด|புள்ளி|పాయింట్"
    r"|үтір|бүтін|butun|tam|koma) "
    r"(?:и |і |i |a |y |e |et |und |en |og )?"
)
"""What stands between a whole number and its decimals, or its part in Slavic and Turkic languages."""
_ZEROS = vocabulary(
    "null noll nul nulla nolla zéro zero cero sıfır sifr ноль нуль нула nola ničla không صفر शून्य μηδέν kosong nol sero "
    "sifuri אפס ศูนย์ শূন্য nulles núll hutsa zer"
)
_DENOMINATORS = {
    3: "третьих третья третих третя третіх трэціх трета трети trzecich třetin tretin tretina tretiny trećina"
    " trećine tretjina "
    "tretjine tretjini трећина трећине trešdaļas trečdaliai kolmandikku kolmannest þriðju",
    4: "четвёртых четвертых чвертей четвертин четвъртини четвртини čtvrtin štvrtin štvrtina štvrtiny četvrtina"
    " četvrtine "
    "četrtina četrtine četrtini четвртина četrtin czwartych ceturtdaļas ketvirtadaliai veerandit neljandikku fjórðu",
    5: "пятых пятая п'ятих п'ята пятых piątych pětin pätín pätiny pätina petina petine petini петина петине пети "
    "piektdaļas penktadaliai viiendikku fimmtu",
    6: "sechstel sixième sixièmes sexto sextos sesto sesti шестых шестая шостих шоста шести szóste szóstych"
    " šestina šestiny "
    "šestin šestine sjättedel sjättedelar sjettedel sjettedele sjettedeler kuudesosa kuudesosaa hatod șesimi"
    " έκτα perenam zesde "
    "kuuendikku sjöttu",
    7: "siebtel septième septièmes séptimo séptimos settimo settimi sétimo sétimos седьмых седьмая сьомих сьома"
    " седми siódme "
    "siódmych sedmina sedminy sedmin sedmine sjundedel sjundedelar syvendedel syvendedele syvendedeler seitsemäsosa "
    "seitsemäsosaa heted șeptimi έβδομα pertujuh zevende seitsmendikku",
    8: "achtel huitième huitièmes octavo octavos ottavo ottavi oitavo oitavos восьмых восьмая восьмих восьма"
    " осми ósme ósmych "
    "osmina osminy osmin osmín osmine åttondel åttondelar åttondedel åttondedelar ottendedel ottendedele åttendedel "
    "åttedel åttedeler åttendedeler kahdeksasosa kahdeksasosaa nyolcad optimi όγδοα perdelapan achtste"
    " kaheksandikku áttundu",
    9: "neuntel neuvième neuvièmes noveno novenos nono noni nonos девятых девятая дев'ятих дев'ята девети dziewiąte "
    "dziewiątych devítina devítiny devítin devetina devetine niondel niondelar niendedel niendedele niendedeler"
    " yhdeksäsosa "
    "yhdeksäsosaa kilenced noimi ένατα persembilan negende üheksandikku",
    10: "zehntel dixième dixièmes décimo décimos décima décimas decimo decimi decima десятых десятая десятых"
    " десятих десята десети dziesiąte dziesiątych "
    "desetina desetiny desetin desetine desiatin desatín tiondel tiondelar tiendedel tiendedele tideler tidel"
    " kymmenesosa kymmenesosaa tized "
    "zecimi δέκατα persepuluh tiende tienden kümnendikku tíundu",
    100: "hundertstel centième centièmes centésimo centésimos centésima centésimas centesimo centesimi сотых"
    " сотая сотих сота "
    "стотни setne setnych setina setiny setin setín stotina stotine stotin hundradel hundradelar hundrededel"
    " hundrededele hundredel hundredeler "
    "sadasosa sadasosaa század sutimi εκατοστά perseratus honderdste sajandikku",
    1000: "tausendstel millième millièmes milésimo milésimos milésima milésimas millesimo millesimi тысячных"
    " тысячная тисячних хилядни tysięczne tysięcznych "
    "tisícina tisíciny tisícin tusendel tusendelar tusendedel tuhannesosa tuhannesosaa ezred miimi duizendste"
    " tuhandikku",
}
_PARTS = {word: below for below, words in _DENOMINATORS.items() for word in words.split()}
ZEROS = frozenset(word[:3] for word in _ZEROS)
"""How the words for zero begin."""
_PART_FIRST = re.compile(r"(\w+?)['’]?(?:de|da|te|ta|də) (\w+)")
_POSSESSIVE = re.compile(r"(?:s[iıuü]|[iıuü])$")
_OVER = re.compile(r"(.+?) (?:बटा|bölü|bölünə|delat med|dělen\w*) (.+)")


def part_said(text: str, value_of: _Reader) -> int | Fraction | None:
    """The value of a decimal, a mixed number or a part in words, None for other words; `value_of` reads whole numbers.

    >>> words = {"drei": 3, "fünf": 5, "три": 3, "две": 2, "пять": 5}
    >>> part_said("drei komma fünf", words.get), part_said("три целых две третьих", words.get)
    (Fraction(7, 2), Fraction(11, 3))
    >>> part_said("пять восьмых", words.get), part_said("drei fünf", words.get)
    (Fraction(5, 8), None)
    """
    if " " not in text:
        return None
    if (point := _POINT.search(text)) is not None:
        return _behind_point(text[: point.start()], text[point.end() :], value_of)
    count, _, part = text.rpartition(" ")
    if part in _PARTS:
        above = value_of(count)
        return Fraction(above, _PARTS[part]) if isinstance(above, int) and above >= 0 else None
    over = _OVER.fullmatch(text)
    return None if over is None else _over(over[1], over[2], value_of)


def part_of(text: str, value_of: _Reader) -> Fraction | None:
    """The value of a part whose whole comes first, as Turkish has it; None for other words.

    >>> part_of("üçte iki", {"üç": 3, "iki": 2}.get), part_of("ikide üç", {"üç": 3, "iki": 2}.get)
    (Fraction(2, 3), None)
    """
    parts = _PART_FIRST.fullmatch(text)
    if parts is None:
        return None
    above = next((word for word in (parts[2], _POSSESSIVE.sub("", parts[2])) if value_of(word) is not None), "")
    fraction = _over(above, parts[1], value_of)
    return fraction if fraction is not None and fraction < 1 else None


def _over(above: str, below: str, value_of: _Reader) -> Fraction | None:
    values = value_of(above), value_of(below)
    if not all(isinstance(value, int) and value > 0 for value in values):
        return None
    return Fraction(values[0] or 0) / Fraction(values[1] or 1)


def _behind_point(before: str, after: str, value_of: _Reader) -> Fraction | None:
    """A whole number and what stands behind its point: digits one by one, a number, or tenths and the like."""
    whole = 0 if before in _ZEROS else value_of(before)
    if not isinstance(whole, int) or whole < 0:
        return None
    part = part_said(after, value_of) if " " in after else None
    part = value_of(after) if part is None and after not in _ZEROS else part
    if isinstance(part, Fraction):
        return whole + part if 0 < part < 1 else None
    words = after.split()
    zeros = next((index for index, word in enumerate(words) if word not in _ZEROS), len(words))
    digits = "0" * zeros
    if zeros < len(words):
        rest = value_of(" ".join(words[zeros:]))
        singles = [value_of(word) for word in words[zeros:]]
        if isinstance(rest, int):
            digits += str(rest)
        elif all(isinstance(single, int) and 0 <= single < 10 for single in singles):
            digits += "".join(map(str, singles))
        else:
            return None
    return Fraction(f"{whole}.{digits}") if digits else None
