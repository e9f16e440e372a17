# ruff: noqa: RUF001  (words in other scripts)
"""Where a completion says its final answer, by a stated policy. Standard library only; linear in the text.

1. Only the text after the last closed thinking section counts; an unclosed one hides all that follows it.
2. The last `\\boxed{...}` (balanced braces). An unclosed or empty last box is no answer, nor one that the next words
   take back: what they say instead counts. Boxes with nothing but commas, "and" or "or" between them are one answer of
   several parts; any other words between two boxes leave the last one.
3. Else what follows the last `####` on its line.
4. Else the last `<answer>...</answer>`.
5. Else (`allow_phrases`) the value of "answer", "final_answer" or "result" in the JSON object that ends the text, or
   what follows the last "answer is" or "answer:" near the end, in any language of `rewards.math.phrases`, unless its
   sentence doubts it, supposes it or says that it is another's.
6. Else (`allow_bare`) the last line; `rewards.math.settled` reads it where it is no answer as a whole. The value must
   be stated: of two numbers with an "or" between them neither is, nor one that its clause denies, makes a bound,
   quotes or takes from the task. English comments behind the last statement (checks, comparisons, asides, other cases,
   reasons) are not read, unless they reject it: `rewards.math.statements`. What counts as a plain ending, and what
   leaves a number unclaimed (a step, a plan, something known, work left to do, a retraction, a text that gives up or
   breaks off), is in `rewards.math.unclaimed`, by language in `plans` and `withdrawals`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from rewards.math.announced import announced, end_of_taken_back
from rewards.math.boxes import BOX_OF_ONE, TAKEN_BACK, Box, find_boxes, without_denied_boxes
from rewards.math.contrasts import without_aside, without_but
from rewards.math.formulas import without_closing
from rewards.math.statements import without_comments
from rewards.math.turns import own_words
from rewards.math.unclaimed import breaks_off, without_new_task

TAIL_CHARS = 4000
"""Answer phrases and bare answers are looked for in this many last characters, so that a long text costs little."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was found; `text` is empty when nothing was, and `how` then says why."""

    text: str
    how: str
    rest: str = ""
    """The part of the completion that counts, where an announced answer is taken back; all of it where empty."""


def extract(text: str, *, allow_phrases: bool, allow_bare: bool) -> Extracted:
    """The final answer of a completion, still in the model's own notation.

    >>> extract("So 9+9 = \\\\boxed{18}.", allow_phrases=True, allow_bare=False)
    Extracted(text='18', how='boxed', rest='')
    >>> extract("I think it is 18", allow_phrases=True, allow_bare=False)
    Extracted(text='', how='no answer found', rest='')
    """
    text = own_words(text)
    if "\\boxed" in text or "\\fbox" in text:
        text = text.replace("\\fbox", "\\boxed")
        last = text.rindex("\\boxed")
        behind = TAKEN_BACK.search(text, last) or _EMPTY_BOX.match(text, last)
        if behind is None and (box := _taken_back(text, last)) is not None:
            text = without_but(text[box:])
            return extract(text, allow_phrases=allow_phrases, allow_bare=allow_bare) if text.strip() else _DENIED
        if behind is None or (not text[behind.end() :].strip(" $.*)]\\\n") and behind.re is _EMPTY_BOX):
            return _boxed(text)
        text, allow_bare = text[behind.end() :], allow_bare and behind.re is not _EMPTY_BOX
    if "####" in text:
        line = text[text.rindex("####") + 4 :].strip(" \t\r\n:#").partition("\n")[0].strip()
        return Extracted(line, "####" if line else "nothing after ####")
    if "</answer>" in text:
        return _tagged(text)
    tail = text[-TAIL_CHARS:]
    if allow_phrases and (value := _in_json(tail)):
        return Extracted(value, "stated")
    if allow_phrases:
        stated = announced(tail)
        if stated.text is not None:
            return Extracted(stated.text, "stated" if stated.text else "nothing behind the announcement of an answer")
        if stated.instead is not None:
            return _instead(stated.instead, allow_bare=allow_bare)
    return _bare(tail) if allow_bare else Extracted("", "no answer found")


def _instead(rest: str, *, allow_bare: bool) -> Extracted:
    """What a text says after it takes back the answer that it announces."""
    found = _bare(rest) if allow_bare and rest.strip(" .*_$") else Extracted("", "the announced answer is taken back")
    return replace(found, rest=rest)


