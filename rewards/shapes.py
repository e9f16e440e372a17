"""Checks of a response's shape: its start, end, layout and language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import RewardError
from rewards.checks import Abstained, Response, check_bounds, check_phrases, outside
from rewards.json_text import UnreadableJson, json_part, read_json
from rewards.text import (
    count_phrase,
    ends_with,
    folded,
    has_content,
    paragraphs,
    starts_with,
    visible,
    words,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StartsWith:
    """The response starts with the phrase, as whole words."""

    phrase: str

    def __post_init__(self) -> None:
        check_phrases("starts_with: phrase", [self.phrase])

    def fault(self, response: Response) -> str:
        return "" if starts_with(response.text, self.phrase) else f"does not start with {self.phrase!r}"


@dataclass(frozen=True, kw_only=True, slots=True)
class EndsWith:
    """The response ends with the phrase, as whole words; only spaces, quotation marks and asterisks may follow it."""

    phrase: str

    def __post_init__(self) -> None:
        check_phrases("ends_with: phrase", [self.phrase])

    def fault(self, response: Response) -> str:
        end = folded(self.phrase).rstrip(_CLOSING)
        said = folded(response.text)
        # A phrase of nothing but such marks is asked for as it is.
        fits = ends_with(said.rstrip(_CLOSING), end) if end else ends_with(said, self.phrase)
        return "" if fits else f"does not end with {self.phrase!r}"


_CLOSING = " *_\"'\u201c\u201d\u2018\u2019\u00ab\u00bb\u2039\u203a\u300d\u300f\u301e\u301f\uff02"
_QUOTES = {
    '"': '"',
    "\uff02": "\uff02",
    "\u201c": "\u201d",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab\u00bb",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\u301d": "\u301e\u301f",
}
"""What opens a quotation, and what may close it: also the German, Polish, Swedish, Finnish and East Asian ways."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quoted:
    """The whole response stands between one pair of double quotation marks, which may hold further pairs."""

    def fault(self, response: Response) -> str:
        text = response.text.strip()
        closing = _QUOTES.get(text[:1], "")
        if len(text) <= 2 or not closing or text[-1] not in closing or not has_content(text[1:-1]):
            return "not in quotation marks"
        return "several quotations instead of one" if _opens_again(text, text[0], closing) else ""


def _opens_again(text: str, opening: str, closing: str) -> bool:
    """Whether the pair that starts a text ends before the text does, and another one follows: `"this" and "that"`.

    A sign that both opens and closes in some language opens where a space or bracket stands before it and none behind.
    """
    depth = 0
    for i, char in enumerate(text):
        if char == opening or char in closing:
            free = i == 0 or text[i - 1].isspace() or text[i - 1] in "([{-\u2013\u2014"
            opens = opening not in closing if char == opening else False
            opens = opens or (char in _QUOTES and free and not text[i + 1 : i + 2].isspace() and i + 1 < len(text))
            if opens and depth <= 0 < i:
                return True
            depth += 1 if opens else -1
    return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Postscript:
    """A line starts with the marker, such as `P.S.`, something follows it, and something stands before it."""

    marker: str = "P.S."

    def __post_init__(self) -> None:
        check_phrases("postscript: marker", [self.marker])

    def fault(self, response: Response) -> str:
        letters = [re.escape(char) for char in folded(self.marker) if not char.isspace()]
        found = list(re.finditer(r"^[ \t*_]*" + r"[ \t]?".join(letters), response.text, re.MULTILINE | re.IGNORECASE))
        if not found:
            return f"no {self.marker}"
        filled = has_content(response.text[found[-1].end() :]) and has_content(response.text[: found[0].start()])
        return "" if filled else f"nothing before or after {self.marker}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """The response is in the language, as the callable given to `Instructions(speaks=...)` says."""

    language: str

    def __post_init__(self) -> None:
        check_phrases("language: language", [self.language])

    def fault(self, response: Response) -> str:
        if response.speaks is None:
            raise RewardError("a language check, but no detector; build Instructions with speaks=...")
        answer = response.speaks(response.text, self.language)
        if answer is None:
            raise Abstained(f"cannot tell whether this is {self.language!r}")
        if not isinstance(answer, bool):
            raise RewardError(f"speaks returned {answer!r}; it must return True, False or None")
        return "" if answer else f"not in {self.language!r}"


_TITLE = re.compile(r"<<([^<>\n]+)>>")


@dataclass(frozen=True, kw_only=True, slots=True)
class Title:
    """A title stands in double angle brackets: `<<so>>`."""

    def fault(self, response: Response) -> str:
        return "" if any(map(has_content, _TITLE.findall(response.text))) else "no <<title>>"


@dataclass(frozen=True, kw_only=True, slots=True)
class IsJson:
    """The whole response is JSON, in a fenced block or not."""

    def fault(self, response: Response) -> str:
        try:
            read_json(json_part(response.text, allow_prose=False))
        except UnreadableJson as error:
            return str(error)
        return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf:
    """Exactly one of the options stands in the text as whole words."""

    options: Sequence[str]

    def __post_init__(self) -> None:
        check_phrases("one_of: options", self.options)

    def fault(self, response: Response) -> str:
        found = [option for option in self.options if count_phrase(response.text, option)]
        return "" if len(found) == 1 else f"{len(found)} of the options instead of one"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The separator parts the response into so many different parts, all with content."""

    separator: str
    count: int

    def __post_init__(self) -> None:
        check_phrases("parts: separator", [self.separator])
        check_bounds("parts", self.count, None)

    def fault(self, response: Response) -> str:
        parts = {folded(part) for part in response.text.split(visible(self.separator)) if has_content(part)}
        total = response.text.count(visible(self.separator)) + 1
        return "" if len(parts) == total == self.count else f"{len(parts)} different parts instead of {self.count}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sections:
    """At least so many sections, each headed by the marker and another number (`Section 1`), with content."""

    marker: str
    at_least: int = 1

    def __post_init__(self) -> None:
        check_phrases("sections: marker", [self.marker])
        check_bounds("sections", self.at_least, None)

    def fault(self, response: Response) -> str:
        heading = re.compile(rf"(?<!\w){re.escape(folded(self.marker))}\s?+(\d{{1,9}})(?!\w)")
        # The text before the first heading, then for every heading its number and what follows it.
        numbers_and_texts = heading.split(folded(response.text))[1:]
        pairs = zip(numbers_and_texts[::2], numbers_and_texts[1::2], strict=True)
        filled = {int(number) for number, text in pairs if words(text)}
        return outside("sections", len(filled), len(filled), self.at_least, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class ParagraphStarts:
    """The paragraph of this number, counted from 1, starts with the phrase, as whole words."""

    number: int
    phrase: str

    def __post_init__(self) -> None:
        check_bounds("paragraph_starts: number", self.number, None)
        check_phrases("paragraph_starts: phrase", [self.phrase])

    def fault(self, response: Response) -> str:
        found = paragraphs(response.text)[self.number - 1 : self.number]
        fits = self.number > 0 and found and starts_with(found[0], self.phrase)
        return "" if fits else f"paragraph {self.number} does not start with {self.phrase!r}"
