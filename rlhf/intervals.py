"""Means over prompts with their 95 % bootstrap intervals, and shares with theirs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from rlhf.report import Estimate

BOOTSTRAP_DRAWS = 10_000
_Z = 1.959964
"""Standard deviations of a normal distribution that hold 95 %."""
_BLOCK_COUNTS = 4_000_000
"""Counts held at a time: 32 MB, however many prompts there are."""


def mean_intervals(columns: Mapping[str, Sequence[float | None]]) -> dict[str, Estimate]:
    """Every column's mean with a 95 % bootstrap interval over prompts (Efron 1979, percentile method).

    The columns are of the same prompts in the same order, and all are resampled alike. A prompt without a value (None)
    is left out of a column's mean; a column without any value is left out of the answer. The generator is fixed, so
    that a table can be printed again.
    """
    known = {title: column for title, column in columns.items() if any(value is not None for value in column)}
    if not known:
        return {}
    table = np.array([[np.nan if v is None else v for v in column] for column in known.values()], dtype=np.float64).T
    has_value = ~np.isnan(table)
    values = np.where(has_value, table, 0.0)
    means = values.sum(axis=0) / has_value.sum(axis=0)
    low, high = np.nanquantile(_resampled_means(values, has_value), [0.025, 0.975], axis=0)
    return {
        title: Estimate(value=float(means[i]), low=float(low[i]), high=float(high[i])) for i, title in enumerate(known)
    }


def mean_interval(values: Sequence[float]) -> Estimate:
    """The interval of a single column.

    >>> estimate = mean_interval([1.0] * 50 + [0.0] * 50)
    >>> estimate.value, 0.39 < estimate.low < 0.42, 0.58 < estimate.high < 0.61
    (0.5, True, True)
    """
    return mean_intervals({"": values})[""]


def share_interval(share: float, count: int) -> Estimate:
    """A share of `count` independent cases with its 95 % interval, which is no point where all or none are right.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22(158), for
    counts; here the share may hold halves (ties).

    >>> estimate = share_interval(0.5, 100)
    >>> round(estimate.low, 4), round(estimate.high, 4)
    (0.4038, 0.5962)
    >>> round(share_interval(1.0, 10).low, 4)
    0.7225
    """
    pull = _Z * _Z / count
    middle = (share + pull / 2) / (1 + pull)
    reach = math.sqrt(pull * (share * (1 - share) + pull / 4)) / (1 + pull)
    return Estimate(value=share, low=max(0.0, middle - reach), high=min(1.0, middle + reach))


def crossed_intervals(columns: Mapping[str, Sequence[Sequence[float]]]) -> dict[str, Estimate]:
    """Every column's mean over runs and prompts, with a 95 % interval that resamples both, runs apart from prompts.

    A column is [runs][prompts], all runs on the same prompts. One run alone has no spread of its own: the interval is
    then that over prompts. Few runs give few different resamples, and an interval that is rather too narrow.

    Source: Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), for two crossed factors.

    >>> crossed_intervals({"": [[0.0] * 9, [1.0] * 9]})[""]
    Estimate(value=0.5, low=0.0, high=1.0)
    """
    return {title: _crossed_interval(np.array(column, dtype=np.float64)) for title, column in columns.items()}


def _crossed_interval(table: np.ndarray) -> Estimate:
    generator = np.random.default_rng(0)
    block = max(1, _BLOCK_COUNTS // max(table.shape))
    means = []
    for start in range(0, BOOTSTRAP_DRAWS, block):
        size = min(block, BOOTSTRAP_DRAWS - start)
        runs, prompts = (generator.multinomial(n, np.full(n, 1 / n), size=size) / n for n in table.shape)
        means.append(((runs @ table) * prompts).sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Estimate(value=float(table.mean()), low=float(low), high=float(high))


def _resampled_means(values: np.ndarray, has_value: np.ndarray) -> np.ndarray:
    """[BOOTSTRAP_DRAWS, columns] means of resamples, NaN where one has no prompt with a value."""
    generator = np.random.default_rng(0)
    num_prompts = len(values)
    block = max(1, _BLOCK_COUNTS // num_prompts)
    parts = []
    for start in range(0, BOOTSTRAP_DRAWS, block):
        size = min(block, BOOTSTRAP_DRAWS - start)
        counts = generator.multinomial(num_prompts, np.full(num_prompts, 1 / num_prompts), size=size)
        with np.errstate(invalid="ignore"):
            parts.append(counts @ values / (counts @ has_value.astype(np.float64)))
    return np.concatenate(parts)
