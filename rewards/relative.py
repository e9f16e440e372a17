"""Values that say how a completion compares with the others of its group: ranks, and shares of won comparisons."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.base import RewardError, Sample, Verdict
from rewards.functions import as_number, describe, load_function


def ranks(values: Sequence[float | None]) -> list[float | None]:
    """The share of the others that each value beats, a tie being half a win; None stays None and is no other.

    rank_i = (#{j: x_j < x_i} + #{j != i: x_j = x_i} / 2) / (n - 1); 1/2 where there is no other

    >>> ranks([0.2, 7.0, None, 0.2])
    [0.25, 1.0, None, 0.25]
    """
    order = sorted(value for value in values if value is not None)
    others = len(order) - 1
    if others < 1:
        return [None if value is None else 0.5 for value in values]
    return [
        None
        if v is None
        else (bisect_left(order, v) + (bisect_right(order, v) - bisect_left(order, v) - 1) / 2) / others
        for v in values
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairwise:
    """A reward from comparisons: the mean over the others of `function(one, other)`, how far `one` is the better one.

    The function takes two samples of one prompt and returns a number in [0, 1]: 1 the first is better, 1/2 a tie. It is
    asked once for every ordered pair, so that a judge with a liking for the first place favours nobody; the outcome of
    a pair is the mean of its two answers, (p(a, b) + 1 - p(b, a)) / 2. That is G (G - 1) calls for a group of G.

    A pair without an outcome is no tie: the sample with the most such pairs FAILS, then the next, until every pair that
    is left has an outcome. So the values of the rest are those of a group in which the failed ones never were. A sample
    alone in its group is not applicable.

    >>> longer = Pairwise(function=lambda one, other: len(one.completion) > len(other.completion))
    >>> [v.value for v in longer([Sample(prompt="", completion=text) for text in ("a", "abc", "ab")])]
    [0.0, 1.0, 0.5]
    """

    function: str | Callable[[Sample, Sample], float]
    """`path/to/file.py:name`, `package.module:name`, or the function."""

    def __post_init__(self) -> None:
        """Raises RewardError when the function cannot be found."""
        if isinstance(self.function, str):
            load_function(self.function)
        elif not callable(self.function):
            raise RewardError(
                f"Pairwise: function is {self.function!r}; give file.py:name of a function of two samples"
            )

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        function = load_function(self.function) if isinstance(self.function, str) else self.function
        wins: dict[tuple[int, int], float] = {}
        faults: dict[int, str] = {}
        for i in range(len(group)):
            for j in range(i):
                try:
                    win = (_outcome(function, group[i], group[j]) + 1 - _outcome(function, group[j], group[i])) / 2
                except Exception as error:  # a user's function may raise anything; the verdicts record it
                    faults[i] = faults[j] = describe(error)
                else:
                    wins[i, j], wins[j, i] = win, 1 - win
        kept = _compared(len(group), wins)
        return [self._verdict(i, kept, wins, faults) for i in range(len(group))]

    @staticmethod
    def _verdict(i: int, kept: set[int], wins: dict[tuple[int, int], float], faults: dict[int, str]) -> Verdict:
        if i not in kept:
            return Verdict.failed(f"not compared with every other completion: {faults[i]}")
        if len(kept) == 1:
            alone = "no other completion to compare with"
            return Verdict.failed(f"{alone}: {faults[i]}") if i in faults else Verdict.not_applicable(alone)
        return Verdict.of(math.fsum(wins[i, j] for j in kept if j != i) / (len(kept) - 1))


def _outcome(function: Callable[..., Any], one: Sample, other: Sample) -> float:
    value = function(one, other)
    number = as_number(value)
    if number is None or not 0 <= number <= 1:
        raise RewardError(f"comparing returned {value!r}, not a number in [0, 1]")
    return number


def _compared(num_samples: int, wins: dict[tuple[int, int], float]) -> set[int]:
    """Samples that were all compared with one another, without those with the most missing pairs, last ones first."""
    kept = set(range(num_samples))
    while kept:
        missing = {i: sum((i, j) not in wins for j in kept if j != i) for i in kept}
        worst = max(kept, key=lambda i: (missing[i], i))
        if not missing[worst]:
            break
        kept.remove(worst)
    return kept
