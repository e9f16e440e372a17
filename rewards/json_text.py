"""JSON in a completion: where it stands, and how it is read without surprises. Standard library only."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from rewards.text import has_content, visible

MAX_CHARS = 100_000
MAX_VALUES = 2_000
"""More values than this are not read: a schema's `uniqueItems` compares every pair of them."""
MAX_DEPTH = 64
MAX_DIGITS = 308
"""No integer of more digits is a number for most readers of JSON."""


class UnreadableJson(ValueError):
    """A text is no JSON, or JSON beyond the bounds; the message says why."""


def read_json(text: str) -> Any:
    """The value that a JSON text stands for: RFC 8259 without its liberties.

    Raises:
        UnreadableJson: for anything but one JSON value, for a name that comes twice in one object, for NaN, Infinity or
            a number that is none as a float, and beyond 100,000 characters, 2,000 values or a depth of 64.

    >>> read_json('{"a": [1, null]}')
    {'a': [1, None]}
    >>> read_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    rewards.json_text.UnreadableJson: the name 'a' comes twice in one object
    """
    if len(text) > MAX_CHARS:
        raise UnreadableJson(f"{len(text)} characters are more than {MAX_CHARS}")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except UnreadableJson:
        raise
    except json.JSONDecodeError as error:
        raise UnreadableJson(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise UnreadableJson(f"nested deeper than {MAX_DEPTH}") from None
    _check_size(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise UnreadableJson(f"the name {twice[:40]!r} comes twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise UnreadableJson(f"an integer of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise UnreadableJson(f"{digits[:40]} is beyond the largest number")
    return value


def _refuse_constant(name: str) -> Any:
    raise UnreadableJson(f"{name} is no JSON")


def _check_size(value: Any) -> None:
    """Raises UnreadableJson when a value holds too many values or nests too deep."""
    level, count = [value], 1
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in children(outer)]
        count += len(level)
        if count > MAX_VALUES:
            raise UnreadableJson(f"more than {MAX_VALUES} values")
        if not level:
            return
    raise UnreadableJson(f"nested deeper than {MAX_DEPTH}")


def children(value: Any) -> list[Any]:
    """The values directly inside a JSON value.

    >>> children({"a": 1}), children([2]), children("text")
    ([1], [2], [])
    """
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def is_filled(value: Any) -> bool:
    """Whether a JSON value holds anything: a number, true or false, or a text with more than spaces and punctuation.

    >>> is_filled({"a": ["", None, {}]}), is_filled({"a": [0]})
    (False, True)
    """
    if isinstance(value, str):
        return has_content(value)
    return any(map(is_filled, children(value))) if isinstance(value, dict | list) else value is not None


def blank_text(value: Any, path: str = "$") -> str:
    """Where the first blank text stands in a JSON value, as a path; empty when there is none.

    Blank are texts of spaces, invisible characters or several punctuation marks; a single mark may be meant.

    >>> blank_text({"a": [1, " ..."]}), blank_text({"operator": "-"})
    ('$.a[1]', '')
    """
    if isinstance(value, str):
        return "" if has_content(value) or len(visible(value).strip()) == 1 else path
    keys = [f".{name}" for name in value] if isinstance(value, dict) else map("[{}]".format, range(MAX_VALUES))
    found = (blank_text(inner, path + key) for inner, key in zip(children(value), keys, strict=False))
    return next(filter(None, found), "")


_OPENING = re.compile(r"\s*```[ \t]*([\w+-]*)\s*\Z")


def fenced_blocks(text: str, languages: frozenset[str]) -> tuple[list[str], str]:
    """The contents of the closed fenced blocks whose language, in lower case, is one of these, and all other text.

    >>> fenced_blocks("So:\\n```json\\n{}\\n```\\n", frozenset({"json"}))
    (['{}\\n'], 'So:\\n')
    """
    blocks, outside, opened = list[str](), list[str](), None
    inside, language = list[str](), ""
    for line in text.splitlines(keepends=True):
        mark = _OPENING.match(line) if "```" in line else None
        if opened is None and mark:
            opened, language, inside = line, mark[1].lower(), []
        elif opened is None:
            outside.append(line)
        elif mark and not mark[1]:
            if language in languages:
                blocks.append("".join(inside))
            else:
                outside += [opened, *inside, line]
            opened = None
        else:
            inside.append(line)
    return blocks, "".join(outside if opened is None else [*outside, opened, *inside])


JSON_FENCES = frozenset({"", "json"})


def json_part(text: str, *, allow_prose: bool) -> str:
    """The one part of a text that is to be JSON: all of it, or all of its one fenced block.

    Args:
        allow_prose: text may stand around the fenced block.

    Raises:
        UnreadableJson: when there is more than one block, or prose that is not allowed.

    >>> json_part("```json\\n[1]\\n```", allow_prose=False), json_part(" [1]", allow_prose=False)
    ('[1]', '[1]')
    """
    if "```" not in text:
        return text.strip()
    blocks, outside = fenced_blocks(text, JSON_FENCES)
    if len(blocks) != 1:
        # A text of JSON may hold three backticks in a string.
        if text.lstrip()[:1] in ("{", "[", '"'):
            return text.strip()
        raise UnreadableJson(f"{len(blocks)} fenced blocks of JSON instead of one")
    if not allow_prose and outside.strip():
        raise UnreadableJson("text around the fenced block")
    return blocks[0].strip()
