"""What a text shows, in any script: its visible characters, words, sentences and paragraphs. Standard library only.

Every function takes time linear in the text. Zero-width and other invisible characters count for nothing anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that Unicode calls letters, marks or symbols, and that show nothing."""
_NO_SPACES = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19DF), (0x1A20, 0x1AAF), (0x1B00, 0x1B7F)),
    *((0x3005, 0x3007), (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xA4CF)),
    *((0xA980, 0xA9DF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x1B000, 0x1B16F), (0x20000, 0x3FFFF)),
)
"""Blocks of scripts written without spaces: Thai, Lao, Burmese, Khmer, Tai, Balinese, Javanese, kana, Han, Yi."""


def writes_no_spaces(char: str) -> bool:
    """Whether the character belongs to a script that puts no spaces between words.

    >>> writes_no_spaces("\\u6c34"), writes_no_spaces("a"), writes_no_spaces("\\uac00")
    (True, False, False)
    """
    point = ord(char)
    return point >= 0x0E00 and any(first <= point <= last for first, last in _NO_SPACES)


class _Visible(dict[int, str]):
    """The table of `str.translate` that drops what shows nothing, filled as characters are met."""

    def __missing__(self, point: int) -> str:
        char, category = chr(point), unicodedata.category(chr(point))
        if category in ("Zl", "Zp") or char == "\r":
            shown = "\n"
        elif category == "Zs":
            shown = " "
        elif char in "\t\n":
            shown = char
        else:
            shown = "" if category in ("Cf", "Cc", "Cs", "Cn") or char in _BLANK_LETTERS else char
        self[point] = shown
        return shown


class _WordParts(dict[int, str]):
    """The table of `str.translate` that leaves words, and what may join two parts of one, between spaces."""

    def __missing__(self, point: int) -> str:
        char, category = chr(point), unicodedata.category(chr(point))
        if category[0] == "M":
            part = char
        elif category[0] in "LN":
            part = " " + char if writes_no_spaces(char) else char
        else:
            part = char if char in ".,'" else "'" if char == "\u2019" else " "
        self[point] = part
        return part


_VISIBLE, _WORD_PARTS = _Visible(), _WordParts()


