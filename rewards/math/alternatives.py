"""Long alternations of words in many languages, tried only where a text has a word that one of them begins with.

A pattern with hundreds of alternatives tries them all at every word. Most texts hold none of their first words, and a
set finds that out at once. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

_STEM = 4
"""Stems are compared by this many characters at most."""
_WORDS = re.compile(r"\w+")
_EDGE = re.compile(r"\\[bsW](?![?*{])|\(\?= |\['\u2019\](?![?*{])")
_OPENING = re.compile(r"\(\?(?:<[=!]|[=!])")


class Alternatives:
    """The same answers as `(?<!\\w)(?:spaced)(?!\\w)|joined` gives to "is one of these in the text?", sooner.

    >>> words = Alternatives("not|nev\\\\w+|(?:can|will) not", joined="不是")
    >>> [bool(words.search(text)) for text in ("It is not 5.", "a knot", "It never was.", "She cannot", "不是5")]
    [True, False, True, False, True]
    """

    def __init__(self, spaced: str, joined: str = "", *, before: str = r"(?<!\w)", behind: str = r"(?!\w)") -> None:
        """`behind` may be empty, where a word may go on. Where a text is in capitals makes no difference."""
        self.spaced = re.compile(f"{before}(?:{spaced}){behind}", re.IGNORECASE)
        self.joined = re.compile(joined or "(?!)", re.IGNORECASE)
        self._parts = [f"{before}(?:{part}){behind}" for part in split(spaced)]
        self._by_word: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        for index, part in enumerate(split(spaced)):
            for head in {_same_case(head) for head in _heads(part, is_whole=bool(behind))}:
                if head.endswith(" "):
                    self._by_word.setdefault(head[:-1], []).append(index)
                else:
                    self._by_stem.setdefault(head[:_STEM], []).append(index)
        self._whole = frozenset(self._by_word)
        self._stems = frozenset(self._by_stem)
        self._first = frozenset(_same_case(head)[0] for part in split(joined) for head in _heads(part, is_whole=False))

    def search(self, text: str, position: int = 0) -> re.Match[str] | None:
        """The first of the alternatives that a text has behind a position, spaced ones before joined ones."""
        found = self._search_spaced(text, position) if self._may_be_spaced(text) else None
        return found or (self.joined.search(text, position) if self._may_be_joined(text) else None)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """One of the alternatives that is all of a text."""
        return self.spaced.fullmatch(text) or self.joined.fullmatch(text)

    def opens(self, text: str) -> bool:
        """Whether a text begins with one of the alternatives.

        >>> Alternatives("but|and").opens("and 5"), Alternatives("but|and").opens("5 and 6")
        (True, False)
        """
        if self._may_be_spaced(text) and any(_compiled(self._parts[part]).match(text) for part in self._begun(text)):
            return True
        return self._may_be_joined(text) and self.joined.match(text) is not None

    def last_end(self, text: str) -> int:
        """Where the last of the alternatives in a text ends; 0 where it has none.

        >>> Alternatives("but|and").last_end("5 but not 6 and 7")
        15
        """
        ends = [0]
        if self._may_be_spaced(text):
            ends += [match.end() for match in self.spaced.finditer(text)]
        if self._may_be_joined(text):
            ends += [match.end() for match in self.joined.finditer(text)]
        return max(ends)

    def _search_spaced(self, text: str, position: int) -> re.Match[str] | None:
        """What the whole pattern would find, by trying only the alternatives that a word of the text begins."""
        parts = self._begun(text)
        if len(parts) > _MANY:
            return self.spaced.search(text, position)
        found = [match for part in parts if (match := _compiled(self._parts[part]).search(text, position)) is not None]
        return min(found, key=re.Match.start, default=None)

    def _begun(self, text: str) -> list[int]:
        """The alternatives that a word of a text begins, in their order."""
        whole, prefixes = _beginnings(text)
        found = {part for word in self._whole & whole for part in self._by_word[word]}
        found.update(part for stem in self._stems & prefixes for part in self._by_stem[stem])
        return sorted(found)

    def _may_be_spaced(self, text: str) -> bool:
        whole, prefixes = _beginnings(text)
        return not (self._whole.isdisjoint(whole) and self._stems.isdisjoint(prefixes))

    def _may_be_joined(self, text: str) -> bool:
        return not self._first.isdisjoint(text if text.isascii() else _same_case(text))


_MANY = 12
"""With more alternatives than these, one pattern of all is as quick."""


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@lru_cache(maxsize=64)
def _beginnings(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a text, and their first one, two, three and four characters."""
    words = frozenset(_WORDS.findall(_same_case(text)))
    return words, frozenset(chain.from_iterable(map(_prefixes, words)))


