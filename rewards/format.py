"""Is a completion well-formed? Rewards for boxes, patterns and tags.

A completion that was cut off (`finish_reason` is `length`) is never well-formed. What shows nothing, or nothing but
punctuation, fills neither a box nor a section. `Length` lives in `rewards.length`; its name here stays.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

from rewards.base import RewardError, Sample, Verdict
from rewards.length import Length
from rewards.math.extract import find_boxes
from rewards.math.turns import after_thinking
from rewards.text import has_content, visible

__all__ = ["MAX_PATTERN_CHARS", "Boxed", "Length", "Pattern", "Tags", "well_formed"]

MAX_PATTERN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Boxed:
    """1.0 for exactly one closed, filled `\\boxed{...}` that ends the text, else 0.0. Thinking sections do not count.

    Only spaces, a full stop of any script, the end of the formula (`$`, `\\)`, `\\]`) and of bold type may follow.

    >>> well = [Sample(prompt="", completion=text) for text in ("So $\\\\boxed{18}$.", "\\\\boxed{18} I think", "18")]
    >>> [verdict.value for verdict in Boxed()(well)]
    [1.0, 0.0, 0.0]
    """

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [well_formed(sample, _box_fault(sample.completion)) for sample in group]


_EMPTY_COMMAND = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mbox|quad|qquad|hspace|ldots|dots|cdots|left|right)(?![A-Za-z])"
    r"|\\[hv]?phantom\s*+\{[^{}]*\}|\\[,;:!> ]|~"
)
"""What shows nothing by itself, or only dots."""
_AFTER_BOX = re.compile(r"(?:[\s.$*\u3002\uff0e\uff61\u0964\u06d4\u0589\u104b\u1362\u17d4]|\\[)\]])*")


def _box_fault(completion: str) -> str:
    text = after_thinking(completion)
    boxes = find_boxes(text)
    if len(boxes) != 1:
        return f"{len(boxes)} boxes instead of one"
    box = boxes[0]
    if box.content is None:
        return "the box does not close"
    if "\\boxed" in box.content:
        return "a box inside the box"
    if not has_content(_EMPTY_COMMAND.sub("", box.content)):
        return "the box is empty"
    return "" if _AFTER_BOX.fullmatch(text, box.end) else "text after the box"


class Pattern:
    """1.0 when a regular expression is found in the completion, else 0.0. Anchor it (`\\A...\\Z`) to match all of it.

    A pattern with nested repetition such as `(a+)+` may take time exponential in the text, and a policy would find such
    texts. A search that takes more than `timeout_s` is TIMED_OUT, not 0; better write `(?>a+)+` or `a++`. These are
    seconds of CPU time of the whole process, so that a busy machine changes no verdict. Texts of more than 20,000
    characters are 0.0 unsearched. The syntax is that of Python's `re` and more: the package `regex`.

    >>> [verdict.value for verdict in Pattern(r"\\d\\Z")([Sample(prompt="", completion="it is 18")])]
    [1.0]
    """

    def __init__(self, pattern: str, *, timeout_s: float = 1.0) -> None:
        """Takes the pattern, and for how many seconds of CPU time it may search.

        Raises:
            RewardError: when the pattern does not compile, or the time is none.
        """
        import regex  # here, since importing it would double the time that importing `rewards` takes

        try:
            self.pattern = regex.compile(pattern)
        except (regex.error, TypeError) as error:
            raise RewardError(f"Pattern: {pattern!r} is not a regular expression: {error}") from None
        if not isinstance(timeout_s, Real) or isinstance(timeout_s, bool) or not 0 < timeout_s < math.inf:
            raise RewardError(f"Pattern: timeout_s is {timeout_s!r}; give a number of seconds above 0")
        self.timeout_s = timeout_s

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        if len(sample.completion) > MAX_PATTERN_CHARS:
            return well_formed(sample, f"{len(sample.completion)} characters are more than {MAX_PATTERN_CHARS}")
        try:
            found = self.pattern.search(sample.completion, timeout=self.timeout_s)
        except TimeoutError:
            return Verdict.timed_out(f"the pattern was searched for more than {self.timeout_s:g} s of CPU time")
        return well_formed(sample, "" if found else "the pattern is not found")


class Tags:
    """1.0 when the completion is nothing but the given sections, each once, filled and in order, else 0.0.

    >>> reward = Tags(("think", "answer"))
    >>> reward([Sample(prompt="", completion="<think>9+9</think> <answer>18</answer>")])[0].value
    1.0
    >>> reward([Sample(prompt="", completion="<answer>18</answer>")])[0].reason
    '<think> stands 0 times instead of once'
    """

    def __init__(self, tags: Sequence[str]) -> None:
        """Raises RewardError when there are no tags, one is not a name, or one comes twice."""
        self.tags = tuple(tags)
        names = [tag for tag in self.tags if isinstance(tag, str) and re.fullmatch(r"[A-Za-z][\w-]*", tag)]
        if isinstance(tags, str) or not names or len(set(names)) != len(self.tags):
            raise RewardError(f"Tags: {tags!r} is no list of different names; give for example [think, answer]")
        # Also `< Answer >` and `<answer x="1">`, so that a near miss cannot hide a second section in a first one.
        # Possessive (`*+`), so that a run of spaces costs its length once.
        names_pattern = "|".join(map(re.escape, names))
        self._any_mark = re.compile(rf"<\s*+(?:/\s*+)?+(?:{names_pattern})(?:\s[^<>]*)?>", re.IGNORECASE)

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [well_formed(sample, self._fault(sample.completion)) for sample in group]

    def _fault(self, completion: str) -> str:
        for mark in (mark for tag in self.tags for mark in (f"<{tag}>", f"</{tag}>")):
            if completion.count(mark) != 1:
                return f"{mark} stands {completion.count(mark)} times instead of once"
        rest = completion
        for tag in self.tags:
            before, opening, rest = rest.partition(f"<{tag}>")
            if not opening or before.strip():
                return f"text or another section before <{tag}>" if opening else f"<{tag}> is out of order"
            inside, closing, rest = rest.partition(f"</{tag}>")
            if not closing or not has_content(inside):
                return f"<{tag}> is empty" if closing else f"</{tag}> is out of order"
            if self._any_mark.search(visible(inside)):
                return f"a section inside <{tag}>"
        return "text after the last section" if rest.strip() else ""


def well_formed(sample: Sample, fault: str) -> Verdict:
    """1.0 when nothing is wrong with a completion that came to its end, else 0.0 with the fault.

    >>> well_formed(Sample(prompt="", completion="18", finish_reason="length"), "").reason
    'cut off'
    """
    fault = "cut off" if sample.finish_reason == "length" else fault
    return Verdict.of(0.0 if fault else 1.0, fault or "well-formed")
