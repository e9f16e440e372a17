"""A reward from a scorer: a reward model, a judge behind an endpoint, or any callable; scalar or pairwise.

    Preference(scorer=score)                                     score(samples) -> one number each
    Preference(scorer=compare, pairwise="win_rate")              compare(pairs) -> P(first beats second) each
    Preference(scorer=[model_a, model_b, model_c], num_scores=3, uncertainty_penalty=0.5)

What a scorer does wrong is a FAILED verdict with the reason, never a number. `rewards.endpoint` has a scorer that asks
a judge over HTTP.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Literal

from rewards.base import RewardError, Sample, Verdict
from rewards.scorers import Affine, Item, Key, Scorer, Scores, Scoring, Sigmoid, key_of, require_int, require_number
from rewards.tournament import bradley_terry, complete_players, win_rates

__all__ = ["Affine", "Preference", "Sigmoid"]


class Preference:
    """The reward that a scorer gives; for an ensemble of M scores, their mean less k standard deviations.

        value = mean_m v_m - uncertainty_penalty * std_m v_m          (population std)

    Scalar: v_m = calibration(score m of the sample). Pairwise: v_m is the sample's win rate, or its Bradley-Terry log
    strength, among the group's samples that have all their comparisons, from calibration(score m of every pair); a
    single sample is not applicable, and samples of the same text draw without being compared. A comparison that failed
    fails its samples and leaves the others the values of a group without them.

    Source: Coste et al. 2023, arXiv:2310.02743 (uncertainty-weighted ensembles). Deviation: std instead of variance, so
    that k has no unit.

    >>> def score(samples):
    ...     return [len(sample.completion) for sample in samples]
    >>> reward = Preference(scorer=score, calibration=Affine(scale=0.1))
    >>> [verdict.value for verdict in reward([Sample(prompt="", completion="four")])]
    [0.4]
    """

    def __init__(
        self,
        scorer: Scorer | Sequence[Scorer],
        *,
        pairwise: Literal["win_rate", "bradley_terry"] | None = None,
        calibration: Callable[[float], float] | None = None,
        num_scores: int = 1,
        uncertainty_penalty: float = 0.0,
        both_orders: bool = True,
        score_cut_off: bool = True,
        batch_size: int = 64,
        cache_size: int = 4096,
    ) -> None:
        """Takes who scores, and how scores become values.

        Args:
            scorer: a callable on a sequence of samples (of pairs of samples, if pairwise), or several: an ensemble.
            pairwise: what to make of comparisons; None for scores of single samples.
            calibration: map of every raw score, such as `Affine` or `Sigmoid`; None leaves them. What comes out must be
                a probability if pairwise.
            num_scores: numbers that all scorers together give per sample or pair: M.
            uncertainty_penalty: k; needs at least two scores.
            both_orders: compare every pair in both orders and take the mean, against a preference for the first place.
            score_cut_off: score completions that hit the length limit too; otherwise they are TRUNCATED.
            batch_size: samples or pairs per call of the scorer; one that raises fails its batch only.
            cache_size: how many scores are kept, the least recently used go first; 0 for a scorer that is random or
                still changes. Failures are not kept. A copy in another process starts empty.

        Raises:
            RewardError: naming the option that makes no sense.
        """
        scorers = tuple(scorer) if isinstance(scorer, Sequence) else (scorer,)
        if not scorers or not all(callable(one) and not isinstance(one, type) for one in scorers):
            raise RewardError(f"Preference: scorer is {scorer!r}; give a callable on samples, or a list of such")
        if pairwise not in (None, "win_rate", "bradley_terry"):
            raise RewardError(f"Preference: pairwise is {pairwise!r}; give win_rate, bradley_terry or null")
        if calibration is not None and (not callable(calibration) or isinstance(calibration, type)):
            raise RewardError(f"Preference: calibration is {calibration!r}; give Affine(...), Sigmoid(...) or null")
        for name, flag in (("both_orders", both_orders), ("score_cut_off", score_cut_off)):
            if not isinstance(flag, bool):
                raise RewardError(f"Preference: {name} is {flag!r}; give true or false")
        require_int(num_scores, "Preference: num_scores", len(scorers))
        require_int(batch_size, "Preference: batch_size", 1)
        require_int(cache_size, "Preference: cache_size", 0)
        require_number(uncertainty_penalty, "Preference: uncertainty_penalty", at_least=0.0)
        if uncertainty_penalty and num_scores < 2:
            raise RewardError(f"Preference: uncertainty_penalty={uncertainty_penalty} needs num_scores of at least 2")
        self.pairwise, self.uncertainty_penalty, self.num_scores = pairwise, uncertainty_penalty, num_scores
        self.both_orders, self.score_cut_off = both_orders, score_cut_off
        self.scoring = Scoring(scorers, calibration, num_scores, batch_size, cache_size)

    def __call__(self, group: Sequence[Sample]) -> list[Verdict]:
        return self.judge_groups([group])[0]

    def judge_groups(self, groups: Sequence[Sequence[Sample]]) -> list[list[Verdict]]:
        """What calling the reward with each group would return, with the scorers' batches filled across groups."""
        wanted: dict[Key, Item] = {}
        for group in groups:
            wanted.update(self._wanted([sample for sample in group if self._is_scored(sample)]))
        scores = self.scoring.ask(wanted)
        return [self._judge(group, scores) for group in groups]

    def _is_scored(self, sample: Sample) -> bool:
        return self.score_cut_off or sample.finish_reason != "length"

    def _wanted(self, samples: Sequence[Sample]) -> dict[Key, Item]:
        """What must be scored to judge these samples of one group."""
        if not self.pairwise:
            return {key_of(sample): sample for sample in samples}
        return {
            key_of((one, other)): (one, other)
            for i, one in enumerate(samples)
            for j, other in enumerate(samples)
            if (i < j or (i > j and self.both_orders)) and one.completion != other.completion
        }

    def _judge(self, group: Sequence[Sample], scores: Scores) -> list[Verdict]:
        samples = [sample for sample in group if self._is_scored(sample)]
        judged = iter(
            self._compare(samples, scores) if self.pairwise else map(self._scalar, samples, [scores] * len(samples))
        )
        return [next(judged) if self._is_scored(sample) else Verdict.truncated("cut off") for sample in group]

    def _scalar(self, sample: Sample, scores: Scores) -> Verdict:
        score = scores[key_of(sample)]
        return score if isinstance(score, Verdict) else self._combine(score)

    def _compare(self, samples: Sequence[Sample], scores: Scores) -> list[Verdict]:
        """The verdicts of one group by comparisons."""
        if len(samples) < 2:
            return [Verdict.not_applicable("a comparison needs two completions")] * len(samples)
        matches, fault = self._matches(samples, scores)
        players = complete_players(len(samples), matches.keys())
        verdicts = [Verdict.failed(f"a comparison failed: {fault}")] * len(samples)
        if len(players) < 2:
            return verdicts
        rate = win_rates if self.pairwise == "win_rate" else bradley_terry
        members = [
            rate(players, {pair: chances[member] for pair, chances in matches.items()})
            for member in range(self.num_scores)
        ]
        for place, player in enumerate(players):
            verdicts[player] = self._combine([member[place] for member in members])
        return verdicts

    def _matches(self, samples: Sequence[Sample], scores: Scores) -> tuple[dict[tuple[int, int], list[float]], str]:
        """Every scorer's probability that one sample beats the other, for both orders, and what went wrong last."""
        matches: dict[tuple[int, int], list[float]] = {}
        fault = ""
        for i in range(len(samples)):
            for j in range(i + 1, len(samples)):
                chances = self._chances(samples[i], samples[j], scores)
                if isinstance(chances, Verdict):
                    fault = chances.reason
                    continue
                matches[i, j] = chances
                matches[j, i] = [1.0 - chance for chance in chances]
        return matches, fault

    def _chances(self, one: Sample, other: Sample, scores: Scores) -> list[float] | Verdict:
        """Every scorer's probability that the first beats the second."""
        if one.completion == other.completion:
            return [0.5] * self.num_scores
        there = scores[key_of((one, other))]
        back = scores[key_of((other, one))] if self.both_orders else there
        if isinstance(there, Verdict) or isinstance(back, Verdict):
            return there if isinstance(there, Verdict) else back
        if not all(0.0 <= chance <= 1.0 for chance in (*there, *back)):
            return Verdict.failed(f"{[*there, *back]} are no probabilities; give a calibration such as Sigmoid()")
        if not self.both_orders:
            return there
        return [(first + 1.0 - second) / 2 for first, second in zip(there, back, strict=True)]

    def _combine(self, values: Sequence[float]) -> Verdict:
        """Mean less the penalty for disagreement."""
        spread = statistics.pstdev(values) if len(values) > 1 else 0.0
        value = math.fsum(values) / len(values) - self.uncertainty_penalty * spread
        if not math.isfinite(value):
            return Verdict.failed(f"the scores {list(values)} combine to {value}")
        return Verdict.of(value, f"{len(values)} scores, std {spread:.3g}" if len(values) > 1 else "")
