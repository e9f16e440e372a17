"""Text as a sequence of words, each with its Unicode script; scripts without spaces come in short pieces.

The script of a character is the first word of its Unicode name, which the standard library knows; one `str.translate`
turns a text into one code letter per character, so that counting and splitting run in C.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_CODES = {
    "LATIN": ("l", "Latn"),
    "CYRILLIC": ("c", "Cyrl"),
    "ARABIC": ("a", "Arab"),
    "HEBREW": ("h", "Hebr"),
    "GREEK": ("g", "Grek"),
    "ARMENIAN": ("r", "Armn"),
    "GEORGIAN": ("e", "Geor"),
    "ETHIOPIC": ("i", "Ethi"),
    "DEVANAGARI": ("d", "Deva"),
    "BENGALI": ("b", "Beng"),
    "GURMUKHI": ("p", "Guru"),
    "GUJARATI": ("j", "Gujr"),
    "ORIYA": ("o", "Orya"),
    "TAMIL": ("t", "Taml"),
    "TELUGU": ("u", "Telu"),
    "KANNADA": ("k", "Knda"),
    "MALAYALAM": ("m", "Mlym"),
    "SINHALA": ("s", "Sinh"),
    "HANGUL": ("n", "Hang"),
    "THAI": ("T", "Thai"),
    "LAO": ("L", "Laoo"),
    "MYANMAR": ("M", "Mymr"),
    "KHMER": ("K", "Khmr"),
    "CJK": ("H", "Hani"),
    "IDEOGRAPHIC": ("H", "Hani"),
    "HIRAGANA": ("J", "Kana"),
    "KATAKANA": ("J", "Kana"),
    "KATAKANA-HIRAGANA": ("J", "Kana"),
}
SPACELESS = frozenset({"Hani", "Kana", "Thai", "Laoo", "Mymr", "Khmr"})
"""Scripts that write no spaces between words."""
DENSITY = {"Hani": 3.0, "Kana": 3.0, "Hang": 2.5, "Ethi": 1.5}
"""Latin letters that say as much as one character of a script whose signs stand for syllables or words."""
_SCRIPT_OF_CODE = dict(_CODES.values())
_UNKNOWN = "z"
"""A letter of a script that no known language uses."""
_MARKS = frozenset({"MODIFIER", "FEMININE", "MASCULINE"})
"""First words of the names of characters that count as letters but belong to the word around them."""
_JOINER, _APOSTROPHE, _OTHER = "+", "'", " "
_ALIKE = frozenset("lcgr")
"""Codes of the alphabets whose letters look alike, so that one can hide in another: `p\u0430ssword`."""


def density(scripts: Iterable[str]) -> float:
    """Latin letters that say as much as a character of the densest of some scripts."""
    return max(DENSITY.get(script, 1.0) for script in scripts)


class _ScriptCodes(dict[int, str]):
    """The table of `str.translate`, filled as characters are met; two threads that fill one entry write the same."""

    def __missing__(self, codepoint: int) -> str:
        char = chr(codepoint)
        category = unicodedata.category(char)
        if category in ("Cf", "Mn", "Mc", "Me") or category[0] == "L":
            name = unicodedata.name(char, "").split(" ", 1)[0]
            strange = category[0] == "L" and name not in _MARKS
            code = _CODES[name][0] if name in _CODES else _UNKNOWN if strange else _JOINER
        else:
            code = _APOSTROPHE if char in "'\u2019\u00b7" else _OTHER  # a dot stands inside Catalan words
        self[codepoint] = code
        return code


_SCRIPT_CODES = _ScriptCodes()
LONGEST_WORD = 30
"""Letters of a name or a loan; a longer word is several without spaces, or none at all."""
_SPACED = "a-z"
_WORD = re.compile(
    rf"[HJ+]{{1,4}}|[TLMK][TLMK+]{{0,7}}|[{_SPACED}+]+(?:'[{_SPACED}+]+)*",
)


PLACE = "\ufffc"
"""Stands in a text where a formula or program text was taken out: the object replacement character."""
STOPS = frozenset(".!?\u2026\u061f\u06d4\u0964\u0965\u3002\uff01\uff1f\u104a\u104b\u1362\u0589\u037e")
"""Marks that end sentences."""


class Word(NamedTuple):
    """A word, or a piece of up to eight characters of a script that writes no spaces."""

    text: str
    start: int
    """Its place in the text, in characters."""
    script: str
    """ISO 15924 code of most of its letters; `Zzzz` for a script of no known language, or for several alphabets."""
    num_letters: int
    before: str
    """What stands between it and the word before, or the start of the text: spaces, marks, digits."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def looks_like_a_name(self) -> bool:
        """Whether it is written as a name, abbreviation or unit is: `Paris`, `NASA`, `iPhone`, `km`."""
        return self.num_letters <= 2 or (self.num_letters <= LONGEST_WORD and any(char.isupper() for char in self.text))