def visible(text: str) -> str:
    """The text in Unicode's composed form (NFC), without characters that show nothing; every line break is one `\\n`.

    Dropped are format and control characters, surrogates, unassigned code points and blank letters such as U+3164.

    >>> visible("a\\u200bb\\u00a0c\\r\\nd\\u3164")
    'ab c\\nd'
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_VISIBLE))


def has_content(text: str) -> bool:
    """Whether anything but spaces, punctuation and invisible characters stands in the text.

    >>> has_content(" ...\\u200b -"), has_content("\\u2205"), has_content("18")
    (False, True, True)
    """
    return any(unicodedata.category(char)[0] in "LNS" for char in visible(text))


def shown_share(text: str) -> float:
    """The share of the text's characters, 0 to 1, that are neither invisible nor a further space of a run.

    >>> shown_share("ab"), shown_share("ab" + " " * 8), shown_share("ab\\u200b\\u200b"), shown_share("")
    (1.0, 0.2, 0.5, 0.0)
    """
    return len(" ".join(visible(text).split())) / len(text) if text else 0.0


_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\s.,'](?:\.[^\s.,'])+(?=[.,'\s]|\Z)|[^\s.,']+(?:'[^\s.,']+)?")


def words(text: str) -> list[str]:
    """The words in order. Where a script writes no spaces, every character with its marks counts as one word.

    Apostrophes and the points of numbers and of `U.S.` join; hyphens, underscores and all other signs part.

    >>> words("It's 3.14, well-known -- e.g. in the U.S.")
    ["It's", '3.14', 'well', 'known', 'e.g', 'in', 'the', 'U.S']
    >>> len(words("\\u6c34\\u3068 H2O"))
    3
    """
    return _WORD.findall(visible(text).translate(_WORD_PARTS))


BULLET = (
    r"(?:[-*+\u2022\u2023\u25e6\u2013][ \t]+"
    # Signs that are nothing but bullets need no space; several of them (`\u25cb\u25cb`) stand for a name or a rule.
    r"|[\u2043\u2219\u25aa\u25ab\u25b6\u25b8\u25ba\u25c6\u25c7\u25cb\u25cf\u25a0\u25a1\u27a2\u27a4\u30fb\u00b7]"
    r"[ \t]*+(?![\u25aa\u25ab\u25c6\u25c7\u25cb\u25cf\u25a0\u25a1\u30fb\u00b7]))"
)
"""What starts an item of a list, as a pattern."""
NUMBERED = r"(?:\d{1,3}[.)][ \t]+|\d{1,3}[\uff0e\u3001\uff09](?!\d)[ \t]*+|[(\uff08]\d{1,3}[)\uff09][ \t]*+)"
"""What starts an item of a numbered list, as a pattern."""
_SENTENCE_END = re.compile(
    # Signs that need a space behind them; possessive, so that a long run of them costs its length once.
    r"(?<![.!?\u2026])[.!?\u2026]++[\"'\u2019\u201d\u00bb)\]*_]*+(?=\s|\Z)"
    r"|[\u3002\uff01\uff1f\u0964\u0965\u061f\u06d4\u0589\u1362\u17d4\u104b]+[\"')\u201d\u2019\u300d\u300f\uff09]*"
    r"|\n\s*\n"
    rf"|\n(?=[ \t]*+(?:{BULLET}|{NUMBERED}))"  # a blank line, or the next item of a list
)
_ABBREVIATIONS = frozenset(
    "Mr Mrs Ms Dr Prof St vs Jr Sr no Fig Eq cf al approx Dept Inc Ltd e.g i.e P.S P.P.S".lower().split()
)
_LAST_WORD = re.compile(r"[^\W_](?:[^\W_]|\.(?=[^\W_]))*\Z")


def sentences(text: str) -> list[str]:
    """The sentences in order; only those that hold a word. A blank line or the next list item ends one too.

    No end is seen after a common English abbreviation, a single capital letter or a list number. Scripts without a sign
    for the end of a sentence, such as Thai, have one per paragraph.

    >>> sentences("Dr. Li came at 3.30. She left! ... !")
    ['Dr. Li came at 3.30.', 'She left!']
    """
    return [sentence for sentence in _split_sentences(visible(text)) if words(sentence)]


def _split_sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end[0] == "." and _is_no_end(text[max(start, end.start() - 12) : end.start()], end.start() - start):
            continue
        yield text[start : end.end()].strip()
        start = end.end()
    yield text[start:].strip()


def _is_no_end(before: str, length: int) -> bool:
    """Whether a point after these last characters of a sentence so far, of `length` characters, does not end it."""
    last = _LAST_WORD.search(before)
    if last is None:
        return False
    is_list_number = length <= 6 and before.strip() == last[0] and last[0].isdigit()
    is_initial = len(last[0]) == 1 and last[0].isupper() and last[0] != "I"
    return is_list_number or is_initial or last[0].lower() in _ABBREVIATIONS


def paragraphs(text: str, separator: str = "") -> list[str]:
    """The paragraphs that hold a word, parted by blank lines or by the given mark.

    >>> paragraphs("one\\n\\n\\u200b\\n\\ntwo"), paragraphs("one *** two", separator="***")
    (['one', 'two'], ['one', 'two'])
    """
    shown = visible(text)
    parts = shown.split(separator) if separator else re.split(r"\n\s*\n", shown)
    return [part.strip() for part in parts if words(part)]


def folded(text: str) -> str:
    """The visible text without regard to case, with every run of spaces as one: what two texts are compared by.

    >>> folded("Stra\\u00dfe  \\n EINS")
    'strasse eins'
    """
    return " ".join(visible(visible(text).casefold()).split())


def count_phrase(text: str, phrase: str) -> int:
    """How often the phrase stands in the text as whole words, without regard to case; overlaps count once.

    >>> count_phrase("A cat, two cats; CAT!", "cat"), count_phrase("c++ and C++", "C++")
    (2, 2)
    """
    text, phrase = folded(text), folded(phrase)
    if not phrase:
        return 0
    count, position = 0, text.find(phrase)
    while position >= 0:
        end = position + len(phrase)
        whole = not _joined(text, position) and not _joined(text, end)
        count += whole
        position = text.find(phrase, end if whole else position + 1)
    return count


def starts_with(text: str, phrase: str) -> bool:
    """Whether the text starts with the phrase as whole words, without regard to case.

    >>> starts_with("Hello there", "hell"), starts_with("Hello, there", "hello"), starts_with("\u4f60\u597d", "\u4f60")
    (False, True, True)
    """
    text, phrase = folded(text), folded(phrase)
    return text.startswith(phrase) and not _joined(text, len(phrase))


def ends_with(text: str, phrase: str) -> bool:
    """Whether the text ends with the phrase as whole words, without regard to case.

    >>> ends_with("It was a misfit", "fit"), ends_with("Are you fit?", "fit?")
    (False, True)
    """
    text, phrase = folded(text), folded(phrase)
    return text.endswith(phrase) and not _joined(text, len(text) - len(phrase))


_HIDDEN = re.compile(
    r"(?P<code>^[ \t]*+(?P<fence>```+|~~~+)[^\n]*\n(?s:.*?)(?:^[ \t]*+(?P=fence)|\Z)|`[^`\n]++`)"
    r"|<!--(?s:.*?)(?:-->|\Z)"
    r"|^[ ]{0,3}\[[^\]\n]*+\]:[ \t]*+(?:\#|<>)[^\n]*+$",
    re.MULTILINE,
)


def without_comments(text: str) -> str:
    """The text without what Markdown does not show: comments of HTML, and `[//]: # (...)`. Code is left as it is.

    >>> without_comments("a<!-- b --> c `<!-- d -->`")
    'a c `<!-- d -->`'
    """
    if "<!--" not in text and "]:" not in text:
        return text
    return _HIDDEN.sub(lambda found: found["code"] or "", text)


def _joined(text: str, position: int) -> bool:
    """Whether the characters on both sides of a position belong to one word."""
    if not 0 < position < len(text):
        return False
    before, after = text[position - 1], text[position]
    if unicodedata.category(after)[0] == "M":
        return True
    both = all(unicodedata.category(char)[0] in "LNM" for char in (before, after))
    return both and not writes_no_spaces(before) and not writes_no_spaces(after)
