"""What is a run of foreign words in a text: a name, a loan, a term, a quotation, or text in another language?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby, pairwise

from rewards.language.common import common_words
from rewards.language.tags import LATIN, Language
from rewards.language.words import LONGEST_WORD, Word

NAME = "name"
"""The code of a span that is a foreign name or title, which is no language."""
CITED = "quote"
"""The code of a short span in another language that stands in quotation marks or brackets, or is a term."""
OTHER_SCRIPT = "?"
"""The code of a span in a script that the asked language does not use."""
_LEAST_SHOUTED = 4
"""Words in capital letters alone, side by side, from which on they are a sentence that shouts rather than names."""
LONGEST_LOAN = 1
"""Different words."""
LONGEST_CITED, LONGEST_TERM, LONGEST_TITLE = 7, 2, 10
"""Words."""
_NUM_GLUE = 60
"""The most common words of a language, which hold sentences together and stand in few terms."""
_OPENERS = frozenset("\"'\u2018\u201c\u201e\u201a\u00ab\u2039([\u300c\u300e\uff08")
_CLOSERS = frozenset("\"'\u2019\u201c\u201d\u00bb\u203a)]\u300d\u300f\uff09")
_MARKS = (_OPENERS | _CLOSERS) - {"'", "\u2019"}


def with_kinds(words: Sequence[Word], codes: Sequence[str], language: Language) -> list[str]:
    """The codes of words, `NAME` or `CITED` in place of foreign runs, cut at quotation marks, that are no language."""
    kinds: list[str] = []
    for code, run in groupby(codes):
        start = len(kinds)
        end = start + sum(1 for _ in run)
        if code == language.code:
            kinds += [code] * (end - start)
            continue
        cuts = [i for i in range(start + 1, end) if not _MARKS.isdisjoint(words[i].before)]
        for first, last in pairwise([start, *cuts, end]):
            kinds += [_kind(words, first, last, code, language, is_whole=not cuts) or code] * (last - first)
    return kinds


def _kind(words: Sequence[Word], first: int, end: int, code: str, language: Language, *, is_whole: bool) -> str:
    """`NAME` or `CITED` for a foreign run that is a loan, a name, a term or cited; empty text for any other."""
    run = words[first:end]
    if any(word.num_letters > LONGEST_WORD for word in run):
        return ""
    glue = glue_of("en" if code == OTHER_SCRIPT else code, language)
    titled = run
    if run[-1].text in glue and end < len(words) and words[end].before == " " and words[end].text[0].isupper():
        titled = words[first : end + 1]  # its last word may as well be one of the language
    if is_a_title(titled, glue) or (is_whole and is_a_loan(run)):
        return NAME
    return CITED if is_a_loan(run) or is_a_term(run, glue) or is_cited(words, first, end) else ""


@lru_cache(maxsize=1024)
def glue_of(code: str, language: Language) -> frozenset[str]:
    """The most common words of a language that are not common in another one or its twins."""
    own = {word for twin in language.twins for word in common_words(twin)}
    return frozenset(common_words(code)[:_NUM_GLUE]) - own


def is_a_loan(run: Sequence[Word]) -> bool:
    """Whether a foreign run is a loan such as `boda-boda` or `park-and-ride`: one word, alone or repeated."""
    starts = [word.text.casefold() for i, word in enumerate(run) if i == 0 or word.before != "-"]
    return len(set(starts)) <= LONGEST_LOAN and len(run) <= 3 * len(starts)


def is_a_title(run: Sequence[Word], glue: frozenset[str]) -> bool:
    """Whether a foreign run is the name of a film, a club or an office, short, with most of its words capitalized, the
    first and the last among them, or of a species (`Geospiza fortis`).
    """
    if len(run) == 2:
        return run[0].text[0].isupper() and run[1].text not in glue
    if len(run) > LONGEST_TITLE or not all(any(char.isupper() for char in word.text) for word in (run[0], run[-1])):
        return False
    small = [word.text for word in run if not word.text[0].isupper()]
    if len(small) > 0.4 * len(run) and (len(small) > 0.5 * len(run) or not glue.issuperset(small)):
        return False
    return not any(shouted(run))


def shouted(words: Sequence[Word]) -> list[bool]:
    """Which words stand in a run of `_LEAST_SHOUTED` and more in capital letters alone, without a mark between them.

    >>> from rewards.language.words import split_words
    >>> shouted(split_words("THE ANSWER IS SIX")), shouted(split_words("NASA, ESA, CERN, ISRO"))
    ([True, True, True, True], [False, False, False, False])
    """
    found = [text.isupper() and len(text) > 1 for text, *_ in words]
    if sum(found) < _LEAST_SHOUTED:
        return [False] * len(found)
    start = 0
    for i in range(len(words) + 1):
        if i < len(words) and found[i] and (i == start or words[i].before == " "):
            continue
        if i - start < _LEAST_SHOUTED:
            found[start:i] = [False] * (i - start)
        start = i if i < len(words) and found[i] else i + 1
    return found


def is_a_term(run: Sequence[Word], glue: frozenset[str]) -> bool:
    """Whether a foreign run is a technical term (`nuclear magnetic resonance`): a few words that form no sentence."""
    return (
        bool(glue)
        and len(run) <= LONGEST_TERM
        and not any(word.text.casefold() in glue for word in run)
        and all(word.script == LATIN for word in run)
    )


def is_cited(words: Sequence[Word], first: int, end: int) -> bool:
    """Whether a foreign run, and perhaps a word or two on its sides, stand in quotation marks or brackets."""
    opened = next(
        (i for i in range(first, max(-1, first - 3, end - LONGEST_CITED - 1), -1) if _opens(words[i].before)),
        None,
    )
    if opened is None or any(_closes(words[i].before[:-1]) for i in range(opened + 1, first + 1)):
        return False
    return end + 2 >= len(words) or any(_closes(words[i].before) for i in range(end, end + 3))


def _opens(marks: str) -> bool:
    return marks[-1:] in _OPENERS or marks.rstrip()[-1:] in ("\u00ab", "\u2039")  # French sets a space behind them


def _closes(marks: str) -> bool:
    return not _CLOSERS.isdisjoint(marks)
