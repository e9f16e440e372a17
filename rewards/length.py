"""How long is a completion, in tokens? Rewards for a band, for the cosine shape and for nearing the limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

from rewards.base import Reward, RewardError, Sample, Verdict
from rewards.functions import judge
from rewards.text import shown_share

ORDINARY_SHOWN_SHARE = 0.75
"""Blank lines and the indentation of code make up less than a quarter of an ordinary text; more is padding."""


def shown_tokens(sample: Sample) -> float:
    """The tokens of the completion that show something: `num_tokens`, less in proportion where the text is padded.

    An estimate, since nobody knows here which tokens the padding took.

    >>> shown_tokens(Sample(prompt="", completion="so" + "\\u200b" * 98, num_tokens=100))
    2.0
    """
    share = shown_share(sample.completion)
    return float(sample.num_tokens) if share >= ORDINARY_SHOWN_SHARE else sample.num_tokens * share


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """1.0 inside a band of tokens, falling in a straight line to 0.0 over `ramp_tokens` outside it.

    A completion that was cut off is 0.0; one whose length is not known (`num_tokens` is 0) is not applicable. Spaces
    and invisible characters do not help to reach `min_tokens`.

    >>> reward = Length(min_tokens=10, max_tokens=20, ramp_tokens=4)
    >>> [reward([Sample(prompt="", completion="text", num_tokens=n)])[0].value for n in (10, 21, 24, 9)]
    [1.0, 0.75, 0.0, 0.75]
    """

    max_tokens: int
    """The longest completion of full value, in tokens."""
    min_tokens: int = 0
    """The shortest completion of full value, in tokens; 0 asks for no length."""
    ramp_tokens: int = 0
    """Over how many tokens outside the band the value falls to 0; 0 makes it all or nothing."""

    def __post_init__(self) -> None:
        given = (self.min_tokens, self.max_tokens, self.ramp_tokens)
        whole = all(isinstance(number, int) and not isinstance(number, bool) for number in given)
        if not whole or not 0 <= self.min_tokens <= self.max_tokens or self.max_tokens < 1 or self.ramp_tokens < 0:
            raise RewardError(
                f"Length: min_tokens={self.min_tokens}, max_tokens={self.max_tokens}, ramp_tokens={self.ramp_tokens}; "
                "give 0 <= min_tokens <= max_tokens, 1 <= max_tokens and 0 <= ramp_tokens, in whole tokens"
            )

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        if sample.finish_reason == "length":
            return Verdict.of(0.0, "cut off")
        if not sample.num_tokens:
            return Verdict.not_applicable("the number of tokens is not known")
        missing = self.min_tokens - shown_tokens(sample) if self.min_tokens else 0
        outside = max(missing, sample.num_tokens - self.max_tokens, 0)
        value = 1.0 if outside == 0 else max(0.0, 1.0 - outside / self.ramp_tokens) if self.ramp_tokens else 0.0
        return Verdict.of(value, f"{sample.num_tokens} tokens")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cosine:
    """The value of a right or wrong completion by its length: right ones earn more when short, wrong ones when long.

        value(t) = end + (start - end) / 2 * (1 + cos(pi * t / max_tokens)),   t < max_tokens
        value(t) = exceeded,                                                   t >= max_tokens, or cut off

    with (start, end) = (`right_short`, `right_long`) or (`wrong_short`, `wrong_long`). A wrong completion's padding
    does not count as length, but its repetition does: add `rewards.repetition.Repetition`, as the authors do.

    A sample that `correct` gives no value keeps that verdict. An unknown length (`num_tokens` is 0) counts as short, so
    that right and wrong stay apart where nobody counts tokens, as in the check before a run.

    Source: Yeo et al. 2025, arXiv:2502.03373, cosine reward. Deviation:
    a cut-off completion has exceeded the length whatever its number of tokens.

    >>> def right(group):
    ...     return [Verdict.of(1.0)] * len(group)
    >>> reward = Cosine(correct=right, max_tokens=100, right_short=2, right_long=1,
    ...                 wrong_short=-10, wrong_long=0, exceeded=-10)
    >>> [reward([Sample(prompt="", completion="18", num_tokens=n)])[0].value for n in (50, 100)]
    [1.5, -10.0]
    """

    correct: Reward
    """The reward that tells right from wrong."""
    max_tokens: int
    """The length, in tokens, from which a completion is worth `exceeded`."""
    right_short: float
    right_long: float
    wrong_short: float
    wrong_long: float
    exceeded: float
    threshold: float = 1.0
    """The value of `correct` from which a completion counts as right."""

    def __post_init__(self) -> None:
        if not callable(self.correct) or isinstance(self.correct, type):
            raise RewardError(f"Cosine: correct is {self.correct!r}; give a reward, such as FinalAnswer()")
        _require_tokens("Cosine: max_tokens", self.max_tokens)
        _require_finite("Cosine: right_short", self.right_short)
        _require_finite("Cosine: right_long", self.right_long)
        _require_finite("Cosine: wrong_short", self.wrong_short)
        _require_finite("Cosine: wrong_long", self.wrong_long)
        _require_finite("Cosine: exceeded", self.exceeded)
        _require_finite("Cosine: threshold", self.threshold)
        if not self.right_short >= self.right_long > max(self.wrong_short, self.wrong_long):
            raise RewardError(
                f"Cosine: right {self.right_short} to {self.right_long}, wrong {self.wrong_short} to "
                f"{self.wrong_long}; give right_short >= right_long, and both above every wrong value"
            )

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        verdicts = judge(self.correct, group)
        return [self._shape(sample, verdict) for sample, verdict in zip(group, verdicts, strict=True)]

    def _shape(self, sample: Sample, verdict: Verdict) -> Verdict:
        if verdict.value is None:
            return verdict
        if sample.finish_reason == "length":
            return Verdict.of(self.exceeded, "cut off")
        if sample.num_tokens >= self.max_tokens:
            return Verdict.of(self.exceeded, f"{sample.num_tokens} tokens of at most {self.max_tokens}")
        right = verdict.value >= self.threshold
        start, end = (self.right_short, self.right_long) if right else (self.wrong_short, self.wrong_long)
        length = sample.num_tokens if right else shown_tokens(sample)
        value = end + (start - end) / 2 * (1 + math.cos(math.pi * length / self.max_tokens))
        return Verdict.of(value, f"{'right' if right else 'wrong'}, {sample.num_tokens} tokens")


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlong:
    """0.0 up to `max_tokens - buffer_tokens`, then falling in a straight line to -1.0 at `max_tokens` and beyond.

        value(t) = clip((max_tokens - buffer_tokens - t) / buffer_tokens, -1, 0)

    A completion that was cut off is -1.0 whatever its length; an unknown length is not applicable.

    Source: Yu et al. 2025 (DAPO), arXiv:2503.14476, soft overlong punishment; they train with a buffer of 4,096 of
    20,480 tokens. Deviation: the cut-off rule, which matters only where the sampler's limit is below `max_tokens`.

    >>> reward = Overlong(max_tokens=100, buffer_tokens=20)
    >>> [reward([Sample(prompt="", completion="x", num_tokens=n)])[0].value for n in (80, 85, 100, 500)]
    [0.0, -0.25, -1.0, -1.0]
    """

    max_tokens: int
    """The longest completion that the sampler allows, in tokens."""
    buffer_tokens: int
    """How many tokens before the limit the punishment begins."""

    def __post_init__(self) -> None:
        _require_tokens("Overlong: max_tokens", self.max_tokens)
        _require_tokens("Overlong: buffer_tokens", self.buffer_tokens)
        if self.buffer_tokens > self.max_tokens:
            raise RewardError(
                f"Overlong: buffer_tokens={self.buffer_tokens} is more than max_tokens={self.max_tokens}; "
                "give a smaller buffer, such as a fifth of max_tokens"
            )

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return [self._judge(sample) for sample in group]

    def _judge(self, sample: Sample) -> Verdict:
        if sample.finish_reason == "length":
            return Verdict.of(-1.0, "cut off")
        if not sample.num_tokens:
            return Verdict.not_applicable("the number of tokens is not known")
        beyond = sample.num_tokens - (self.max_tokens - self.buffer_tokens)
        return Verdict.of(-min(max(beyond / self.buffer_tokens, 0.0), 1.0) + 0.0, f"{sample.num_tokens} tokens")


def _require_tokens(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise RewardError(f"{name} is {value!r}; give a whole number of tokens of at least 1")


def _require_finite(name: str, value: object) -> None:
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise RewardError(f"{name} is {value!r}; give a finite number")