def _bare(tail: str) -> Extracted:
    """The last line of a text."""
    tail = own_ending(tail)
    if breaks_off(tail):
        return Extracted("", "the text breaks off")
    line = (without_comments(tail) or tail).rpartition("\n")[2].strip()
    return Extracted(line, "bare" if line else "no answer found")


def own_ending(tail: str) -> str:
    """The end of a text without what only takes leave, an aside in brackets, or another task."""
    return without_aside(without_new_task(without_closing(tail.strip())))


_DENIED = Extracted("", "the last box is denied")


def _taken_back(text: str, last: int) -> int | None:
    """Where the words end that take back the last box, which begins at `last`; None where none do."""
    end = text.find("}", last) + 1
    if not end or len(text) - end < 4:
        return None
    box = find_boxes(text[last:])[0]
    end = box.end + last
    behind = end_of_taken_back(text[:last], box.content or "", text[end : end + 300])
    return None if behind is None else end + behind


_ANSWER_KEYS = ("final_answer", "finalAnswer", "final answer", "answer", "result")


def _in_json(tail: str) -> str:
    """The answer of the JSON object that ends a text; empty where none does, or has no key for one.

    >>> _in_json('```json\\n{"final_answer": "3/8", "confidence": 0.9}\\n```'), _in_json("{1, 2}")
    ('3/8', '')
    """
    tail = tail.rstrip().removesuffix("```").rstrip()
    if not tail.endswith("}") or '"' not in tail:
        return ""
    try:
        found = json.loads(tail[f"\n{tail}".rfind("\n{") :], parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ""
    values = [found[key] for key in _ANSWER_KEYS if key in found] if isinstance(found, dict) else []
    return values[0].strip() if values and isinstance(values[0], str) else ""


def _tagged(text: str) -> Extracted:
    """What the last answer tag holds, or the answer that is announced in it."""
    end = text.rindex("</answer>")
    start = text.rfind("<answer>", 0, end)
    inside = text[start + len("<answer>") : end].strip() if start >= 0 else ""
    stated = announced(inside[-TAIL_CHARS:]).text
    return Extracted(stated or inside, "tagged" if inside else "an empty or unopened answer tag")


_BETWEEN_PARTS = re.compile(
    r"(?:[\s$,;&.]|\\[()\[\]]|\\q?quad(?![a-z])|and\b|or\b|(?:y|o|e|et|ou|und|oder|en|of|og|och|eller|i|lub|и|или|и"
    r"|та|або|ve|veya|dan|atau|và|hoặc)\b"
    r"|[和与或]|または|と|또는|과|와|और|या|و|أو|\\text\s*\{\s*(?:or|and)\s*\}"
    r"|[A-Za-z](?:_\{?\w{1,3}\}?|_\w)?\s{0,3}=)*"
)
_EMPTY_BOX = re.compile(r"\\boxed\s*\{\s*\}")
"""A box that tells where answers go; what is announced behind it counts."""
_ASKED = re.compile(r"[\s$*]{0,6}[?\uff1f\u061f]")
MAX_PARTS = 20


def _boxed(text: str) -> Extracted:
    boxes = without_denied_boxes(text, find_boxes(text))
    if not boxes:
        return Extracted("", "the last box is denied")
    last = boxes[-1]
    if last.content is None:
        single = BOX_OF_ONE.match(text, last.start)
        return Extracted(single[1], "boxed") if single else Extracted("", "the last box does not close")
    if not last.content:
        return Extracted("", "the last box is empty")
    if _ASKED.match(text, last.end):
        return Extracted("", "the last box is in a question")
    return Extracted(_parts(text, boxes), "boxed")


def _parts(text: str, boxes: list[Box]) -> str:
    """The last box, or the last ones where nothing but separators stands between them."""
    first = len(boxes) - 1
    while first > 0 and len(boxes) - first < MAX_PARTS and boxes[first - 1].content:
        between = text[boxes[first - 1].end : boxes[first].start]
        if len(between) > 40 or not _BETWEEN_PARTS.fullmatch(between) or "." in between:
            break
        first -= 1
    contents = dict.fromkeys(box.content or "" for box in boxes[first:])
    return ", ".join(contents)


def boxed_answer(text: str) -> str:
    """The content of the last box or boxes of a solution, empty where it has none.

    >>> boxed_answer("\\\\boxed{1} and \\\\boxed{-2}"), boxed_answer("\\\\boxed{1} is wrong: \\\\boxed{2}")
    ('1, -2', '2')
    """
    return _boxed(text).text
