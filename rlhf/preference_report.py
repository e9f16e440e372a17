"""What the rewards of held-out pairs say of a reward model: accuracy, calibration, and how much length explains."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import Any

from rlhf.errors import DataError
from rlhf.intervals import share_interval
from rlhf.report import Estimate
from rlhf.types import Metrics

Row = tuple[float, float, int, int, str]
"""Rewards of the chosen and the rejected answer, their lengths in tokens, and the kind of the pair."""

NUM_BINS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Pairs that the model is about equally sure of."""

    num_pairs: int
    confidence: float
    """Mean of sigma(|margin|): how often it should be right."""
    accuracy: float
    """How often it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairScores:
    """The rewards of held-out pairs. A margin is the chosen answer's reward less the rejected one's.

    >>> scores = PairScores.of([(2.0, 0.0, 3, 5, "a"), (0.0, 1.0, 4, 9, "b")])
    >>> scores.accuracy, scores.longer_wins
    (0.5, 0.0)
    """

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> PairScores:
        """Raises DataError if there is no pair, or a reward is not finite."""
        kept = tuple(rows)
        if not kept:
            raise DataError("no held-out pairs to measure with; raise data.held_out")
        if bad := sum(not math.isfinite(chosen - rejected) for chosen, rejected, *_ in kept):
            raise DataError(
                f"the rewards of {bad} held-out pairs are not finite: the training diverged; lower optim.lr"
            )
        return cls(rows=kept)

    def named_rows(self) -> list[dict[str, Any]]:
        """The rows as they are kept, so that two models' rewards of the same pairs can be compared pair by pair."""
        names = ("chosen", "rejected", "chosen_tokens", "rejected_tokens", "kind")
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    @property
    def margins(self) -> list[float]:
        return [chosen - rejected for chosen, rejected, *_ in self.rows]

    @property
    def length_gaps(self) -> list[int]:
        """Tokens by which the chosen answer is longer."""
        return [chosen - rejected for _, _, chosen, rejected, _ in self.rows]

    @property
    def accuracy(self) -> float:
        """Share of pairs whose chosen answer has the higher reward; a tie is half a pair."""
        return _positive_share(self.margins)

    @property
    def accuracy_interval(self) -> Estimate:
        """The accuracy with its 95 % interval over pairs, each taken as independent of the others."""
        return share_interval(self.accuracy, len(self.rows))

    @property
    def longer_wins(self) -> float:
        """The accuracy of whoever prefers the longer answer: what a model may reach without reading."""
        return _positive_share(self.length_gaps)

    @property
    def prefers_longer(self) -> float:
        """Share of pairs of different lengths whose longer answer has the higher reward; 0.5 where there are none."""
        leads = [m * math.copysign(1, gap) for m, gap in zip(self.margins, self.length_gaps, strict=True) if gap]
        return _positive_share(leads) if leads else 0.5

    @property
    def length_correlation(self) -> float:
        """Pearson's correlation of margin and length difference over both orders of every pair; 0 where either is 0.

        Both orders, since which answer stands first is no fact about a pair: the means are zero then, and a preference
        of the data for longer answers enters as what it is, a correlation.
        """
        margins, gaps = self.margins, self.length_gaps
        product = sum(m * gap for m, gap in zip(margins, gaps, strict=True))
        norm = math.sqrt(sum(m * m for m in margins)) * math.sqrt(sum(gap * gap for gap in gaps))
        return product / norm if norm else 0.0

    @property
    def negative_log_likelihood(self) -> float:
        """Mean of -log sigma(margin) in nats; log 2 = 0.693 is that of a coin."""
        return fmean(_softplus(-margin) for margin in self.margins)

    def bins(self) -> list[Bin]:
        """The reliability diagram: equally wide bins of confidence from a half to one, the empty ones left out."""
        parts: dict[int, list[float]] = {}
        for margin in self.margins:
            place = int((_sigmoid(abs(margin)) - 0.5) * 2 * NUM_BINS)
            parts.setdefault(min(place, NUM_BINS - 1), []).append(margin)
        return [
            Bin(
                num_pairs=len(margins),
                confidence=fmean(_sigmoid(abs(margin)) for margin in margins),
                accuracy=_positive_share(margins),
            )
            for _, margins in sorted(parts.items())
        ]

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean over pairs of their bin's |confidence - accuracy|."""
        return sum(b.num_pairs * abs(b.confidence - b.accuracy) for b in self.bins()) / len(self.rows)

    @property
    def temperature(self) -> float:
        """The t for which sigma(margin / t) is likeliest: above 1 the model is too sure. Between 1/1000 and 1000."""
        margins, low, high = self.margins, math.log(1e-3), math.log(1e3)
        golden = (math.sqrt(5) - 1) / 2
        while high - low > 1e-6:  # the likelihood has one maximum in log t
            left, right = high - golden * (high - low), low + golden * (high - low)
            if _cost(margins, left) < _cost(margins, right):
                high = right
            else:
                low = left
        return math.exp((low + high) / 2)

    def by_kind(self) -> dict[str, float]:
        """Accuracy of every kind of pair that the data names."""
        kinds = sorted({row[4] for row in self.rows} - {""})
        return {kind: PairScores(rows=tuple(row for row in self.rows if row[4] == kind)).accuracy for kind in kinds}

    def metrics(self) -> Metrics:
        """All figures, flat."""
        rewards = [reward for row in self.rows for reward in row[:2]]
        interval = self.accuracy_interval
        return {
            "num_pairs": float(len(self.rows)),
            "accuracy": self.accuracy,
            "accuracy_low": interval.low,
            "accuracy_high": interval.high,
            "loss": self.negative_log_likelihood,
            "calibration_error": self.calibration_error,
            "temperature": self.temperature,
            "length_correlation": self.length_correlation,
            "longer_wins": self.longer_wins,
            "prefers_longer": self.prefers_longer,
            "reward_mean": fmean(rewards),
            "reward_std": pstdev(rewards),
            **{f"accuracy/{kind}": accuracy for kind, accuracy in self.by_kind().items()},
        }


def _positive_share(values: Sequence[float]) -> float:
    return fmean((value > 0) + (value == 0) / 2 for value in values)


def _cost(margins: Sequence[float], log_temperature: float) -> float:
    return sum(_softplus(-margin / math.exp(log_temperature)) for margin in margins)


def _softplus(x: float) -> float:
    """log(1 + e^x) without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(x / 2))
