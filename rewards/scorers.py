"""Asking scorers: batches, a cache, calibration, and every wrong answer turned into a failure with its reason."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from numbers import Real
from typing import Any

from rewards.base import RewardError, Sample, Verdict
from rewards.functions import as_number, describe, one_each

Item = Sample | tuple[Sample, Sample]
"""What is scored: a sample, or a pair."""
Scorer = Callable[[Sequence[Any]], Iterable[Any]]
"""Takes items; returns for each a number, a row of numbers, or a Verdict that says why there is none."""
Key = Hashable
Scores = Mapping[Key, list[float] | Verdict]
"""Per item its calibrated scores, one per member of an ensemble, or why there are none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Affine:
    """The map scale * x + offset, such as (x - mean) / std of the scores on held-out data.

    >>> Affine(scale=0.5, offset=-1.0)(4.0)
    1.0
    """

    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        require_number(self.scale, "Affine: scale", above=0.0)
        require_number(self.offset, "Affine: offset")

    def __call__(self, score: float) -> float:
        return self.scale * score + self.offset


@dataclass(frozen=True, kw_only=True, slots=True)
class Sigmoid:
    """The map 1 / (1 + exp(-(x - midpoint) / width)): bounded, so that no outlier rules a batch.

    >>> Sigmoid(midpoint=2.0, width=1.0)(2.0), Sigmoid(midpoint=0.0, width=1e-9)(-1e9)
    (0.5, 0.0)
    """

    midpoint: float = 0.0
    """The raw score that is worth one half, such as the median on held-out data."""
    width: float = 1.0
    """How far from the midpoint, in raw scores, the value is 0.73; the temperature of a pairwise model."""

    def __post_init__(self) -> None:
        require_number(self.midpoint, "Sigmoid: midpoint")
        require_number(self.width, "Sigmoid: width", above=0.0)

    def __call__(self, score: float) -> float:
        return 0.5 * (1.0 + math.tanh(max(min((score - self.midpoint) / self.width, 1e6), -1e6) / 2))


def key_of(item: Item) -> Key:
    """What an item is cached by: all that a scorer may look at, but not how long it took to write.

    >>> key_of(Sample(prompt="p", completion="c")) == key_of(Sample(prompt="p", completion="c", num_tokens=3))
    True
    """
    if isinstance(item, tuple):
        return (key_of(item[0]), key_of(item[1]))
    return (item.prompt, item.completion, item.finish_reason, item.task, item.language, repr(dict(item.reference)))


class Cache:
    """Scores by key, bounded; the least recently used go first. Any thread may use it; a pickled copy is empty."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock, self._kept = threading.Lock(), OrderedDict[Key, list[float]]()

    def __reduce__(self) -> tuple[Any, ...]:
        return (Cache, (self.size,))

    def get(self, key: Key) -> list[float] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, scores: list[float]) -> None:
        with self._lock:
            self._kept[key] = scores
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)


class Scoring:
    """Asks one or several scorers for what the cache does not know."""

    def __init__(
        self,
        scorers: Sequence[Scorer],
        calibration: Callable[[float], float] | None,
        num_scores: int,
        batch_size: int,
        cache_size: int,
    ) -> None:
        self.scorers, self.calibration, self.num_scores = tuple(scorers), calibration, num_scores
        self.batch_size, self.cache = batch_size, Cache(cache_size)

    def ask(self, wanted: Mapping[Key, Item]) -> Scores:
        """The scores of all items, or why there are none; each item is asked for once."""
        found: dict[Key, list[float] | Verdict] = {}
        for key in wanted:
            kept = self.cache.get(key)
            if kept is not None:
                found[key] = kept
        unknown = [key for key in wanted if key not in found]
        for start in range(0, len(unknown), self.batch_size):
            batch = unknown[start : start + self.batch_size]
            for key, answer in zip(batch, self._ask_batch([wanted[key] for key in batch]), strict=True):
                found[key] = answer
                if not isinstance(answer, Verdict):
                    self.cache.put(key, answer)
        return found

    def _ask_batch(self, items: Sequence[Item]) -> list[list[float] | Verdict]:
        rows: list[list[float] | Verdict] = [[] for _ in items]
        for scorer in self.scorers:
            for place, answer in enumerate(_answers(scorer, items)):
                row = rows[place]
                if not isinstance(row, Verdict):
                    rows[place] = answer if isinstance(answer, Verdict) else row + answer
        return [row if isinstance(row, Verdict) else self._checked(row) for row in rows]

    def _checked(self, row: list[float]) -> list[float] | Verdict:
        """The scores of one item after calibration, or what is wrong with them."""
        if len(row) != self.num_scores:
            return Verdict.failed(f"the scorer gave {len(row)} scores instead of num_scores={self.num_scores}")
        if self.calibration is not None:
            try:
                row = [float(self.calibration(score)) for score in row]
            except Exception as error:  # a calibration may be anybody's code
                return Verdict.failed(f"the calibration: {describe(error)}")
        return row if all(map(math.isfinite, row)) else Verdict.failed(f"the scores {row} are not all finite")


def _answers(scorer: Scorer, items: Sequence[Item]) -> list[list[float] | Verdict]:
    """One answer per item, whatever the scorer does."""
    try:
        answers = one_each(scorer(items), len(items))
    except RewardError as error:
        return [Verdict.failed(f"the scorer {error}")] * len(items)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a scorer may be anybody's code, and call sys.exit
        return [Verdict.failed(f"the scorer: {describe(error)}")] * len(items)
    return [_row(answer) for answer in answers]


def _row(answer: object) -> list[float] | Verdict:
    """The scores that a scorer's answer for one item stands for."""
    if isinstance(answer, Verdict):
        return answer if answer.value is None else _row(answer.value)
    if isinstance(answer, Exception):
        return Verdict.failed(f"the scorer: {describe(answer)}")
    try:
        number = as_number(answer)
        if number is not None:
            return [number]
        if not isinstance(answer, Iterable) or isinstance(answer, str | bytes | Mapping | Set):
            return Verdict.failed(f"the scorer gave {str(answer)[:100]!r} ({type(answer).__name__}), not a number")
        row = [as_number(each) for each in answer]
    except Exception as error:  # a number's own methods may raise anything; so may reading an integer of 400 digits
        return Verdict.failed(f"the scorer gave a {type(answer).__name__}, which cannot be read: {describe(error)}")
    numbers = [number for number in row if number is not None]
    if len(numbers) < len(row):
        return Verdict.failed(f"the scorer gave {str(answer)[:100]!r}, not all numbers")
    return numbers


def require_number(value: object, name: str, *, above: float | None = None, at_least: float | None = None) -> None:
    """Passes silently when the value is a finite number within the bounds. Raises RewardError."""
    bounds = f" above {above}" if above is not None else f" of at least {at_least}" if at_least is not None else ""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    fits = (above is None or number > above) and (at_least is None or number >= at_least)
    if not math.isfinite(number) or not fits:
        raise RewardError(f"{name} is {value!r}; give a finite number{bounds}")


def require_int(value: object, name: str, least: int) -> None:
    """Passes silently when the value is a whole number of at least `least`. Raises RewardError."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise RewardError(f"{name} is {value!r}; give a whole number of at least {least}")