def split_words(text: str) -> list[Word]:
    """The words of a text in order; digits, punctuation and single Latin letters (variables, list marks) are none.

    >>> [(word.text, word.script) for word in split_words("Tea No. 5: \\u03c4\\u03c3\\u03ac\\u03b9, x")]
    [('Tea', 'Latn'), ('No', 'Latn'), ('\u03c4\u03c3\u03ac\u03b9', 'Grek')]
    """
    codes = text.translate(_SCRIPT_CODES)
    words: list[Word] = []
    new, scripts = tuple.__new__, _SCRIPT_OF_CODE
    last = 0
    for match in _WORD.finditer(codes):
        piece = match[0]
        code = piece[0]
        same = piece.count(code)
        num_letters = same
        if same != len(piece):
            counts = {c: piece.count(c) for c in set(piece) - {_JOINER, _APOSTROPHE}}
            if not counts:
                continue
            # Japanese mixes two scripts in one piece; kana is what tells it from Chinese.
            code = "J" if "J" in counts else max(sorted(counts), key=counts.__getitem__)
            if len(counts) > 1 and any(len(_ALIKE.intersection(part)) > 1 for part in piece.split(_APOSTROPHE)):
                code = _UNKNOWN
            num_letters = sum(counts.values())
        elif code == _JOINER or (code == "l" and same == 1):
            continue
        start, end = match.span()
        # What Word(...) does, without its detour: a fifth of the time of this function.
        words.append(new(Word, (text[start:end], start, scripts.get(code, "Zzzz"), num_letters, text[last:start])))
        last = end
    return words


_PAIRS = (
    "们們这這国國来來对對时時说說会會为為学學发發经經动動过過还還个個点點种種样樣问問实實现現当當无無开開见見长長间間车車"
    "东東书書买買卖賣马馬鸟鳥鱼魚龙龍门門电電话話语語读讀写寫记記让讓请請谁誰谢謝钱錢银銀铁鐵错錯钟鐘头頭体體关關兴興农農"
    "军軍决決减減击擊则則刚剛创創别別办辦劳勞势勢单單卫衛压壓厂廠历歷县縣参參双雙变變号號听聽员員与與业業两兩严嚴临臨举舉"
    "义義乐樂习習乡鄉亚亞产產亲親亿億从從众眾优優传傳伤傷伦倫条條场場块塊坏壞声聲处處备備复復够夠奖獎妇婦孙孫宁寧宝寶审審"
    "导導将將尔爾层層岁歲岛島币幣师師带帶帮幫广廣庆慶应應张張强強归歸录錄忆憶态態总總战戰户戶执執扩擴报報担擔择擇换換据據"
)
_SIMPLIFIED, _TRADITIONAL = frozenset(_PAIRS[0::2]), frozenset(_PAIRS[1::2])


def variant_share(text: str, variant: str) -> float:
    """1.0 for Chinese text in the asked way of writing (`Hans`, `Hant`), falling to 0.0 where half is in the other.

    >>> variant_share("\\u9019\\u500b", "Hant"), variant_share("\\u9019\\u500b", "Hans"), variant_share("", "Hans")
    (1.0, 0.0, 1.0)
    """
    if not variant:
        return 1.0
    counts = {"Hans": sum(c in _SIMPLIFIED for c in text), "Hant": sum(c in _TRADITIONAL for c in text)}
    total = sum(counts.values())
    return min(1.0, max(0.0, (counts[variant] / total - 0.5) / 0.4)) if total else 1.0