@lru_cache(maxsize=16384)
def _prefixes(word: str) -> tuple[str, ...]:
    return tuple(word[:size] for size in range(1, min(_STEM, len(word)) + 1))


def _same_case(text: str) -> str:
    """A text as the flag IGNORECASE compares it, which takes Turkish letters with and without a dot for the same."""
    if text.isascii():
        return text.lower()
    return text.replace("\u0130", "i").casefold().replace("\u0131", "i")


def split(alternation: str) -> list[str]:
    """The alternatives of a pattern that are in no bracket.

    >>> split("a|b(?:c|d)|[|e]|")
    ['a', 'b(?:c|d)', '[|e]']
    """
    parts, start, depth, in_class, index = [], 0, 0, False, 0
    while index < len(alternation):
        char = alternation[index]
        if char == "\\":
            index += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            parts.append(alternation[start:index])
            start = index + 1
        index += 1
    return [part for part in (*parts, alternation[start:]) if part]


def _heads(pattern: str, *, is_whole: bool) -> Iterator[str]:
    """What a match of a pattern can begin with: stems, and whole words with a space behind them.

    >>> sorted(_heads("(?:no|ni) es|pas", is_whole=True)), list(_heads("err[oa]r", is_whole=True))
    (['ni ', 'no '], ['err'])

    Raises:
        ValueError: for what it cannot read.
    """
    if (looking := _OPENING.match(pattern)) is not None:
        yield from _heads(pattern[_end_of_group(pattern, looking.start()) :], is_whole=is_whole)
    elif pattern.startswith("(?:"):
        end = _end_of_group(pattern, 0)
        rest, is_optional = _without_quantifier(pattern[end:])
        for inner in split(pattern[3 : end - 1]):
            yield from _heads(inner + rest, is_whole=is_whole)
        if is_optional:
            yield from _heads(rest, is_whole=is_whole)
    elif pattern.startswith("[") and "-" not in pattern[: pattern.index("]")]:
        end = pattern.index("]") + 1
        rest, is_optional = _without_quantifier(pattern[end:])
        for char in pattern[1 : end - 1]:
            yield from _heads(char + rest, is_whole=is_whole)
        if is_optional:
            yield from _heads(rest, is_whole=is_whole)
    else:
        yield from _literal_heads(pattern, is_whole=is_whole)


def _literal_heads(pattern: str, *, is_whole: bool) -> Iterator[str]:
    """Raises ValueError."""
    size = 0
    while size < len(pattern) and (pattern[size].isalnum() or pattern[size] == "_"):
        size += 1
    if pattern[size : size + 1] in ("?", "*", "{"):
        size -= 1
        if size == 0:
            yield from _heads(pattern[2:], is_whole=is_whole)
        yield pattern[: max(size, 1)]
    elif size == 0:
        if not pattern or pattern[0] in "\\.^$([" or ord(pattern[0]) < 128:
            raise ValueError(f"{pattern!r} begins with no word")
        yield pattern[0]
    else:
        behind = pattern[size : size + 1]
        is_optional = pattern[size + 1 : size + 2] in ("?", "*", "{")
        is_end = is_whole if not behind else behind not in "\\([.+" and not is_optional
        is_end = is_end or _EDGE.match(pattern, size) is not None
        yield pattern[:size] + " " * is_end


def _end_of_group(pattern: str, start: int) -> int:
    depth, index, in_class = 0, start, False
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            index += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return index + 1
        index += 1
    raise ValueError(f"{pattern!r} does not close its group")


def _without_quantifier(rest: str) -> tuple[str, bool]:
    is_optional = rest.startswith(("?", "*"))
    return (rest[1:] if is_optional or rest.startswith("+") else rest), is_optional
