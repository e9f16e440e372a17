"""What a reward sees and what it answers: `Sample` in, `Verdict` out. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class RewardError(ValueError):
    """A reward is configured or written wrongly (not: a completion scored badly)."""


class State(StrEnum):
    """What became of one judgement. Only `VALUE` carries a number; nothing else may ever be read as one."""

    VALUE = "value"
    NOT_APPLICABLE = "not_applicable"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    TRUNCATED = "truncated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One completion as a reward may see it: text and facts, no tensors, no tokenizer, no trainer state.

    >>> Sample(prompt="2 + 2 =", completion="4", reference={"answer": "4"}).completion
    '4'
    """

    prompt: str
    """The user's text, before any chat template."""
    completion: str
    """The model's text, special tokens stripped."""
    reference: Mapping[str, Any] = field(default_factory=dict)
    """What the data says of this prompt: `answer`, unit tests, a reference text."""
    task: str = ""
    """Name of the task that the prompt comes from, so that terms can apply to some tasks only."""
    language: str = ""
    """BCP 47 tag of the prompt's language; empty when the data does not say."""
    finish_reason: str = "stop"
    """`stop` (an end token was sampled) or `length` (cut off)."""
    num_tokens: int = 0
    """Completion length in tokens, the end token included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One judgement: a state, a number when the state is `VALUE`, and the reason in words.

    >>> Verdict.of(0.5).value
    0.5
    >>> Verdict.failed("sandbox died").value is None
    True
    """

    state: State
    value: float | None = None
    reason: str = ""
    terms: Mapping[str, Verdict] = field(default_factory=dict)
    """The verdicts of the named terms that this one was composed of."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """What each term that counted adds to `value`, in the value's units: after weight, clip, rescale, normalization."""
    seconds: float = field(default=0.0, compare=False)
    """Wall time that this judgement took, an equal share of it where several were judged in one call."""

    def __post_init__(self) -> None:
        if (self.state is State.VALUE) != (self.value is not None):
            raise RewardError(
                f"a verdict has a value if and only if its state is 'value', got {self.state} with {self.value}"
            )

    @property
    def has_value(self) -> bool:
        return self.state is State.VALUE

    def to_dict(self) -> dict[str, Any]:
        """Value, state, reason and, where it was composed, the terms', as plain data for a log.

        >>> Verdict.of(1.0, "right").to_dict()
        {'value': 1.0, 'state': 'value', 'reason': 'right'}
        """
        own: dict[str, Any] = {"value": self.value, "state": self.state.value, "reason": self.reason}
        return {**own, "terms": {name: term.to_dict() for name, term in self.terms.items()}} if self.terms else own

    @classmethod
    def of(
        cls,
        value: float,
        reason: str = "",
        terms: Mapping[str, Verdict] | None = None,
        parts: Mapping[str, float] | None = None,
    ) -> Verdict:
        return cls(state=State.VALUE, value=float(value), reason=reason, terms=terms or {}, parts=parts or {})

    @classmethod
    def failed(cls, reason: str, terms: Mapping[str, Verdict] | None = None) -> Verdict:
        return cls(state=State.FAILED, reason=reason, terms=terms or {})

    @classmethod
    def timed_out(cls, reason: str) -> Verdict:
        return cls(state=State.TIMED_OUT, reason=reason)

    @classmethod
    def truncated(cls, reason: str) -> Verdict:
        return cls(state=State.TRUNCATED, reason=reason)

    @classmethod
    def not_applicable(cls, reason: str = "") -> Verdict:
        return cls(state=State.NOT_APPLICABLE, reason=reason)


@runtime_checkable
class Described(Protocol):
    """A reward whose judgements depend on more than its settings, such as what this machine's sandbox can do."""

    def describe(self) -> dict[str, Any]:
        """Plain data for the run's log."""
        ...


@runtime_checkable
class Reward(Protocol):
    """Judges all completions of one prompt at once, so that pairwise and rank rewards fit.

    Pure given its inputs; returns exactly one verdict per sample, in order.
    """

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]: ...


@runtime_checkable
class Scheduled(Protocol):
    """A reward that changes over a run. Called as it is, it judges as an evaluation does: as at the end of the run."""

    def at(self, step: int) -> Reward:
        """The reward to train with at this step, counted from 0."""
        ...


@runtime_checkable
class Batched(Protocol):
    """A reward that can judge many groups at once, so that what is slow in all of them overlaps."""

    def judge_groups(self, groups: Sequence[Sequence[Sample]]) -> list[list[Verdict]]:
        """What calling the reward with each group would return."""
        ...


class Judging(Protocol):
    """Groups that are being judged while others are still being sampled."""

    def add(self, group: Sequence[Sample]) -> None:
        """Begin to judge one more group. Waits for nothing."""
        ...

    def verdicts(self) -> list[list[Verdict]]:
        """What calling the reward with each group would return, in the order in which they came. Waits for all."""
        ...


@runtime_checkable
class Overlapping(Protocol):
    """A reward whose slow parts can judge a group while the next ones are being sampled."""

    def begin(self) -> Judging: ...


@runtime_checkable
class Corrupting(Protocol):
    """A reward that knows how to make a wrong completion from a right one, for the check before a run."""

    def corrupt(self, sample: Sample) -> str | None:
        """What a right sample's completion would be, were it wrong; None where the reward knows of no such way."""
        ...


def at_step(reward: Reward, step: int | None) -> Reward:
    """The reward to use at a training step, or, where step is None, in an evaluation."""
    return reward.at(step) if step is not None and isinstance(reward, Scheduled) else reward


SampleFunction = Callable[[Sample], float | Verdict | None]
"""The plain function that most users write; None means not applicable."""
