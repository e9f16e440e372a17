"""Weights that change over the steps of a run.

    weight: {_target_: rewards.schedules.Linear, start: 1.0, end: 0.0, steps: 100}

A schedule is any function of the step, counted from 0, to a number. Evaluations ask for the weight at step infinity,
which is the last one. Resuming a run needs no state: the step alone decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real

from rewards.base import RewardError

Schedule = Callable[[float], float]
END = math.inf
"""The step that stands for the end of the run."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same weight at every step; what a plain number in the configuration stands for."""

    value: float

    def __call__(self, step: float) -> float:
        return self.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """`start` until step `begin`, then a straight line over `steps` steps, then `end`.

    >>> weight = Linear(start=1.0, end=0.0, steps=100, begin=50)
    >>> [weight(step) for step in (0, 50, 75, 150, END)]
    [1.0, 1.0, 0.75, 0.0, 0.0]
    """

    start: float
    end: float
    steps: int
    begin: int = 0

    def __post_init__(self) -> None:
        _check("Linear", self.start, self.end, self.steps, self.begin)

    def __call__(self, step: float) -> float:
        return _between(self.start, self.end, _progress(step, self.begin, self.steps))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cosine:
    """Like `Linear`, along half a wave of the cosine: slow at both ends.

    w = end + (start - end) (1 + cos(pi p)) / 2 with p the share of `steps` that has passed since `begin`

    >>> weight = Cosine(start=1.0, end=0.0, steps=100)
    >>> [round(weight(step), 3) for step in (0, 25, 50, END)]
    [1.0, 0.854, 0.5, 0.0]
    """

    start: float
    end: float
    steps: int
    begin: int = 0

    def __post_init__(self) -> None:
        _check("Cosine", self.start, self.end, self.steps, self.begin)

    def __call__(self, step: float) -> float:
        wave = (1.0 - math.cos(math.pi * _progress(step, self.begin, self.steps))) / 2
        return _between(self.start, self.end, wave)


@dataclass(frozen=True, slots=True)
class Piecewise:
    """Straight lines through [step, weight] points, level before the first and after the last.

    Two points of one step are a jump: the second holds from that step on.

    >>> weight = Piecewise([[0, 1.0], [10, 0.5], [10, 0.0]])
    >>> [weight(step) for step in (0, 5, 9, 10, END)]
    [1.0, 0.75, 0.55, 0.0, 0.0]
    """

    points: Sequence[Sequence[float]]

    def __post_init__(self) -> None:
        """Raises RewardError when the points are no pairs of finite numbers in the order of their steps."""
        pairs = isinstance(self.points, Sequence) and len(self.points) > 0
        pairs = pairs and all(isinstance(p, Sequence) and len(p) == 2 and all(map(_finite, p)) for p in self.points)
        if not pairs or any(a[0] > b[0] for a, b in zip(self.points, self.points[1:], strict=False)):
            raise RewardError(f"Piecewise: points is {self.points!r}; give [[step, weight], ...] with rising steps")

    def __call__(self, step: float) -> float:
        later = next((i for i, (place, _) in enumerate(self.points) if place > step), len(self.points))
        if later in (0, len(self.points)):
            return float(self.points[max(0, later - 1)][1])
        (begin, start), (stop, end) = self.points[later - 1], self.points[later]
        return _between(start, end, _progress(step, begin, stop - begin))


def _progress(step: float, begin: float, steps: float) -> float:
    return min(1.0, max(0.0, (step - begin) / steps))


def _between(start: float, end: float, share: float) -> float:
    """Exactly `start` at 0 and exactly `end` at 1: a weight that fades to 0 must reach it."""
    return float(start) if share == 0 else float(end) if share == 1 else start + (end - start) * share


def _finite(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _check(name: str, start: float, end: float, steps: int, begin: int) -> None:
    if not (_finite(start) and _finite(end)):
        raise RewardError(f"{name}: start={start!r}, end={end!r}; give finite numbers")
    if not (_finite(steps) and _finite(begin) and steps >= 1 and begin >= 0):
        raise RewardError(f"{name}: steps={steps!r}, begin={begin!r}; give steps >= 1 and begin >= 0")
