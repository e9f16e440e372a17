"""Does a completion repeat itself? A reward that falls with the share of the text inside repeated n-grams."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from numbers import Real

from rewards.base import RewardError, Sample, Verdict
from rewards.text import visible, words, writes_no_spaces

MAX_WORD_CHARS = 40
"""A longer "word" is read character by character: that is how a run without spaces repeats itself."""
MARKS_PER_LETTER = 3
"""Signs are read too where there are this many times more of them than letters and digits: no formula has as many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Repetition:
    """1.0 for a text that repeats nothing, falling to 0.0 as all of it is repetition.

        share = letters inside an n-gram that stood before / all letters
        value = 1 - max(0, share - allowed_share) / (1 - allowed_share)

    n-grams are of words; where a script writes no spaces (Chinese, Japanese, Thai, ...), inside words of more than 40
    characters and in a text of signs, they are of characters. Case and invisible characters do not matter. The first
    occurrence is free. A text shorter than one n-gram repeats nothing; one that shows nothing is 0.0. The thinking
    section counts as well, since loops begin there.

    Source: after the n-gram repetition penalty of Yeo et al. 2025, arXiv:2502.03373. Deviation: one value per
    completion instead of one per token, over words and characters instead of tokens.

    >>> reward = Repetition(ngram_words=2, ngram_chars=4)
    >>> [reward([Sample(prompt="", completion=text)])[0].value for text in ("one two three", "one two one two", "")]
    [1.0, 0.5, 0.0]
    """

    ngram_words: int
    """Words that must come again in the same order to count as repetition; 6 spares ordinary turns of phrase."""
    ngram_chars: int
    """The same for characters, where there are no words to tell apart; 16 spares names and terms."""
    allowed_share: float = 0.0
    """The share of the text that may be repetition at no cost, from 0 to below 1, such as a restated answer."""

    def __post_init__(self) -> None:
        for name, size in (("ngram_words", self.ngram_words), ("ngram_chars", self.ngram_chars)):
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise RewardError(f"Repetition: {name} is {size!r}; give a whole number of at least 1")
        share = self.allowed_share
        if not isinstance(share, Real) or isinstance(share, bool) or not 0 <= share < 1:
            raise RewardError(f"Repetition: allowed_share is {share!r}; give a number from 0 to below 1")

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample.completion) for sample in group]

    def _judge(self, completion: str) -> Verdict:
        share = repeated_share(completion, ngram_words=self.ngram_words, ngram_chars=self.ngram_chars)
        if share is None:
            return Verdict.of(0.0, "the text shows nothing")
        value = 1.0 - max(0.0, share - self.allowed_share) / (1.0 - self.allowed_share)
        return Verdict.of(value, f"{share:.0%} of the text is repetition")


def repeated_share(text: str, *, ngram_words: int, ngram_chars: int) -> float | None:
    """The share of the letters that stand inside an n-gram met before; None for a text that shows nothing.

    >>> repeated_share("a b c a b c", ngram_words=3, ngram_chars=16)
    0.5
    """
    as_words, as_chars = _units(text)
    total = sum(map(len, as_words)) + sum(map(len, as_chars))
    if not total:
        return None
    return (_repeated(as_words, ngram_words) + _repeated(as_chars, ngram_chars)) / total


def _units(text: str) -> tuple[list[str], list[str]]:
    """The text as two rows: its words, and the characters of what is not read as words."""
    shown = visible(text).casefold()
    as_words, as_chars = list[str](), list[str]()
    for word in words(shown):
        if len(word) > MAX_WORD_CHARS:
            as_chars.extend(word)
        else:
            (as_chars if writes_no_spaces(word[0]) else as_words).append(word)
    marks = [char for char in shown if unicodedata.category(char)[0] in "PS"]
    if len(marks) > MARKS_PER_LETTER * (sum(map(len, as_words)) + sum(map(len, as_chars))):
        as_chars.extend(marks)
    return as_words, as_chars


def _repeated(units: Sequence[str], size: int) -> int:
    """How many letters stand in an n-gram that an earlier position began with the same units."""
    seen = set[Hashable]()
    letters, covered_to = 0, 0
    for start in range(len(units) - size + 1):
        ngram = tuple(units[start : start + size])
        if ngram in seen:
            letters += sum(map(len, units[max(start, covered_to) : start + size]))
            covered_to = start + size
        else:
            seen.add(ngram)
    return letters
