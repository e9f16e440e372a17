"""From the terms' numbers of one group to one value per completion, such that a term without a number decides nothing.

The advantage of a completion is its value minus its group's mean value, times something positive. Whichever numbers are
missing, in all four modes:

- A missing number never turns the sign of a completion's advantage round. In a sum it stands at the mean of those that
  the group has, so it adds exactly nothing, and the advantage is that of the reward without the term. A product or a
  minimum cannot be taken apart like this; there, a completion that lacks a number is placed by the terms that all of
  the group have, and its advantage has the sign that these give it (`_placed`).
- A completion that is at least as good as all others in everything that it has never gets a negative advantage, and one
  that is at most as good never a positive one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rewards.base import Verdict

EPS = 1e-6
"""Added to a standard deviation, so that rounding noise in equal values does not become a difference of one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One term in one group: its weight, and for every completion its number or None."""

    weight: float
    values: Sequence[float | None]

    @property
    def present(self) -> list[float]:
        return [value for value in self.values if value is not None]


Columns = Mapping[str, Column]
Aggregate = Callable[[Columns], list[Verdict]]
"""Every completion has at least one number; the verdicts are values with their parts, or say why there is none."""


def weighted_sum(columns: Columns) -> list[Verdict]:
    """Sums of weight times value: r_i = sum_k w_k x_ik, with mean_j x_jk over the group for an x_ik that is missing.

    >>> group = {"a": Column(1.0, [1.0, 0.0]), "b": Column(0.5, [None, 1.0])}
    >>> [verdict.value for verdict in weighted_sum(group)]
    [1.5, 0.5]
    """
    parts = {
        name: [None if value is None else column.weight * value for value in column.values]
        for name, column in columns.items()
        if column.present  # a term that nobody in the group has is not in the sum
    }
    levels = {name: exact_mean([part for part in column if part is not None]) for name, column in parts.items()}
    return _sums(parts, levels)


def normalized_sum(columns: Columns) -> list[Verdict]:
    """Sums of terms that were first brought to one scale within the group: r_i = sum_k w_k (m_k + z_ik).

    z_ik = (x_ik - m_k) / (s_k + eps), with m_k, s_k the mean and population standard deviation of the group's x_k; a
    missing x_ik has z_ik = 0.

    A weight then says how much a term matters, whatever its range: in a plain sum two terms can cancel into one value,
    and one with a small spread is drowned. The level sum_k w_k m_k is the same for the whole group, so no
    group-relative estimator sees it; with it the mean over a run still is the weighted mean of the terms.

    Use it with an estimator that is group-relative and does not divide by a group's own spread, such as
    `GroupCentered`: one that does would bring all groups to one scale again, which normalizing term by term avoids.

    Source: Liu et al. 2026 (GDPO), arXiv:2601.05242. Deviations: the level; missing numbers; and the paper's last step
    is not here, since a reward sees one group: A = (a - mean(a)) / (std(a) + eps) over the batch's sums a. Theirs have
    mean 0 in every group, so that step divides a step's advantages by one positive number: it changes no sign and no
    proportion. It is what an estimator over the batch with each group's mean as baseline does.

    >>> group = {"a": Column(1.0, [1.0, 0.0, 1.0, 0.0]), "long": Column(0.5, [0.0, 0.0, 400.0, 400.0])}
    >>> [round(verdict.value - 100.5, 3) for verdict in normalized_sum(group)]
    [0.5, -1.5, 1.5, -0.5]
    """
    parts: dict[str, list[float | None]] = {}
    levels = {}
    for name, column in ((name, column) for name, column in columns.items() if column.present):
        mean, scores = _standardized(column.present)
        remaining = iter(scores)
        levels[name] = column.weight * mean
        parts[name] = [None if v is None else levels[name] + column.weight * next(remaining) for v in column.values]
    return _sums(parts, levels)


def product(columns: Columns) -> list[Verdict]:
    """Products of the terms: r_i = prod_k (1 - w_k (1 - x_ik)), weights between 0 and 1, no factor below 0.

    With weight 1 the factor is the value itself, with 0 it is 1; between, a weight says how far a term may pull down.

    >>> group = {"a": Column(1.0, [1.0, 0.5]), "b": Column(0.5, [0.5, 1.0])}
    >>> [verdict.value for verdict in product(group)]
    [0.75, 0.5]
    """
    verdicts = _placed(columns, math.prod)
    negative = [
        next((name for name, c in columns.items() if _softened(c.weight, c.values[i]) < 0), "")
        for i in range(len(verdicts))
    ]
    return [
        Verdict.failed(f"term {name!r} is below 0, and a product would turn its order round; clip or rescale it")
        if name
        else verdict
        for name, verdict in zip(negative, verdicts, strict=True)
    ]


def minimum(columns: Columns) -> list[Verdict]:
    """The worst of the terms: r_i = min_k (1 - w_k (1 - x_ik)), weights between 0 and 1.

    With weight 1 a term counts as it is; with less, its shortfall from 1 counts by that much.

    >>> group = {"a": Column(1.0, [1.0, 0.5]), "b": Column(0.5, [0.5, 1.0])}
    >>> [verdict.value for verdict in minimum(group)]
    [0.75, 0.5]
    """
    return _placed(columns, min)


def _sums(parts: Mapping[str, Sequence[float | None]], levels: Mapping[str, float]) -> list[Verdict]:
    verdicts = []
    for i in range(len(next(iter(parts.values())))):
        own = {name: column[i] for name, column in parts.items()}
        summands = [levels[name] if part is None else part for name, part in own.items()]
        try:
            total = math.fsum(summands)  # exact before it rounds once, so that the order of terms changes nothing
        except (OverflowError, ValueError):
            total = math.nan
        if math.isfinite(total):
            verdicts.append(Verdict.of(total, parts={name: part for name, part in own.items() if part is not None}))
        else:
            verdicts.append(Verdict.failed(f"the sum of {summands} is not finite"))
    return verdicts


def exact_mean(values: Sequence[float]) -> float:
    """The mean, rounded once: that of equal values is the value itself, as no sum of rounded ones promises."""
    if not values or not all(map(math.isfinite, values)):
        return math.nan
    return float(sum(map(Fraction, values)) / len(values))


def _standardized(values: Sequence[float]) -> tuple[float, list[float]]:
    """Mean, and distances from it in standard deviations."""
    mean = exact_mean(values)
    centered = [value - mean for value in values]
    largest = max(map(abs, centered), default=0.0)
    if not largest:
        return mean, centered
    # Divided by the largest before they are squared: the square of 1e200 is no float.
    deviation = largest * math.sqrt(math.fsum((c / largest) ** 2 for c in centered) / len(centered))
    return mean, [c / (deviation + EPS) for c in centered]


def _softened(weight: float, value: float | None) -> float:
    return 1.0 if value is None or weight == 0 else 1.0 - weight * (1.0 - value)


def _placed(columns: Columns, combine: Callable[[Sequence[float]], float]) -> list[Verdict]:
    """Combined values; completions that lack a term that others have are placed by the terms that all have.

    With p_i the value by the common terms alone, and f_i that by all terms: a complete completion gets f_i. Another one
    gets m + s (p_i - q), with m and q the means of f and p over the complete ones. Its distance from the group's mean
    then is s (p_i - mean_j p_j) over all j: the sign that the common terms give it. The slope s is positive: m / q,
    which is how much the other terms lower a complete completion, but no steeper than lets a completion that is best,
    or worst, in everything keep its sign (`_slope`). Where nobody is complete the common terms alone count.
    """
    num_samples = len(next(iter(columns.values())).values)
    active = {name: column for name, column in columns.items() if column.weight != 0 and column.present}
    common = {name: column for name, column in active.items() if None not in column.values}
    whole = [_combined(common, i, combine) for i in range(num_samples)]
    complete = [i for i in range(num_samples) if all(column.values[i] is not None for column in active.values())]
    if complete and len(common) < len(active):
        full = {i: _combined(active, i, combine) for i in complete}
        level, base = exact_mean(list(full.values())), exact_mean([whole[i] for i in complete])
        slope = _slope(full, whole, level, base)
        whole = [full[i] if i in full else level + slope * (whole[i] - base) for i in range(num_samples)]
    return [
        Verdict.of(value, parts=_marginals(active, i, combine))
        if math.isfinite(value)
        else Verdict.failed(f"the value {value} is not finite")
        for i, value in enumerate(whole)
    ]


def _combined(columns: Columns, place: int, combine: Callable[[Sequence[float]], float], without: str = "") -> float:
    """The combination of a completion's numbers, in the order of their size so that the order of terms is no matter."""
    numbers = [
        _softened(column.weight, column.values[place])
        for name, column in columns.items()
        if name != without and column.values[place] is not None
    ]
    return float(combine(sorted(numbers))) if numbers else 1.0


def _slope(full: Mapping[int, float], partial: Sequence[float], level: float, base: float) -> float:
    """How steeply completions that lack a term follow the common terms.

    It keeps them between the lowest and the highest complete value wherever a complete completion is at least as good,
    or as bad, as all of them by the common terms.
    """
    slope = level / base if level > 0 and base > 0 else 1.0
    ours = [partial[i] for i in full]
    theirs = [value for i, value in enumerate(partial) if i not in full]
    if max(ours) >= max(theirs) > base:
        slope = min(slope, (max(full.values()) - level) / (max(theirs) - base))
    if min(ours) <= min(theirs) < base:
        slope = min(slope, (level - min(full.values())) / (base - min(theirs)))
    return slope


def _marginals(columns: Columns, place: int, combine: Callable[[Sequence[float]], float]) -> dict[str, float]:
    """What each term does to a completion's value: the mean of its effect as the only one and as the last one."""
    total = _combined(columns, place, combine)
    return {
        name: (_softened(column.weight, column.values[place]) - 1 + total - _combined(columns, place, combine, name))
        / 2
        for name, column in columns.items()
        if column.values[place] is not None
    }
