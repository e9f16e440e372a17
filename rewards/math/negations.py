# ruff: noqa: RUF001, RUF002  (words in other scripts)
"""Denials that are no words but endings, or the place of a word: Japanese, Korean, Turkish, Spanish, Greek.

Where a language denies by an ending of its verb, every verb may carry it, so that no list of words is long enough.
"""

from __future__ import annotations

import re

_JAPANESE = re.compile(
    "(?<!しか)(?<!違い)(?<!ちがい)(?<!間違い)(?<!ほかなら)(?<!他なら)(?<!せねばなら)"
    "(?:ない|ありません|なかった|ません|はずが|わけが|わけは|ぬ(?=[。]|$)|まい(?=[。]|$)|んな訳|もんか|ものか)"
)
_ONLY = re.compile("しか|間違い(?:な|あ)|に違いな|疑い(?:な|の余地)|밖에|틀림없|의심의? ?여지|어김없")
"""A denial behind one of these affirms: "nothing but 18", "without doubt 18"."""
_KOREAN = re.compile(
    r"없[다는을었습어으지]|아니[다라며면네고]|아닙|아닌|아닐|않[다는을았습고]|못[하한합했]|리가|리는|지 ?모른|는지"
    r"|ㄹ까|했더라면|었더라면|은커녕|는커녕"
)
_TURKISH = re.compile(
    r"[^\W\d_](?:m[ae]d[ıi](?:m|n|k|lar|ler|ğ\w*)?(?!\w)|m[ae]z(?:dı|di|sa|se|lar|ler|mış|miş)?(?!\w)|m[ıiuü]yor\w*"
    r"|m[ae]m[ıi]ş\w*|m[ae]yacak\w*|m[ae]yecek\w*|s[ae]yd[ıi]\w*|m[ae]m[ae]l[ıi]\w*)|(?<!\w)(?:m[ıiuü]|mudur|midir"
    r"|mıdır|müdür"
    r"|olsa|ise|olaydı|yok|yoktur|imiş)(?!\w)"
)
_TURKISH_MARK = re.compile(
    "[ığşİ]|(?<!\\w)(?:tane|lira|elma|adet|cevap|kadar|de[gğ]il|olur|kal\\w+)(?!\\w)", re.IGNORECASE
)
_SPANISH = re.compile(
    r"(?<!\w)no (?:(?:se|te|me) )?(?:le|les|lo|la|los|las|nos|se|me|hi|en|li|els) \w"
    r"|(?<!\w)no (?:queda|hay|había|tiene|tenía|son|es|era|eran|fue|fueron|suma|da|dio|cuesta|vale|mide|pesa|gana"
    r"|paga|hace|hizo"
    r"|puede|pueden|podría|debe|deberían?|vend|recorr|sale|salen|result|ha|han|está|están|sobra|falta|gast|compr"
    r"|llega|coincid|cumple"
    r"|corresponde|val|fa|costa|pot|té|tinc)\w*",
    re.IGNORECASE,
)
_GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")
_GREEK_QUESTION = re.compile(r"[^.!?;\n]{0,60};\s*$")


def denies_by_ending(before: str, after: str) -> bool:
    """Whether the clause around a number denies it by an ending, in a language that does so.

    >>> denies_by_ending("", "個とは限りません"), denies_by_ending("残りは", "個しかありません")
    (True, False)
    >>> denies_by_ending("Ali'nin ", " lirası kalmadı"), denies_by_ending("A María no le quedan ", " caramelos")
    (True, True)
    """
    if before.isascii() and after.isascii():
        return _SPANISH.search(before) is not None or (
            _TURKISH.search(after) is not None and _TURKISH_MARK.search(before + after) is not None
        )
    if _SPANISH.search(before) or (_TURKISH.search(after) and _TURKISH_MARK.search(before + after)):
        return True
    return (_JAPANESE.search(after) or _KOREAN.search(after)) is not None and _ONLY.search(after) is None


def asks_in_greek(text: str, end: int) -> bool:
    """Whether a Greek text that ends with its question mark, which looks like a semicolon, asks behind `end`.

    >>> asks_in_greek("Μήπως είναι 30;", 14), asks_in_greek("Είναι 30.", 8)
    (True, False)
    """
    return _GREEK_QUESTION.match(text, end) is not None and _GREEK.search(text[max(0, end - 60) : end]) is not None
