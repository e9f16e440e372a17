"""Checks of a response's words: how many, which, how often and in what case. Their like for shape: `rewards.shapes`.

A check is a frozen value that names its fault, or "". All of them look at visible characters only and, where they
compare, do so without regard to case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from rewards.base import RewardError
from rewards.text import BULLET, NUMBERED, count_phrase, folded, has_content, paragraphs, sentences, words

Speaks = Callable[[str, str], bool | None]
"""Whether a text is in a language (BCP 47 tag); None when it is too short or too ambiguous to tell."""


class Response(NamedTuple):
    """What a check may look at."""

    text: str
    """The visible text of the response."""
    prompt: str
    speaks: Speaks | None = None


class Abstained(Exception):
    """A check cannot tell whether it is fulfilled."""


class Check(Protocol):
    """One verifiable demand. Raises Abstained when it cannot tell."""

    def fault(self, response: Response) -> str: ...


_BULLET = re.compile(rf"^[ \t]*+{BULLET}(\S.*)$", re.MULTILINE)
_NUMBERED = re.compile(rf"^[ \t]*+{NUMBERED}(\S.*)$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*{1,2}(?=[^\s*])([^*\n]+)\*")
# What Markdown makes something else of is none: links, images, footnotes, addresses of links.
_PLACEHOLDER = re.compile(r"\[(?!\^)([^\[\]\n]+)\](?!\(|:[ \t]*+(?:\w+://|[</#]))")
_COUNTED: Mapping[str, Callable[[str], Sequence[str]]] = {
    "words": words,
    "characters": lambda text: "".join(text.split()),
    "capital_words": lambda text: [word for word in words(text) if word.isupper()],
    "sentences": sentences,
    "paragraphs": paragraphs,
    "bullets": _BULLET.findall,
    "numbered_items": _NUMBERED.findall,
    "highlights": _HIGHLIGHT.findall,
    "placeholders": _PLACEHOLDER.findall,
}
_MAY_RECUR = frozenset({"words", "characters", "capital_words"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many words, characters (without spaces), sentences, paragraphs, bullets, ... there are.

    Items without content count for nothing; of items that are the same only one counts towards `at_least`, and all
    towards `at_most`. `highlights` are `*so*`, `placeholders` `[so]`, which is no link and no footnote.
    """

    of: str
    at_least: int = 0
    at_most: int | None = None

    def __post_init__(self) -> None:
        if self.of not in _COUNTED:
            raise RewardError(f"count: of is {self.of!r}; give one of {', '.join(_COUNTED)}")
        check_bounds("count", self.at_least, self.at_most)

    def fault(self, response: Response) -> str:
        items = _COUNTED[self.of](response.text)
        if self.of in _MAY_RECUR:
            return outside(f"{self.of}", len(items), len(items), self.at_least, self.at_most)
        items = [folded(item) for item in items if has_content(item)]
        return outside(f"{self.of}", len(set(items)), len(items), self.at_least, self.at_most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Keywords:
    """Every phrase stands in the text, as whole words, at most `at_most` times each where that is given."""

    phrases: Sequence[str]
    at_most: int | None = None

    def __post_init__(self) -> None:
        check_phrases("keywords: phrases", self.phrases)
        check_bounds("keywords", 1, self.at_most)

    def fault(self, response: Response) -> str:
        counts = {phrase: count_phrase(response.text, phrase) for phrase in self.phrases}
        return next(filter(None, (outside(repr(p), n, n, 1, self.at_most) for p, n in counts.items())), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Forbidden:
    """None of the phrases stands in the text as whole words."""

    phrases: Sequence[str]

    def __post_init__(self) -> None:
        check_phrases("forbidden: phrases", self.phrases)

    def fault(self, response: Response) -> str:
        return next((f"{p!r} is forbidden" for p in self.phrases if count_phrase(response.text, p)), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Frequency:
    """How often a phrase stands in the text as whole words, or, for a single letter, how often that letter does."""

    phrase: str
    at_least: int = 0
    at_most: int | None = None
    letter: bool = False

    def __post_init__(self) -> None:
        check_phrases("frequency: phrase", [self.phrase])
        if self.letter and len(self.phrase) != 1:
            raise RewardError(f"frequency: {self.phrase!r} is no single letter; leave `letter` out to count phrases")
        check_bounds("frequency", self.at_least, self.at_most)

    def fault(self, response: Response) -> str:
        of_letter = folded(response.text).count(folded(self.phrase)) if self.letter else None
        count = count_phrase(response.text, self.phrase) if of_letter is None else of_letter
        return outside(repr(self.phrase), count, count, self.at_least, self.at_most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """All letters that have a case are capital, or small; there must be some."""

    case: Literal["upper", "lower"]

    def __post_init__(self) -> None:
        if self.case not in ("upper", "lower"):
            raise RewardError(f"case: case is {self.case!r}; give upper or lower")

    def fault(self, response: Response) -> str:
        fits = response.text.isupper() if self.case == "upper" else response.text.islower()
        return "" if fits else f"not all in {self.case} case"


@dataclass(frozen=True, kw_only=True, slots=True)
class NoCommas:
    """The response has no comma of any script."""

    def fault(self, response: Response) -> str:
        return "a comma" if any(comma in response.text for comma in ",\uff0c\u3001\u060c\ufe50\u055d") else ""


def outside(name: str, distinct: int, total: int, at_least: int, at_most: int | None) -> str:
    """What is wrong with a number of things; empty when it is within its bounds."""
    if distinct < at_least:
        return f"{distinct} {name}, fewer than {at_least}"
    return f"{total} {name}, more than {at_most}" if at_most is not None and total > at_most else ""


def check_bounds(name: str, at_least: object, at_most: object) -> None:
    """Passes silently when the bounds are whole numbers that bound something. Raises RewardError."""
    bounds = [at_least] if at_most is None else [at_least, at_most]
    numbers = [bound for bound in bounds if isinstance(bound, int) and not isinstance(bound, bool) and bound >= 0]
    if len(numbers) != len(bounds) or numbers != sorted(numbers) or numbers == [0]:
        raise RewardError(
            f"{name}: at least {at_least!r}, at most {at_most!r}; give one or both as whole numbers, "
            "the first no larger"
        )


def check_phrases(name: str, phrases: object) -> None:
    """Passes silently when it is a list of texts that show something. Raises RewardError."""
    given = list(phrases) if isinstance(phrases, Sequence) and not isinstance(phrases, str) else []
    if not given or not all(isinstance(phrase, str) and folded(phrase) for phrase in given):
        raise RewardError(f"{name} is {phrases!r}; give text that shows something")
