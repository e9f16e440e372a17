"""Checks of what a response takes from its prompt: all of it first, or passages in quotation marks."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from rewards.base import RewardError
from rewards.checks import Response, check_bounds, outside
from rewards.text import (
    folded,
    has_content,
    without_comments,
    words,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatsPrompt:
    """The response starts with the prompt, or with the given text, word for word, and then goes on."""

    text: str = ""
    then_answer: bool = True

    def fault(self, response: Response) -> str:
        start, said = folded(without_comments(self.text or response.prompt)), folded(response.text)
        if not start or not said.startswith(start):
            return "does not start with the prompt"
        return "" if not self.then_answer or has_content(said[len(start) :]) else "nothing but the prompt"


_ELLIPSIS = re.compile(r"[\[(]?(?:\.{3}|\u2026)\.?[\])]?")
_BREAK = r"\n(?![ \t]*\n)"
_QUOTATION = re.compile(
    r"^[ \t]*+>[ \t]*(.+)$"
    # Straight ones do not tell their ends apart: over a line break only where they stand at the edges of words.
    r'|["\uff02]([^"\uff02\n]++)["\uff02]'
    rf'|(?<!\w)["\uff02](?=\S)((?:[^"\uff02\n]|{_BREAK})++)(?<=\S)["\uff02](?!\w)'
    rf"|\u201c((?:[^\u201c\u201d\n]|{_BREAK})++)\u201d"
    rf"|\u201e((?:[^\u201c-\u201e\n]|{_BREAK})++)[\u201c\u201d]"
    rf"|\u201d((?:[^\u201c-\u201e\n]|{_BREAK})++)\u201d"
    rf"|\u00ab((?:[^\u00ab\u00bb\n]|{_BREAK})++)\u00bb"
    rf"|\u00bb((?:[^\u00ab\u00bb\n]|{_BREAK})++)[\u00ab\u00bb]"
    r"|[\u2039\u203a]([^\u2039\u203a\n]++)[\u2039\u203a]"
    rf"|\u300c((?:[^\u300c\u300d\n]|{_BREAK})++)\u300d"
    rf"|\u300e((?:[^\u300e\u300f\n]|{_BREAK})++)\u300f"
    rf"|\u301d((?:[^\u301d-\u301f\n]|{_BREAK})++)[\u301e\u301f]"
    # An apostrophe looks like what closes these, so they must stand where no word goes on.
    r"|(?<!\w)\u2018([^\u2018\n]+?)\u2019(?!\w)"
    r"|(?<!\w)\u201a([^\u2018\u201a\n]+?)[\u2018\u2019](?!\w)",
    re.MULTILINE,
)
"""Quotations in the marks of many languages. Not in straight single ones, which are apostrophes more often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CitesPrompt:
    """At least so many different passages of the prompt stand in quotation marks or after `>`, and no invented ones.

    Quotations of fewer than `min_words` words are left alone; passages that share words of the prompt count once. A
    quotation with an ellipsis (`...`, `[...]`) is one whose pieces stand in the prompt in this order.
    """

    at_least: int = 1
    min_words: int = 4

    def __post_init__(self) -> None:
        check_bounds("cites_prompt", self.at_least, None)
        if not isinstance(self.min_words, int) or self.min_words < 1:
            raise RewardError(f"cites_prompt: min_words is {self.min_words!r}; give a whole number of at least 1")

    def fault(self, response: Response) -> str:
        prompt = words(folded(without_comments(response.prompt)))
        source, cited = f" {' '.join(prompt)} ", set[str]()
        for quotation in _QUOTATION.finditer(response.text):
            said = [words(folded(piece)) for piece in _ELLIPSIS.split(quotation[quotation.lastindex or 0])]
            if sum(map(len, said)) < self.min_words:
                continue
            pieces = [f" {' '.join(piece)} " for piece in said if piece]
            if not _stands(source, pieces):
                return f"the prompt does not say {'...'.join(pieces)[1:60]!r}"
            cited.update(piece for piece in pieces if piece.count(" ") > self.min_words)
        apart = _num_apart(source, cited)
        return outside("passages cited", apart, apart, self.at_least, None)


def _stands(source: str, pieces: Sequence[str]) -> bool:
    """Whether the pieces, each between spaces, stand in the source one after the other."""
    position = 0
    for piece in pieces:
        found = source.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece) - 1
    return True


def _num_apart(source: str, passages: Set[str]) -> int:
    """How many of the passages, each between spaces, stand in the source without sharing a word; earliest end first."""
    places = [
        (found.start() + len(passage) - 1, found.start(), passage)
        for passage in passages
        for found in re.finditer(f"(?={re.escape(passage)})", source)
    ]
    reached, taken = 0, set[str]()
    for end, start, passage in sorted(places):
        if start >= reached and passage not in taken:
            reached = end
            taken.add(passage)
    return len(taken)
