"""Is a completion well-formed? Rewards for boxes, patterns, tags and length. Standard library only.

A completion that was cut off (`finish_reason` is `length`) is never well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import RewardError, Sample, Verdict
from rewards.extract import after_thinking, find_boxes

MAX_PATTERN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Boxed:
    """1.0 for exactly one closed, filled `\\boxed{...}` that ends the text, else 0.0. Thinking sections do not count.

    Only spaces, a period and the end of the formula (`$`, `\\)`, `\\]`) may follow the box.

    >>> well = [Sample(prompt="", completion=text) for text in ("So $\\\\boxed{18}$.", "\\\\boxed{18} I think", "18")]
    >>> [verdict.value for verdict in Boxed()(well)]
    [1.0, 0.0, 0.0]
    """

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [_verdict(sample, _box_fault(sample.completion)) for sample in group]


_AFTER_BOX = re.compile(r"(?:[\s.$]|\\[)\]])*")


def _box_fault(completion: str) -> str:
    text = after_thinking(completion)
    boxes = find_boxes(text)
    if len(boxes) != 1:
        return f"{len(boxes)} boxes instead of one"
    box = boxes[0]
    if not box.content:
        return "the box does not close" if box.content is None else "the box is empty"
    if "\\boxed" in box.content:
        return "a box inside the box"
    return "" if _AFTER_BOX.fullmatch(text, box.end) else "text after the box"


class Pattern:
    """1.0 when a regular expression is found in the completion, else 0.0. Anchor it (`\\A...\\Z`) to match all of it.

    Python's `re` cannot be interrupted, and a pattern with nested repetition such as `(a+)+` may take time exponential
    in the text. Texts of more than 20,000 characters are 0.0 unsearched, which bounds only well-behaved patterns.

    >>> [verdict.value for verdict in Pattern(r"\\d\\Z")([Sample(prompt="", completion="it is 18")])]
    [1.0]
    """

    def __init__(self, pattern: str) -> None:
        """Raises RewardError when the pattern does not compile."""
        try:
            self.pattern = re.compile(pattern)
        except (re.error, TypeError) as error:
            raise RewardError(f"Pattern: {pattern!r} is not a regular expression: {error}") from None

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [_verdict(sample, self._fault(sample.completion)) for sample in group]

    def _fault(self, completion: str) -> str:
        if len(completion) > MAX_PATTERN_CHARS:
            return f"{len(completion)} characters are more than {MAX_PATTERN_CHARS}"
        return "" if self.pattern.search(completion) else "the pattern is not found"


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

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [_verdict(sample, self._fault(sample.completion)) for sample in group]

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
            if not closing or not inside.strip():
                return f"<{tag}> is empty" if closing else f"</{tag}> is out of order"
            if any(f"<{other}>" in inside for other in self.tags):
                return f"a section inside <{tag}>"
        return "text after the last section" if rest.strip() else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """1.0 inside a band of tokens, falling in a straight line to 0.0 over `ramp_tokens` outside it.

    A completion that was cut off is 0.0; one whose length is not known (`num_tokens` is 0) is not applicable.

    >>> reward = Length(min_tokens=10, max_tokens=20, ramp_tokens=4)
    >>> [reward([Sample(prompt="", completion="", num_tokens=n)])[0].value for n in (10, 21, 24, 9)]
    [1.0, 0.75, 0.0, 0.75]
    """

    max_tokens: int
    min_tokens: int = 0
    ramp_tokens: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.min_tokens <= self.max_tokens or self.max_tokens < 1 or self.ramp_tokens < 0:
            raise RewardError(
                f"Length: min_tokens={self.min_tokens}, max_tokens={self.max_tokens}, ramp_tokens={self.ramp_tokens}; "
                "give 0 <= min_tokens <= max_tokens, 1 <= max_tokens and 0 <= ramp_tokens"
            )

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        if _was_cut_off(sample):
            return Verdict.of(0.0, "cut off")
        if not sample.num_tokens:
            return Verdict.not_applicable("the number of tokens is not known")
        outside = max(self.min_tokens - sample.num_tokens, sample.num_tokens - self.max_tokens, 0)
        value = 1.0 if outside == 0 else max(0.0, 1.0 - outside / self.ramp_tokens) if self.ramp_tokens else 0.0
        return Verdict.of(value, f"{sample.num_tokens} tokens")


def _was_cut_off(sample: Sample) -> bool:
    return sample.finish_reason == "length"


def _verdict(sample: Sample, fault: str) -> Verdict:
    """1.0 when nothing is wrong with a completion that came to its end."""
    fault = "cut off" if _was_cut_off(sample) else fault
    return Verdict.of(0.0 if fault else 1.0, fault or "well-formed")
