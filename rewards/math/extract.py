"""Where a completion says its final answer, by a stated policy. Standard library only; linear in the text.

1. Only the text after the last closed thinking section counts; an unclosed one hides all that follows it.
2. The last `\\boxed{...}` (balanced braces). An unclosed or empty last box is no answer, and boxes side by side with
   different contents are a hedge: no answer either. Boxes are never joined.
3. Else what follows the last `####` on its line.
4. Else the last `<answer>...</answer>`.
5. Else (`allow_phrases`) what follows the last "answer is" or "answer:" near the end, in any language of
   `rewards.math.phrases`.
6. Else (`allow_bare`) the last line; `last_value` serves callers that cannot read that line as an answer. Of two
   numbers with an "or" between them neither is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rewards.math.numbers import fold
from rewards.math.phrases import COPULA, OR, PHRASE, SENTENCE_END

TAIL_CHARS = 4000
"""Answer phrases and bare answers are looked for in this many last characters, so that a long text costs little."""
_THINKING = ("think", "thinking", "thought", "reasoning")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was found; `text` is empty when nothing was, and `how` then says why."""

    text: str
    how: str


@dataclass(frozen=True, slots=True)
class Box:
    """One `\\boxed{...}`: `text[start:end]` is all of it; `content` is None when its braces do not close."""

    start: int
    end: int
    content: str | None


def extract(text: str, *, allow_phrases: bool, allow_bare: bool) -> Extracted:
    """The final answer of a completion, still in the model's own notation.

    >>> extract("So 9+9 = \\\\boxed{18}.", allow_phrases=True, allow_bare=False)
    Extracted(text='18', how='boxed')
    >>> extract("I think it is 18", allow_phrases=True, allow_bare=False)
    Extracted(text='', how='no answer found')
    """
    text = after_thinking(text)
    if "\\boxed" in text:
        return _boxed(text)
    if "####" in text:
        line = text[text.rindex("####") + 4 :].strip().partition("\n")[0].strip()
        return Extracted(line, "####" if line else "nothing after ####")
    if "</answer>" in text:
        end = text.rindex("</answer>")
        start = text.rfind("<answer>", 0, end)
        if start >= 0:
            inner = text[start + len("<answer>") : end].strip()
            return Extracted(inner, "tagged" if inner else "empty <answer>")
    phrase = _phrase(text[-TAIL_CHARS:]) if allow_phrases else ""
    if phrase:
        return Extracted(phrase, "stated")
    line = text.strip().rpartition("\n")[2].strip() if allow_bare else ""
    return Extracted(line, "bare") if line else Extracted("", "no answer found")


def after_thinking(text: str) -> str:
    """The text after the last closed thinking section, cut where another one opens and never closes.

    >>> after_thinking("<think>maybe 5</think> 6"), after_thinking("7 <think>or 8")
    (' 6', '7 ')
    """
    if "<" not in text:
        return text
    for tag in _THINKING:
        before, closing, after = text.rpartition(f"</{tag}>")
        text = after if closing else before + after
    for tag in _THINKING:
        text = text.partition(f"<{tag}>")[0]
    return text


def find_boxes(text: str) -> list[Box]:
    """Every `\\boxed{...}` that is not inside another one, in order, with braces counted and escaped braces skipped.

    >>> find_boxes("\\\\boxed{\\\\frac{1}{2}}")[0].content
    '\\\\frac{1}{2}'
    """
    boxes: list[Box] = []
    position = text.find("\\boxed")
    while position >= 0:
        box = _box_at(text, position)
        boxes.append(box)
        position = text.find("\\boxed", box.end)
    return boxes


_BOX_OPENING = re.compile(r"\\boxed\s*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


def _box_at(text: str, position: int) -> Box:
    opening = _BOX_OPENING.match(text, position)
    if opening is None:
        return Box(position, position + len("\\boxed"), None)
    depth = 1
    for brace in _BRACE.finditer(text, opening.end()):
        if brace[0] == "{":
            depth += 1
        elif brace[0] == "}":
            depth -= 1
            if depth == 0:
                return Box(position, brace.end(), text[opening.end() : brace.start()].strip())
    return Box(position, len(text), None)


_BETWEEN_HEDGED = re.compile(r"(?:[\s$,;/]|\\[()\[\]]|or|and|\\text\s*\{\s*(?:or|and)\s*\})*")


def _boxed(text: str) -> Extracted:
    boxes = find_boxes(text)
    last = boxes[-1]
    if last.content is None:
        return Extracted("", "the last box does not close")
    if not last.content:
        return Extracted("", "the last box is empty")
    if len(boxes) > 1 and boxes[-2].content != last.content:
        between = text[boxes[-2].end : last.start]
        if len(between) < 40 and _BETWEEN_HEDGED.fullmatch(between):
            return Extracted("", "several boxes side by side")
    return Extracted(last.content, "boxed")


_INLINE_MATH = re.compile(r"\$\$?([^$\n]{1,400})\$\$?|\\\(([^\n]{1,400}?)\\\)|\\\[([^\n]{1,400}?)\\\]")


def _phrase(tail: str) -> str:
    """What follows the last answer phrase, up to the end of its sentence; empty when there is none."""
    end = max((match.end() for match in PHRASE.finditer(tail)), default=len(tail))
    found = tail[end:].partition("\n")[0]
    math = _INLINE_MATH.match(found)
    if math:
        return next(group for group in math.groups() if group is not None).strip()
    return COPULA.sub("", SENTENCE_END.split(found, maxsplit=1)[0]).strip(" *_\"'")


_NUMBER = re.compile(r"(?<![\w.)\]}])[-+]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?/\s?\d+)?\s?%?|\d[\d,]*(?:\.\d+)?\s?%?")


def last_value(text: str) -> str:
    """The last inline formula near the end of a text, else the last number there, else an empty string.

    >>> last_value("It costs $x$, that is 3 or 4 dollars."), last_value("She pays 3, then 4 dollars.")
    ('x', '4')
    """
    tail = after_thinking(text)[-TAIL_CHARS:]
    formulas = _INLINE_MATH.findall(tail)
    if formulas:
        return next(group for group in formulas[-1] if group).strip()
    folded = fold(tail)
    numbers = list(_NUMBER.finditer(folded))
    if not numbers or (len(numbers) > 1 and OR.search(folded, numbers[-2].end(), numbers[-1].start())):
        return ""
    return numbers[-1][0].strip().rstrip(",")
