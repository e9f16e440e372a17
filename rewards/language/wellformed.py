"""Is a text written as texts are? Repetition, variety of words, capitals and marks, and an end that is one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

from rewards.language.words import PLACE, SPACELESS, Word

MAX_CHARS = 20_000
_WINDOW, _LEAST_WINDOW = 40, 24
"""Words looked at together, and the fewest that tell."""
_OPENERS = r"[\s\"'\u00ab\u201e\u201c(\u00bf\u00a1]*"
_FIRST_LETTER = re.compile(rf"{_OPENERS}([^\W\d_])(?![A-Z])")
_SENTENCE_START = re.compile(
    rf"[.!?](?<=[^\W\d_]{{3}}.)(?![.\u2026])[!?]*[\"'\u00bb\u201d\u2019)]*\s{_OPENERS}([^\W\d_])(?![A-Z])"
)
"""The letter after a full stop, but not after an ellipsis; none where a name such as `iPhone` stands, which is never
capitalized.
"""
_PAUSES = frozenset(",;\u060c\u061b\u3001\uff0c\uff1b\u055d\u1363")
_CLOSERS = "\"')\u00bb\u201d\u2019\u201c\u300d\u300f\uff09"
_UNMARKED = frozenset({"Thai", "Laoo", "Khmr"})
"""Scripts that do without marks at the end of sentences."""
_LEAST_MARKED = 20
"""Words, or short pieces where no spaces are written, from which on a text has marks."""
_LEAST_LISTED, _MOSTLY_LISTED = 24, 0.8
"""Words of a list too long to be taken for one without doubt, and the share of words with a mark before them."""
_MOST_COMMON, _TOO_COMMON = 0.8, 0.95
"""Shares of common words: texts of three sentences in 91 languages have up to 0.73."""
_SENTENCE_END = re.compile(
    r"(?:(?<=[^\s\d.]{3})[.\u2026]+|[!?\u061f\u0964\u0965\u104b\u06d4\u1362\u0589]+)[\"'\u00bb\u201d\u2019)]*\s"
    r"|[\u3002\uff01\uff1f]+[\u300d\u300f\uff09]*"
)
_SIGN_OFF = re.compile(r"[\u3002\uff01\uff1f]\s+[^\W\d_]{1,4}$")
"""What closes a Japanese letter, such as \u656c\u5177: spaces stand nowhere else in its sentences."""
_CAPITAL_INSIDE = re.compile(r"[^\W\d_],?\s[A-Z\u00c0-\u00de\u0391-\u03ab\u0400-\u042f\u0531-\u0556]")


def repetition(words: Sequence[Word]) -> float:
    """The share of four-word sequences that stood there before; of eight characters in Chinese and Japanese, and of
    sixteen in other scripts without spaces.

    >>> from rewards.language.words import split_words
    >>> repetition(split_words("one two three four five six seven eight " * 4)) > 0.7, repetition(split_words("a text"))
    (True, 0.0)
    """
    units = units_of(words)
    length = 4
    if units and words[0].script in SPACELESS:
        length = 8 if words[0].script in ("Hani", "Kana") else 16
    sequences = list(zip(*(units[i:] for i in range(length)), strict=False))
    return 1.0 - len(set(sequences)) / len(sequences) if len(sequences) >= 8 else 0.0


def vocabulary(words: Sequence[Word]) -> float:
    """1.0 where a text has words of its own, falling to 0.0 where it is made of the same few, such as function words.

    The mean over each `_WINDOW` words of the better of two clipped shares: of words that stand there once, from 0.1 to
    0.15, and of different words, from 0.33 to 0.38. Less than `_LEAST_WINDOW` words, and scripts without spaces, are
    not suspected.

    >>> from rewards.language.words import split_words
    >>> vocabulary(split_words("und der die das " * 10)), vocabulary(split_words("a short text"))
    (0.0, 1.0)
    """
    texts = [word.text.casefold() for word in words if word.script not in SPACELESS]
    windows = [Counter(texts[i : i + _WINDOW]) for i in range(0, len(texts) - _LEAST_WINDOW + 1, _WINDOW)]
    values: list[float] = []
    for counts in windows:
        size = counts.total()
        once = (list(counts.values()).count(1) / size - 0.1) / 0.05
        values.append(min(1.0, max(0.0, once, (len(counts) / size - 0.33) / 0.05)))
    return sum(values) / len(values) if values else 1.0


def substance(words: Sequence[Word], common: Collection[str]) -> float:
    """1.0 where other words stand among the common ones, falling to 0.0 for a text of common words alone.

    >>> from rewards.language.words import split_words
    >>> common = {"of", "the", "and", "to"}
    >>> substance(split_words("of the and to " * 6), common), substance(split_words("of the hill " * 8), common)
    (0.0, 1.0)
    """
    if len(words) < _LEAST_WINDOW or not common:
        return 1.0
    share = sum(word.text.casefold() in common for word in words) / len(words)
    return min(1.0, max(0.0, (_TOO_COMMON - share) / (_TOO_COMMON - _MOST_COMMON)))


def sentence_shape(text: str) -> float:
    """1.0 where sentences start as sentences do, falling to 0.0 for words in random order, in scripts with capitals.

    In shuffled words most full stops stand before a small letter, and the capitals that began sentences stand inside
    them. Text that does without capitals, and text of fewer than three sentences, is not suspected.

    >>> sentence_shape("We go home. They stay here. It rains."), sentence_shape("home. We here. go It rains. they stay")
    (1.0, 0.0)
    """
    text = text[:MAX_CHARS]
    first = _FIRST_LETTER.match(text)
    starts = [*([first[1]] if first else []), *_SENTENCE_START.findall(text)]
    small = sum(_is_small(char) for char in starts)
    if len(starts) < 3 or small < 2 or 3 * len(_CAPITAL_INSIDE.findall(text)) < small:
        return 1.0
    return 1.0 - min(1.0, max(0.0, (small / len(starts) - 0.3) / 0.3))


def _is_small(char: str) -> bool:
    """Whether a letter is written small where it could be a capital; Georgian, which has none, is never."""
    return char.islower() and not "\u10d0" <= char <= "\u10ff"


def stops_short(text: str) -> bool:
    """Whether the last line has two whole sentences or more and then breaks off in the middle of another one; one is
    enough where the line begins with a small letter, too.

    Words in random order nearly always do, in any script with marks at the end of sentences, because only a few of its
    words carry one. A rest that begins with a capital letter may be a whole sentence that lacks its mark.

    >>> stops_short("We go home. They stay here. It rains"), stops_short("home. We here. go It rains they stay")
    (False, True)
    """
    line = text.rstrip()[-MAX_CHARS:].rpartition("\n")[2].rstrip(_CLOSERS)
    if not line or not (unicodedata.category(line[-1])[0] in "LM" or line[-1] in _PAUSES) or _SIGN_OFF.search(line):
        return False
    ends = [match.end() for match in _SENTENCE_END.finditer(line)]
    least = 1 if next((_is_small(char) for char in line if char.isalpha()), False) else 2
    return len(ends) >= least and not next((char.isupper() for char in line[ends[-1] :] if char.isalpha()), True)


def is_unmarked(text: str, words: Sequence[Word]) -> bool:
    """Whether a long text has no mark and no line break at all, so that nothing tells sentences from a heap of words.

    >>> from rewards.language.words import split_words
    >>> is_unmarked("we home here go it rains they stay " * 5, split_words("we home here go it rains they stay " * 5))
    True
    """
    if any(word.script in _UNMARKED for word in words):
        return False
    return len(words) >= _LEAST_MARKED and not any(_is_mark(char) for char in text.strip())


def is_a_bare_list(words: Sequence[Word]) -> bool:
    """Whether a long text has a mark or a line break between nearly all of its words, as lists of single words have and
    heaps of them may.

    >>> from rewards.language.words import split_words
    >>> [is_a_bare_list(split_words(text * 8)) for text in ("home, rain, stay, ", "We go home, she stays. ")]
    [True, False]
    """
    gaps = [word.before for word in words if word.before != " "]
    least = _MOSTLY_LISTED * len(words)
    return len(words) >= _LEAST_LISTED and len(gaps) >= least and sum(map(_sets_apart, gaps)) >= least


def _sets_apart(before: str) -> bool:
    """Whether marks or signs, but no numbers or formulas, stand before a word, or a line begins with it."""
    if "\n" in before:
        return True
    return bool(before.strip(" '\u2019-_")) and not any(char.isdigit() or char == PLACE for char in before)


def _is_mark(char: str) -> bool:
    return char == "\n" or (char not in "'\u2019-_" and unicodedata.category(char)[0] == "P")


def units_of(words: Sequence[Word]) -> Sequence[str]:
    """Lower-case words; single characters of scripts that write no spaces."""
    units: list[str] = []
    for word in words:
        if word.script in SPACELESS:
            units += word.text
        else:
            units.append(word.text.casefold())
    return units
